/* What the page asks the service, and what it keeps in the address. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answer, ask, client, type Schemas } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import type { Card } from './card.js';

export type Models = Schemas['ModelsAnswer'];
export type Version = Schemas['VersionAnswer'];
export type Rollout = Omit<Models, 'versions'>;
export type Trial = Schemas['TrialAnswer'];
export type Evidence = Schemas['EvidenceAnswer'];

/** Another look will not help as long as the key is the same. */
const every = (ms: number) => (query: { readonly state: { readonly error: Error | null } }) =>
  query.state.error && asProblem(query.state.error).wantsKey ? false : ms;

/** Milliseconds between looks at what is served: others may change it at any time. */
const LOOK_MS = 5000;
/** While a trial is open, outcomes may decide it at any time. */
const TRIAL_MS = 2000;

export const askModels = (): Promise<Models> => answer(client.GET('/models'));

export function useModels() {
  return useQuery({ queryKey: ['models'], queryFn: askModels, refetchInterval: every(LOOK_MS) });
}

/** Versions that had a gated trial: of others, the service would refuse to tell one. */
export function useTrials() {
  return useQuery({
    queryKey: ['trials'],
    queryFn: () => answer(client.GET('/models/trials')),
    refetchInterval: every(LOOK_MS),
  });
}

const OPEN: readonly string[] = ['running', 'held', 'promoting', 'aborting', 'ending'];

/** Whether a trial is still to be decided. */
export const isOpen = ({ status }: Pick<Trial, 'status'>): boolean => OPEN.includes(status);

export function useTrial(version: string) {
  const path = { version };
  return useQuery({
    queryKey: ['trial', version],
    queryFn: () => answer(client.GET('/models/{version}/trial', { params: { path } })),
    refetchInterval: (query) =>
      every(query.state.data && !isOpen(query.state.data) ? LOOK_MS : TRIAL_MS)(query),
  });
}

/** A card never changes, so it is asked for once. */
function cardQuery(version: string) {
  const path = { version };
  return {
    queryKey: ['card', version],
    queryFn: async () =>
      (await answer(client.GET('/models/{version}', { params: { path } }))) as Card,
    staleTime: 'static',
    gcTime: Infinity,
  } as const;
}

export const useCard = (version: string) => useQuery(cardQuery(version));

/** The cards of these versions, as far as they have come. */
export function useCards(versions: readonly string[]): ReadonlyMap<string, Card> {
  const found = useQueries({ queries: versions.map((version) => cardQuery(version)) });
  return new Map(
    versions.flatMap((version, i) => (found[i]?.data ? [[version, found[i].data]] : [])),
  );
}

export function useReport(version: string) {
  return useQuery({
    queryKey: ['report', version],
    queryFn: async () => (await ask(`/models/${encodeURIComponent(version)}/report`)).text(),
    staleTime: 'static',
    gcTime: 60_000,
  });
}

/** What the page shows, so that it can be shared. */
export interface Place {
  /** The version that is looked at; all of them otherwise. */
  readonly version?: string | undefined;
  /** The part of it that is shown. */
  readonly part?: string | undefined;
  /** The version that it is compared with. */
  readonly with?: string | undefined;
  /** The metric that is drawn over versions. */
  readonly metric?: string | undefined;
}

/** Where the page is, and how to go elsewhere in it. */
export function usePlace(): readonly [Place, (change: Place) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const text = (name: keyof Place) =>
    typeof search[name] === 'string' ? (search[name] as string) : undefined;
  const place = {
    ...{ version: text('version'), part: text('part') },
    ...{ with: text('with'), metric: text('metric') },
  };
  const go = (change: Place) => void navigate({ to: '/models', search: { ...place, ...change } });
  return [place, go];
}
