/* What the answers of all decisions have in common. */
import { useState } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { asProblem, Problem } from '../api/problem.js';
import { Button } from '../shell/controls.js';
import { number, percent } from '../shell/format.js';
import { figure, type Column } from '../shell/table.js';
import { askText } from './asking.js';
import { csvOf } from './pasting.js';
import { save } from './taking-along.js';

/** A price as people read one: finer than a cent where it is. */
export const price = (value: number | null | undefined): string =>
  value === undefined || value === null
    ? '–'
    : value.toLocaleString(undefined, {
        minimumFractionDigits: 2,
        maximumFractionDigits: Math.abs(value) < 10 ? 4 : 2,
      });

/** A share with its sign, so that one sees which way it goes. */
export const signed = (value: number) => `${value > 0 ? '+' : ''}${percent(value)}`;

/** A chance; what is not certain is not shown as if it were. */
export function chance(value: number | null | undefined): string {
  const known = value ?? NaN;
  if (known > 0.999) return `> ${percent(0.999)}`;
  if (known < 0.001) return `< ${percent(0.001)}`;
  return percent(value);
}

/** A figure with its name, large. */
export function Figure({
  name,
  value,
  note,
}: {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}) {
  return (
    <div className="figure">
      <span className="soft">{name}</span>
      <span className="value">
        <bdi>{value}</bdi>
      </span>
      {note !== undefined && <span className="soft">{note}</span>}
    </div>
  );
}

/** A name from the table: in its own direction of writing, and broken where it is long. */
export function Name({ children }: { readonly children: string }) {
  return <bdi className="name">{children}</bdi>;
}

/** Where a record lies outside what the model was trained on. */
export function Outside({ features }: { readonly features: readonly string[] }) {
  if (features.length === 0) return null;
  return (
    <span
      className="chip warn"
      title="The model was not trained there; its interval is too narrow."
    >
      {`outside: ${features.join(', ')}`}
    </span>
  );
}

/** Which placement a line of an answer is about. */
export const placementColumn: Column<{
  readonly id: string;
  readonly extrapolated: readonly string[];
}> = {
  name: 'Placement',
  cell: ({ id, extrapolated }) => (
    <>
      <Name>{id}</Name> <Outside features={extrapolated} />
    </>
  ),
  sortBy: ({ id }) => id,
};

/** Whence the clicks of a line come. */
export const clickColumns: readonly Column<{
  readonly impressions: number;
  readonly predicted_ctr: number;
  readonly expected_clicks: number;
}>[] = [
  figure('Impressions', ({ impressions }) => impressions),
  figure('CTR', ({ predicted_ctr }) => predicted_ctr, percent),
  figure(
    'Clicks',
    ({ expected_clicks }) => expected_clicks,
    (value) => number(value, 4),
  ),
];

type Cell = string | number | boolean | null | undefined;

/** A button that saves the figures of an answer. */
export function SaveAnswer({
  name,
  headings,
  rows,
}: {
  readonly name: string;
  readonly headings: readonly string[];
  readonly rows: () => readonly (readonly Cell[])[];
}) {
  const press = async () => save(`${name}.csv`, await csvOf(headings, rows()));
  return <Button onPress={() => void press()}>Export CSV</Button>;
}

/** What the figures take for granted, for those who ask. */
export function Assumptions({
  of,
}: {
  readonly of: { readonly model_version: string; readonly assumptions: readonly string[] };
}) {
  return (
    <details>
      <summary>{`What this takes for granted (${of.assumptions.length})`}</summary>
      <ul>
        {of.assumptions.map((assumption) => (
          <li key={assumption}>{assumption}</li>
        ))}
      </ul>
      <p className="soft">{`Decided by model ${of.model_version}.`}</p>
    </details>
  );
}

/** Answers to many requests of one kind; a request that was refused has its problem in their place. */
export interface Series<T> {
  readonly answers: readonly (T | Problem)[] | undefined;
  readonly problem: Problem | undefined;
  readonly done: number;
  readonly isPending: boolean;
  readonly stop: () => void;
  readonly start: () => void;
}

/**
 * Asks several requests, one after the other, so that none is kept from others who ask.
 * @param name what tells these requests from all others
 */
export function useSeries<T>(
  name: readonly unknown[],
  path: string,
  bodies: readonly unknown[],
  isEnabled: boolean,
): Series<T> {
  const [done, setDone] = useState(0);
  const queries = useQueryClient();
  const queryKey = ['decide', 'series', path, ...name];
  const query = useQuery({
    queryKey,
    enabled: isEnabled,
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const answers: (T | Problem)[] = [];
      setDone(0);
      for (const body of bodies) {
        answers.push(await askOne<T>(path, body, signal));
        setDone(answers.length);
      }
      return answers;
    },
  });
  return {
    answers: query.data,
    problem: query.error ? asProblem(query.error) : undefined,
    done,
    isPending: query.isFetching,
    stop: () => void queries.cancelQueries({ queryKey }),
    start: () => void query.refetch(),
  };
}

/** What cannot be decided is an answer as well; whatever else goes wrong ends the series. */
async function askOne<T>(path: string, body: unknown, signal: AbortSignal): Promise<T | Problem> {
  try {
    return await askText<T>(path, JSON.stringify(body), signal);
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error;
    throw error;
  }
}

/** How far a series is, with a way out and a way on. */
export function SeriesState({
  series,
  of,
  what,
}: {
  readonly series: Series<unknown>;
  readonly of: number;
  readonly what: string;
}) {
  const { isPending, done, answers, problem, start, stop } = series;
  if (isPending) {
    return (
      <div className="toolbar">
        <span className="waiting">
          <span className="spinner" aria-hidden="true" />
          <label>
            {`${what}: ${done} of ${of} `}
            <progress max={of} value={done} />
          </label>
        </span>
        <Button onPress={stop}>Cancel</Button>
      </div>
    );
  }
  if (problem) {
    return (
      <div className="notice warn" role="alert">
        <p>{`${what}: ${problem.message}`}</p>
        <Button onPress={start}>Try again</Button>
      </div>
    );
  }
  if (answers !== undefined) return null;
  return <Button onPress={start}>{`Ask for ${what.toLowerCase()} (${of} requests)`}</Button>;
}
