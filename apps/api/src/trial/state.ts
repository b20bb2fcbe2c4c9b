import type { Trial } from '@adscale/ctr';
import type { GateEvidence, GateOptions, SegmentLayout } from '@adscale/monitor';

/**
 * What a trial is doing. Those that end in -ing are decided and not yet done in the registry; the
 * last three are over.
 */
export type TrialStatus =
  'running' | 'held' | 'promoting' | 'aborting' | 'ending' | 'promoted' | 'aborted' | 'ended';

/** Who decided. */
export type Decider = 'gate' | 'operator';

/** One step of a trial, with what it was decided by. Plain data. */
export interface TrialEvent {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly event: 'begun' | 'grown' | 'held' | 'resumed' | 'promoted' | 'aborted' | 'ended';
  readonly by: Decider;
  /** Share of the requests from then on, in per cent. */
  readonly percent: number;
  readonly words: string;
  readonly evidence: GateEvidence | null;
}

/**
 * All there is to know of a gated canary, kept in the store. What the registry is to say is written
 * here first and there second:
 *
 * ```
 * decide ──▶ store: wanted = 5 %, confirmed = 1 % ──▶ rollout.json: 5 % ──▶ store: confirmed = 5 %
 * ```
 * A process that is killed between two of these leaves what the next one goes on from: the registry
 * says `confirmed`, so it is told again, or `wanted`, so it was told; or else somebody else has changed
 * it, and the trial is over. Plain data.
 */
export interface TrialState {
  readonly id: string;
  /** On trial. */
  readonly version: string;
  /** The version that it is compared with. */
  readonly current: string;
  readonly options: GateOptions;
  readonly status: TrialStatus;
  /** Position in the steps of the options. */
  readonly step: number;
  /** What the registry is to say of the canary, and what it said when it was last seen to agree. */
  readonly wanted: Trial | null;
  readonly confirmed: Trial | null;
  readonly begun_at: number;
  /** When the step began. */
  readonly since: number;
  /** Clicks that were known then, of the days that it is judged by. */
  readonly clicks: number;
  /** Null until there are outcomes to settle the segments by. */
  readonly layout: SegmentLayout | null;
  readonly looks: number;
  readonly looked_at: number | null;
  readonly evidence: GateEvidence | null;
  /** What the last look came to. */
  readonly words: string;
  /** The latest events, oldest first; before them those of earlier trials of the version. */
  readonly history: readonly TrialEvent[];
  /** How many there were in all, those of earlier trials apart. */
  readonly events: number;
}

const FINAL = { promoting: 'promoted', aborting: 'aborted', ending: 'ended' } as const;
type Closing = keyof typeof FINAL;

export function isClosing(status: TrialStatus): status is Closing {
  return Object.hasOwn(FINAL, status);
}

export function isOver(status: TrialStatus): boolean {
  return Object.values<string>(FINAL).includes(status);
}

/** Share of the requests that the canary is to have now, in per cent. */
export function percentOf({ status, wanted }: TrialState): number {
  if (status === 'promoting' || status === 'promoted') return 100;
  return wanted?.percent ?? 0;
}

/** What a trial begins with. */
export interface Beginning {
  readonly id: string;
  readonly version: string;
  readonly current: string;
  readonly options: GateOptions;
  readonly step: number;
  /** What the registry says of the canary now. */
  readonly before: Trial | null;
  /** Clicks of the day that are known already. */
  readonly clicks: number;
  /** Of earlier trials of the version, oldest first. */
  readonly history: readonly TrialEvent[];
  readonly now: number;
}

export function begin(beginning: Beginning): TrialState {
  const { id, version, current, options, step, before, clicks, history, now } = beginning;
  const state: TrialState = {
    ...{ id, version, current, options, step, status: 'running' },
    ...{ wanted: { version, percent: options.steps[step] }, confirmed: before },
    ...{ begun_at: now, since: now, clicks, layout: null },
    ...{ looks: 0, looked_at: null, evidence: null, words: 'not looked at yet', history },
    events: 0,
  };
  return noted(state, { at: now, event: 'begun', by: 'operator', words: 'begun by an operator' });
}

/** An operator may hold and resume for ever; what is older than this is forgotten. */
const MOST_EVENTS = 100;

type Note = Pick<TrialEvent, 'at' | 'event' | 'by' | 'words'>;

/** Adds to the history, with the evidence of the last look. */
function noted(state: TrialState, note: Note): TrialState {
  const { evidence, history, events } = state;
  const event: TrialEvent = { ...note, percent: percentOf(state), evidence };
  const latest = [...history, event].slice(-MOST_EVENTS);
  return { ...state, words: note.words, history: latest, events: events + 1 };
}

