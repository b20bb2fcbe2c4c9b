/* What the page is asked to show: all of it is in the address, so that a view can be shared. */
import { useCallback, useMemo } from 'react';
import { useNavigate, useSearch } from '@tanstack/react-router';

export const views = [
  { id: 'overview', name: 'Overview' },
  { id: 'segments', name: 'Segments' },
  { id: 'effectiveness', name: 'Effectiveness' },
  { id: 'experiments', name: 'Experiments' },
  { id: 'decisions', name: 'Decisions' },
  { id: 'maturity', name: 'Maturity' },
] as const;
export type View = (typeof views)[number]['id'];

/** What the address may say behind its question mark; what it does not say is as the service has it. */
export interface Place {
  readonly view?: View | undefined;
  /** So many days up to today; `from` and `to` otherwise. */
  readonly days?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly model?: string | undefined;
  readonly young?: string | undefined;
  readonly alpha?: number | undefined;
  /** Worth of a click. */
  readonly value?: number | undefined;
  readonly segment?: string | undefined;
  readonly feature?: string | undefined;
  /** What effectiveness is told by, and what a change is split by. */
  readonly by?: string | undefined;
  readonly split?: string | undefined;
  readonly experiment?: string | undefined;
  readonly decision?: string | undefined;
}

const DAY_MS = 86_400_000;
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Today, UTC. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/** The day so many days after another one, or before it. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days from one to the other. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);
const positive = (value: unknown): number | undefined =>
  Number(value) > 0 && Number.isFinite(Number(value)) ? Number(value) : undefined;
const aDay = (value: unknown): string | undefined =>
  A_DAY.test(String(value)) ? String(value) : undefined;

/** Where the page is, and how to go elsewhere on it: what is not named stays. */
export function usePlace(): { place: Place; go: (change: Place) => void } {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const place = useMemo<Place>(
    () => ({
      view: views.find(({ id }) => id === search.view)?.id,
      ...{ days: positive(search.days), from: aDay(search.from), to: aDay(search.to) },
      ...{ model: text(search.model), young: text(search.young) },
      ...{ alpha: positive(search.alpha), value: positive(search.value) },
      ...{ segment: text(search.segment), feature: text(search.feature) },
      ...{ by: text(search.by), split: text(search.split) },
      ...{ experiment: text(search.experiment), decision: text(search.decision) },
    }),
    [search],
  );
  const go = useCallback(
    (change: Place) =>
      void navigate({
        to: '/monitoring',
        search: (before: Record<string, unknown>) => ({ ...before, ...change }),
      } as never),
    [navigate],
  );
  return { place, go };
}

/** What all reports are asked. */
export interface Question {
  readonly from?: string;
  readonly to?: string;
  readonly model?: string;
  readonly young?: 'leave-out';
  readonly alpha?: number;
  readonly value?: number;
}

/** The question that an address stands for. */
export function questionOf({ days, from, to, model, young, alpha, value }: Place): Question {
  const since = from ?? (days && dayAfter(to ?? today(), 1 - days));
  return {
    ...(since && { from: since }),
    ...(to && { to }),
    ...(model && { model }),
    ...(young === 'leave-out' && { young }),
    ...(alpha && { alpha }),
    ...(value && { value }),
  };
}
