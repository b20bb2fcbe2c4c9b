/*
 * One retraining, under a lock of its own:
 *
 *   current model's card ──▶ its data again ─┐
 *   GET /outcomes?mature=true ──▶ daily cells ┴▶ train ──▶ better beyond chance? ──▶ publish ──▶ canary
 */
import {
  type ModelCard,
  type RecipeOutcomes,
  type Registry,
  type TrainingRecipe,
} from '@adscale/ctr';
import { RefusedError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import type { Comparison } from '../models/comparison.js';
import type { Service } from '../service/ask.js';
import { renderReport } from '../train/report-files.js';
import { startCanary, versionOnTrial, type CanaryStart, type GateWish } from './canary.js';
import { compareHeldOut, keepsCurrent, makeCandidate, type Candidate } from './candidate.js';
import { DAY, dayOf, latestMoment } from './days.js';
import { armFilter, type ArmChoice } from './experiments.js';
import { outcomeTable, type OutcomeTable, type ServedCell } from './outcome-table.js';
import { readOwnData, type KnownCard, type OwnData, type OwnDataOptions } from './own-data.js';
import { planTraining, type TrainingPlan } from './plan.js';
import { publishedBefore, wasAborted } from './published-before.js';

/** What a run goes by. */
export interface RetrainOptions extends OwnDataOptions {
  /** The first day of outcomes, where the card's own is not wanted. */
  readonly since?: string;
  /** Share of the rows of fresh days that judge; default: as the model was trained. */
  readonly heldOut?: number;
  readonly arms: ArmChoice;
  /** Start the trial. */
  readonly canary: boolean;
  readonly gate: GateWish;
  readonly report: boolean;
}

/** What there was to learn from outcomes. */
export interface LearnedOutcomes {
  readonly first: string | null;
  readonly last: string | null;
  readonly days: number;
  readonly cells: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly left_out: Readonly<Record<string, number>>;
  /** Rows by arm of a finished experiment. */
  readonly arms: Readonly<Record<string, number>>;
}

/** How a run ended. */
export interface RetrainResult {
  /**
   * canary: better, and on trial. published: better, not on trial. kept: not better, the current model
   * stays. nothing_new: too few outcomes that the current model does not know, or the model of just these
   * was turned down. on_trial: an earlier version is still tried.
   */
  readonly outcome: 'canary' | 'published' | 'kept' | 'nothing_new' | 'on_trial';
  readonly current: string;
  /** In words. */
  readonly reason: string;
  /** The version that was published, now or by an earlier run from the same rows, or that is on trial. */
  readonly version?: string;
  readonly outcomes?: LearnedOutcomes;
  readonly held_out_from?: string;
  readonly comparison?: Comparison;
  /** Rows older by this count half, in seconds; absent: age does not matter. */
  readonly half_life?: number;
  readonly canary?: CanaryStart;
  readonly notes: readonly string[];
}

/**
 * Trains the current model again with what has come back since.
 * @throws CtrError NO_MODEL, RETRAIN_UNDER_WAY; InputError if its data cannot be read again; as `Service.get`
 */
export function retrain(
  registry: Registry,
  service: Service,
  options: RetrainOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<RetrainResult> {
  return registry.retraining(async () => {
    await registry.checkWritable();
    const current = await registry.resolve('current');
    const onTrial = options.canary ? await versionOnTrial(service) : null;
    if (onTrial !== null) {
      const reason = `${onTrial} is on trial: no other one is made before that has ended`;
      return { outcome: 'on_trial', current, version: onTrial, reason, notes: [] };
    }
    const known = { version: current, card: await registry.card(current) };
    const own = await readOwnData(known, options, reporter, signal);
    const from = options.since ?? firstDay(known, own);
    const outcomes = await readOutcomes(service, own, known.card, from, options.arms, reporter);
    return learn({ registry, service, known, own, from, outcomes }, options, reporter, signal);
  });
}

/** What a run has found before it trains. */
interface Found {
  readonly registry: Registry;
  readonly service: Service;
  readonly known: KnownCard;
  readonly own: OwnData;
  readonly from: string | null;
  readonly outcomes: OutcomeTable;
}

/** A result before its end is known. */
type Judged = Omit<RetrainResult, 'outcome' | 'reason'>;

async function learn(
  { registry, service, known, own, from, outcomes }: Found,
  options: RetrainOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<RetrainResult> {
  const { version: current, card } = known;
  const learned = learnedOf(outcomes);
  const share = options.heldOut ?? own.recipe.held_out_share;
  const plan = planTraining(own.table, outcomes, card.recipe?.outcomes?.held_out_from, share);
  if (plan === undefined) {
    const reason = `${current} stays: fewer than two days of mature outcomes that it did not learn from, one to learn from and one to judge by`;
    return { current, outcomes: learned, notes: own.notes, outcome: 'nothing_new', reason };
  }
  const recipe = recipeWith(own.recipe, learned, { from, held_out_from: plan.heldOutFrom });
  const before = { current, held_out_from: plan.heldOutFrom, outcomes: learned, notes: own.notes };
  const again = await publishedBefore(registry, { current, table: plan.table, recipe });
  if (again !== undefined) return tryAgain({ registry, service, plan }, again, before, options);
  const source = `${own.source}; outcomes ${learned.first} to ${learned.last}`;
  const { threads } = options;
  const request = { registry, current, own, plan, recipe, source, threads };
  const { trained, comparison } = await makeCandidate(request, reporter, signal);
  const half_life = trained.card.choice?.half_life;
  const judged = { ...before, ...(half_life !== undefined && { half_life }) };
  const against = keepsCurrent(comparison);
  if (against !== undefined) {
    const reason = `${current} stays: the new model is ${against}`;
    return { ...judged, outcome: 'kept', reason, comparison };
  }
  const better = { trained, comparison, judged };
  return publish({ registry, service }, better, options, signal);
}

/** Publishes a model that is better, and has it tried if that is wanted. */
async function publish(
  { registry, service }: Pick<Found, 'registry' | 'service'>,
  { trained, comparison, judged }: Candidate & { judged: Judged },
  options: RetrainOptions,
  signal: AbortSignal,
): Promise<RetrainResult> {
  const files = options.report ? await renderReport(trained, judged.notes) : undefined;
  signal.throwIfAborted();
  const published = { promote: false, ...(files && { files }) };
  const version = await registry.publish(trained.bytes, trained.card, published);
  const told = { ...judged, version, comparison: { ...comparison, candidate: version } };
  if (!options.canary) {
    const reason = `published ${version}: it is better; no trial was asked for`;
    return { ...told, outcome: 'published', reason };
  }
  const canary = await startCanary(service, version, options.gate);
  return canary.started
    ? { ...told, outcome: 'canary', canary, reason: `${version} is better, and on trial` }
    : { ...told, outcome: 'published', canary, reason: `published ${version}; it is not on trial` };
}

/**
 * The same rows would make the same model again: the one that an earlier run published is tried, if it is
 * better than what is current by now, and nobody has turned it down.
 */
async function tryAgain(
  { registry, service, plan }: Pick<Found, 'registry' | 'service'> & { plan: TrainingPlan },
  version: string,
  before: Judged,
  { canary: isTried, gate }: RetrainOptions,
): Promise<RetrainResult> {
  const { current } = before;
  if (isTried && (await wasAborted(service, version))) {
    const reason = `${current} stays: the same outcomes made ${version}, whose trial was aborted`;
    return { ...before, outcome: 'nothing_new', reason };
  }
  const [mine, theirs] = await Promise.all([registry.load(version), registry.load(current)]);
  const comparison = compareHeldOut(plan, mine, theirs);
  const against = keepsCurrent(comparison);
  if (against !== undefined) {
    const reason = `${current} stays: ${version}, made from the same outcomes, is ${against}`;
    return { ...before, outcome: 'kept', reason, comparison };
  }
  const told = { ...before, version, comparison };
  const published = `an earlier run published ${version} from the same outcomes`;
  if (!isTried)
    return { ...told, outcome: 'published', reason: `${published}; no trial was asked for` };
  const canary = await startCanary(service, version, gate);
  return canary.started
    ? { ...told, outcome: 'canary', canary, reason: `${published}; it is on trial now` }
    : { ...told, outcome: 'published', canary, reason: `${published}; it is not on trial` };
}

/**
 * The first day whose outcomes are not in the model's own data: the one that the first retraining began
 * with; else the day after its last; of rows without dates the day on which they were trained on; of
 * generated records any day, as they are nobody's.
 */
function firstDay({ card }: KnownCard, { table, recipe }: OwnData): string | null {
  if (card.recipe?.outcomes !== undefined) return card.recipe.outcomes.from;
  if (recipe.generated !== undefined) return null;
  const latest = latestMoment(table.time);
  return latest === undefined ? card.created_at.slice(0, 10) : dayOf(latest + DAY);
}

/** Without a first day the service tells of the latest month. */
const EARLIEST = '1970-01-01';

async function readOutcomes(
  service: Service,
  { table }: OwnData,
  { training }: ModelCard,
  from: string | null,
  choice: ArmChoice,
  reporter: Reporter,
): Promise<OutcomeTable> {
  const refuseArm = await armFilter(choice, service);
  const cells = service.lines<ServedCell>(`/outcomes?mature=true&from=${from ?? EARLIEST}`);
  const { schema } = table.features;
  const { vocabularies } = table;
  const options = { schema, ranges: training.ranges, vocabularies, refuseArm };
  const { outcomes, whole } = await reporter.during(
    { name: 'outcomes', unit: 'cells' },
    () => outcomeTable(cells, options),
    (read) => read.outcomes.table.features.rows,
  );
  if (!whole) throw new RefusedError(`${service.name}: the outcomes broke off before their end`);
  return outcomes;
}

function learnedOf({ table, days, leftOut, arms }: OutcomeTable): LearnedOutcomes {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const all = [...days.keys()];
  return {
    ...{ first: all[0] ?? null, last: all.at(-1) ?? null, days: all.length },
    ...{ cells: table.features.rows, impressions: sum(table.impressions) },
    clicks: sum(table.clicks),
    left_out: Object.fromEntries(leftOut),
    arms: Object.fromEntries(arms),
  };
}

function recipeWith(
  recipe: TrainingRecipe,
  { first, last, cells, impressions, clicks, arms }: LearnedOutcomes,
  days: Pick<RecipeOutcomes, 'from' | 'held_out_from'>,
): TrainingRecipe {
  const counted = { first: first!, last: last!, cells, impressions, clicks };
  const marked = Object.keys(arms).length > 0 && { arms };
  return { ...recipe, outcomes: { ...days, ...counted, ...marked } };
}
