import type { CtrModel } from '@adscale/ctr';
import { type Growth, matureAge } from '@adscale/monitor';
import { type ModelLoader, ModelRefusedError } from '../model/loader.js';
import type { ServedModel } from '../model/served-model.js';
import { askStore, askable } from '../outcomes/ask-store.js';
import { DAY_MS, dayOf, daysBefore } from '../outcomes/days.js';
import type { Maturity } from '../outcomes/maturity.js';
import type { WorkPool } from '../pool/pool.js';
import type { ObservedCells } from '../pool/task.js';
import { ProblemError } from '../problem/problem.js';
import type { QueryArgs } from '../store/query.js';
import type { Store } from '../store/store.js';
import type { DecisionOutcomes, EntryOutcomes } from './entry-outcomes.js';
import type { DecisionQueries, ListedDecision } from './queries.js';

/** What judging needs of the service. */
export interface JudgementParts {
  /** undefined where OUTCOMES_URL is off. */
  readonly store: Pick<Store<DecisionQueries>, 'run'> | undefined;
  /** Writes what this process has taken and not written yet: so a client finds the decision that it has just got. */
  readonly flush: () => Promise<void>;
  readonly loader: ModelLoader;
  readonly served: ServedModel;
  readonly pool: WorkPool;
  /** How old a day is when its clicks are nearly all in, in days; undefined where OUTCOMES_URL is off. */
  readonly maturity: Pick<Maturity, 'growth'> | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Which days of outcomes a decision is judged by. */
export interface JudgedDays {
  /** Last day. */
  readonly to?: string | undefined;
  /**
   * How many, from that of the decision on. Default, where there is no last day either: 7 for outcomes that
   * are found by their records, and all for those that name the decision.
   */
  readonly days?: number | undefined;
  /** Whether days count that are not mature yet. */
  readonly young?: boolean | undefined;
}

/** So many days of outcomes count that do not name the decision, if nobody says: a schedule's week. */
const RECORD_DAYS = 7;

/** Judges decisions of the log by the outcomes of their entries. */
export class Judgement {
  constructor(private readonly parts: JudgementParts) {}

  /** Decisions of a time, the oldest first. @throws ProblemError OUTCOMES_UNAVAILABLE */
  async list(page: QueryArgs<DecisionQueries, 'listDecisions'>): Promise<ListedDecision[]> {
    await this.parts.flush();
    return askStore(this.parts.store, 'listDecisions', page);
  }

  /**
   * A decision with what came of it, as JSON.
   * @param gone aborts when nobody waits for the answer any more; then this rejects with its reason
   * @throws ProblemError DECISION_UNKNOWN, OUTCOMES_UNAVAILABLE, OVERLOADED
   */
  async of(id: string, days: JudgedDays, gone: AbortSignal): Promise<string> {
    await this.parts.flush();
    const decision = await askStore(this.parts.store, 'describeDecision', id);
    if (decision === undefined) throw new ProblemError('DECISION_UNKNOWN');
    const { at, name, model: version } = decision;
    const model = await this.modelOf(version);
    const span = await this.spanOf(at, days);
    const schema = (model ?? { schema: this.parts.served.schema }).schema;
    const outcomes = await askStore(this.parts.store, 'outcomesOfDecision', {
      id,
      schema,
      ...span,
    });
    if (outcomes === undefined) throw new ProblemError('DECISION_UNKNOWN');
    const { content, entries } = outcomes;
    const observed = entries.map(observedOf);
    const hindsight =
      model && (await this.parts.pool.judge(model, { name, content, observed }, gone));
    const told = toldOf(span, outcomes);
    return textOf(decision, content, told, hindsight);
  }

  /** undefined when the registry has it no more. */
  private async modelOf(version: string): Promise<CtrModel | undefined> {
    const { loader, served } = this.parts;
    const known = served.find(version)?.model;
    if (known !== undefined) return known;
    try {
      return await loader.load(version);
    } catch (error) {
      if (error instanceof ModelRefusedError) return undefined;
      throw error;
    }
  }

  private async spanOf(at: number, { to, days, young = false }: JudgedDays): Promise<Span> {
    const { now, maturity } = this.parts;
    const growth = young || maturity === undefined ? undefined : await askable(maturity.growth());
    const mature = dayOf(now() - waitOf(growth) * DAY_MS);
    const from = dayOf(at);
    const until = (most: number): string => daysBefore(from, 1 - most);
    const last = earliest(mature, to, days === undefined ? undefined : until(days));
    const isSaid = to !== undefined || days !== undefined;
    return { from, to: last, recordsTo: isSaid ? last : earliest(last, until(RECORD_DAYS)) };
  }
}

/** Days back from today to the last one that is mature; its deliveries of today may still come. */
function waitOf(growth: Growth | undefined): number {
  const age = growth === undefined ? 0 : matureAge(growth);
  return age === 0 ? 0 : age + 1;
}

interface Span {
  readonly from: string;
  /** Of outcomes that name the decision's entries. */
  readonly to: string;
  /** Of others. */
  readonly recordsTo: string;
}

function earliest(...days: readonly (string | undefined)[]): string {
  return days.filter((day) => day !== undefined).reduce((a, b) => (b < a ? b : a));
}

function observedOf({ impressions, clicks, spend, shown }: EntryOutcomes): ObservedCells {
  return { impressions, clicks, shown, ...(spend !== null && { spend }) };
}

const BY_RECORD = [
  'No outcome names the decision, so all outcomes of these days whose records are those of its entries, but for impressions and budget, are taken for what came of it, whoever decided them. Those that name another decision or an experiment are left out.',
  'Outcomes are counted by UTC day: those of the decision’s own day count from its beginning, whatever hour the decision was taken.',
];
const BY_ARM = [
  'Outcomes whose arm names an entry of the decision are what came of it, and no others are.',
];

function toldOf({ from, to, recordsTo }: Span, { by, entries }: DecisionOutcomes) {
  const impressions = entries.reduce((sum, entry) => sum + entry.impressions, 0);
  const clicks = entries.reduce((sum, entry) => sum + entry.clicks, 0);
  return {
    ...{ from, to: by === 'arm' ? to : recordsTo },
    ...{ matched_by: impressions > 0 ? by : null, impressions, clicks },
    assumptions: by === 'arm' ? BY_ARM : BY_RECORD,
  };
}

const GONE =
  'The registry has the version that decided no more, or it cannot be read: its intervals cannot be judged.';

/** @param content `{"request":…,"answer":…}`, which is not parsed here: it may be large */
function textOf(
  { id, name, at, model }: ListedDecision,
  content: string,
  outcomes: object,
  hindsight: string | undefined,
): string {
  const head = { id, decision: name, at: new Date(at).toISOString(), model_version: model };
  const tail = { outcomes, ...(hindsight === undefined && { unjudged: GONE }) };
  const judged = hindsight === undefined ? '' : `,"hindsight":${hindsight}`;
  return `${JSON.stringify(head).slice(0, -1)},${content.slice(1, -1)},${JSON.stringify(tail).slice(1, -1)}${judged}}`;
}
