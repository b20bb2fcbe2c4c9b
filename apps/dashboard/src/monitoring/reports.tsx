/* The reports of the page, asked for once by all who show them, and what stands in their place. */
import { type ReactNode, useMemo } from 'react';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { answer, client } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Button } from '../shell/controls.js';
import { Empty, Failure, Loading, Shown } from '../shell/states.js';
import { dayAfter, daysBetween, type Place, type Question, today } from './question.js';

/** Milliseconds between tries while the store cannot be used. */
const AGAIN_MS = 5000;

/** All of the page's questions begin with this: whatever comes in makes all of them be asked again. */
export const MONITORING = 'monitoring';

/** A query of this page: what was shown stays until there is something new, and what failed for a while comes back. */
export function useAnswer<T>(
  name: readonly unknown[],
  ask: (signal: AbortSignal) => Promise<T>,
  isWanted = true,
): UseQueryResult<T> {
  return useQuery({
    queryKey: [MONITORING, ...name],
    queryFn: ({ signal }) => ask(signal),
    enabled: isWanted,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.error !== null && asProblem(state.error).status === 503 ? AGAIN_MS : false,
  });
}

export const useOverview = (query: Question) =>
  useAnswer(['overview', query], (signal) =>
    answer(client.GET('/monitoring', { params: { query }, signal })),
  );

export const useSegments = (query: Question) =>
  useAnswer(['segments', query], (signal) =>
    answer(client.GET('/monitoring/segments', { params: { query }, signal })),
  );

export const useEffectiveness = (query: Question) =>
  useAnswer(['effectiveness', query], (signal) =>
    answer(client.GET('/monitoring/effectiveness', { params: { query }, signal })),
  );

export const useSummary = () =>
  useAnswer(['summary'], (signal) => answer(client.GET('/outcomes/summary', { signal })));

/** From which age on the clicks of a day are within so much of what they will be. */
const MOST_LACKING = 0.02;

export interface Youth {
  /** What is known of how days grow: nothing yet, or nothing that this key may see. */
  readonly known: 'learnt' | 'nothing' | 'hidden';
  /** Whether the clicks of a day still come in. */
  readonly isYoung: (day: string) => boolean;
}

/** Which days still grow, as far as restatements have shown: today always, others by yesterday's deliveries. */
export function youthOf({
  data,
  error,
}: Pick<ReturnType<typeof useSummary>, 'data' | 'error'>): Youth {
  const shares = data?.maturity ?? [];
  const grown = shares.filter(({ share }) => Math.abs(share - 1) > MOST_LACKING);
  const matureAge = Math.max(-1, ...grown.map(({ age }) => age)) + 1;
  const now = today();
  return {
    known: error !== null ? 'hidden' : shares.length > 0 ? 'learnt' : 'nothing',
    isYoung: (day) => daysBetween(day, now) - 1 < matureAge || day >= now,
  };
}

export function useYouth(): Youth {
  const { data, error } = useSummary();
  return useMemo(() => youthOf({ data, error }), [data, error]);
}

/** Shows an answer of the service about outcomes; where there is no store of them, what to do about it. */
export function Told<T>({
  query,
  what,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}) {
  const problem = query.error ? asProblem(query.error) : undefined;
  if (problem?.code === 'OUTCOMES_OFF') return <SwitchedOff />;
  if (problem?.code === 'OUTCOMES_UNAVAILABLE') {
    return (
      <>
        <Failure problem={problem} retry={() => void query.refetch()} />
        <p className="soft">
          Predictions go on meanwhile. This page asks again every {AGAIN_MS / 1000} seconds.
        </p>
        {query.data !== undefined && children(query.data)}
      </>
    );
  }
  return (
    <div className={query.isPlaceholderData ? 'outdated' : undefined} aria-busy={query.isFetching}>
      <Shown query={query} what={what}>
        {children}
      </Shown>
    </div>
  );
}

function SwitchedOff() {
  return (
    <Empty title="Outcomes are switched off">
      <p>
        This service was started with <code>OUTCOMES_URL=off</code>, so it keeps nothing that its
        predictions could be held against. Start it with a file or a database:
      </p>
      <pre>OUTCOMES_URL=file:./outcomes/outcomes.db npm start</pre>
    </Empty>
  );
}

/** What to do where there are no outcomes: none at all, or none in the days that were asked for. */
export function NoOutcomes({ go }: { readonly go: (change: Place) => void }) {
  const summary = useSummary();
  const { first_day, last_day } = summary.data ?? {};
  if (summary.isPending) return <Loading what="which days there are" />;
  if (first_day && last_day) {
    return (
      <Empty title="No outcomes in these days">
        <p>
          There are outcomes from {first_day} to {last_day}
          {', perhaps of another version of the model.'}
        </p>
        <Button
          onPress={() => go({ from: first_day, to: last_day, days: undefined, model: undefined })}
        >
          Show all days and versions
        </Button>
      </Empty>
    );
  }
  return (
    <Empty
      title={
        summary.error
          ? 'No outcomes in these days'
          : 'Nobody has told what came of the predictions yet'
      }
    >
      <p>
        Models are judged by outcomes: impressions and clicks, as your ad platform reports them.
        Send its export; a file that is sent again changes nothing, and newer figures of a day
        replace the older ones:
      </p>
      <pre>node apps/trainer/dist/main.js outcomes report.csv</pre>
      <p>
        No data at hand? Four generated weeks in which phones click 15 % less from the second on:
      </p>
      <pre>
        {`node apps/trainer/dist/main.js generate --rows 8000 --from ${dayAfter(today(), -28)} --days 28 --change device_type=mobile:0.85@${dayAfter(today(), -14)} --output weeks.csv\nnode apps/trainer/dist/main.js outcomes weeks.csv`}
      </pre>
      <p>
        Or tell single ones by the <code>x-prediction-id</code> of their answers:{' '}
        <a href="docs#/Outcomes">POST /outcomes</a>. This page shows them as they come.
      </p>
    </Empty>
  );
}