/** The canary gets the share of a later step. */
export function grow(state: TrialState, step: number, now: number, words: string): TrialState {
  const { version, options, evidence } = state;
  const wanted = { version, percent: options.steps[step] };
  const next = { ...state, step, wanted, since: now, clicks: evidence?.clicks ?? 0 };
  return noted(next, { at: now, event: 'grown', by: 'gate', words });
}

/**
 * Whether a trial that is open is the one that is wanted.
 * @param step undefined for whichever it has come to
 */
export function isSuch(
  { version, options, step: now, status }: TrialState,
  wanted: Pick<TrialState, 'version' | 'options'>,
  step: number | undefined,
): boolean {
  if (isClosing(status) || isOver(status) || version !== wanted.version) return false;
  // Both have the order of the defaults.
  return (step ?? now) === now && JSON.stringify(options) === JSON.stringify(wanted.options);
}

/** It stays where it is until it is resumed; beyond a bound it still goes back. */
export function hold(state: TrialState, now: number): TrialState {
  if (state.status === 'held') return state;
  const words = 'held by an operator';
  return noted({ ...state, status: 'held' }, { at: now, event: 'held', by: 'operator', words });
}

export function resume(state: TrialState, now: number): TrialState {
  if (state.status === 'running') return state;
  const words = 'resumed by an operator';
  return noted(
    { ...state, status: 'running' },
    { at: now, event: 'resumed', by: 'operator', words },
  );
}

/** It is to serve all requests. */
export function promote(state: TrialState, by: Decider, now: number, words: string): TrialState {
  return noted({ ...state, status: 'promoting' }, { at: now, event: 'promoted', by, words });
}

/** The current model is to answer all requests again. */
export function abort(state: TrialState, by: Decider, now: number, words: string): TrialState {
  const next: TrialState = { ...state, status: 'aborting', wanted: null };
  return noted(next, { at: now, event: 'aborted', by, words });
}

/**
 * Somebody has changed what is served or tried, so there is nothing left to judge.
 * @param clears whether the registry is still to forget the canary
 */
export function end(state: TrialState, now: number, words: string, clears = false): TrialState {
  const status = clears ? 'ending' : 'ended';
  const next: TrialState = { ...state, status, wanted: null };
  return noted(next, { at: now, event: 'ended', by: 'operator', words });
}

/** The registry does as wanted. */
export function confirm(state: TrialState): TrialState {
  const { status, wanted } = state;
  return { ...state, confirmed: wanted, status: isClosing(status) ? FINAL[status] : status };
}

/** Whether the registry was seen to say what the trial wants. */
export function isConfirmed({ status, wanted, confirmed }: TrialState): boolean {
  return !isClosing(status) && isSame(wanted, confirmed);
}

/** What the registry says now. */
export interface RegistryView {
  readonly current: string | undefined;
  readonly canary: Trial | null;
}

/** How a trial and the registry stand to each other. */
export type Agreement =
  /** The registry says what is wanted. */
  | 'agreed'
  /** It is still to be told. */
  | 'untold'
  /** Another version is current than the trial began with: the reason is told. */
  | { readonly replaced: string }
  /** Somebody has changed the canary. */
  | { readonly changed: string };

/** Compares what is wanted with what the registry says. */
export function agreement(state: TrialState, { current, canary }: RegistryView): Agreement {
  const { status, version, wanted, confirmed } = state;
  if (status === 'promoting') {
    // Promoted, and a canary of it too: it was killed in between.
    if (current === version) return canary?.version === version ? 'untold' : 'agreed';
    return current === state.current ? 'untold' : { replaced: replacedBy(current) };
  }
  if (isClosing(status)) return canary?.version === version ? 'untold' : 'agreed';
  if (current === version) return { replaced: 'promoted by hand, or by another program' };
  if (current !== state.current) return { replaced: replacedBy(current) };
  if (isSame(canary, wanted)) return 'agreed';
  if (isSame(canary, confirmed)) return 'untold';
  const now = canary === null ? 'none' : `${canary.version} at ${canary.percent} %`;
  return { changed: `the canary was changed by hand, or by another program: it is ${now}` };
}

function replacedBy(current: string | undefined): string {
  return `the current version was replaced by ${current ?? 'none'}`;
}

function isSame(a: Trial | null, b: Trial | null): boolean {
  return a?.version === b?.version && a?.percent === b?.percent;
}
