import type { CtrModel } from '@adscale/ctr';
import type { Answered } from '../answer.js';
import type { Solve } from '../allocate/solver.js';
import { solveOnThread } from '../allocate/solver-worker.js';
import { ModelError } from '../error/model-error.js';
import { DecisionError } from '../errors.js';
import {
  judgeEntries,
  type Coverage,
  type ExpectedAndCame,
  type JudgedEntry,
  type Observed,
} from './coverage.js';
import { readDecided, type Decided, type JudgedDecision } from './entries.js';
import { posteriorsOf } from './posterior.js';
import { allocationRegret, rankingRegret, type Regret } from './regret.js';
import { expectedOf, type Expected } from './shown.js';

/** A decision that was taken. */
export interface PastDecision {
  readonly name: JudgedDecision;
  readonly request: unknown;
  readonly answer: unknown;
}

/** What a decision expected, what came, and what else could have come. */
export interface Hindsight extends Answered {
  readonly currency: string;
  readonly entries: readonly JudgedEntry[];
  readonly total: ExpectedAndCame;
  readonly coverage: Coverage;
  /** Absent for a forecast, which decides nothing, and without any outcome. */
  readonly regret?: Regret;
}

export interface HindsightOptions {
  /** Where the integer program is solved. Default: on a thread of its own. */
  readonly solve?: Solve;
  /** As of `DecisionOptions`. */
  readonly onStep?: () => void;
}

/** As of allocations: questions of a row to a member that the intervals may take. */
const WALKS = 500_000;

const OWN = [
  'What is expected is of the impressions that came, at the records that they had, whatever was planned of them: so an interval can be held against a part of them, and against another volume.',
  'Intervals are those of the model that decided. Clicks are whole, so an interval holds the whole numbers around its ends too.',
];
const NO_ALTERNATIVE = 'A forecast takes its placements as they are: there is no other to regret.';
const NO_OUTCOMES = 'No outcome of any entry is in yet.';

/**
 * Judges a decision by the outcomes of its entries.
 * @param model the version that decided
 * @param observed by entry of the request, in its order
 * @throws DecisionError REQUEST_INVALID if the model cannot have decided this, or `observed` is not one for
 *   each entry; SOLVER_FAILED
 */
export async function hindsight(
  model: CtrModel,
  { name, request, answer }: PastDecision,
  observed: readonly Observed[],
  { solve = solveOnThread, onStep = () => {} }: HindsightOptions = {},
): Promise<Hindsight> {
  const decided = await readDecided(model, name, request, answer);
  const { entries, currency } = decided;
  if (observed.length !== entries.length) {
    const detail = `observed has ${observed.length} entries, wanted ${entries.length}`;
    throw new DecisionError('REQUEST_INVALID', detail, 'observed');
  }
  onStep();
  const width = model.schema.features.length;
  const rows = new Float64Array(entries.length * width);
  entries.forEach(({ row }, i) => rows.set(row, i * width));
  const error = new ModelError(model, rows, entries.length, WALKS);
  const hasCome = observed.some(({ impressions }) => impressions > 0);
  const expected = expectedOf(model, entries, error, observed, WALKS, onStep);
  const regret = hasCome
    ? await regretOf(decided, error, expected, observed, { solve, onStep })
    : undefined;
  const none = hasCome ? NO_ALTERNATIVE : NO_OUTCOMES;
  return {
    model_version: model.version,
    currency: currency.code,
    ...judgeEntries(decided, error.ctr, expected, observed),
    ...(regret && { regret }),
    assumptions: regret === undefined ? [...OWN, none] : OWN,
  };
}

async function regretOf(
  decided: Decided,
  error: ModelError,
  expected: Expected,
  observed: readonly Observed[],
  solving: Required<HindsightOptions>,
): Promise<Regret | undefined> {
  const { weights, allocation } = decided;
  const posteriors = posteriorsOf(
    error.ctr.map((_, i) => error.ownDeviationOf(i)),
    error.ctr,
    // What came tells by how much the model errs, at whatever records; so it counts as that many impressions
    // of what was planned.
    observed.map(({ clicks }, i) => ({ clicks, impressions: expected.clicks[i] / error.ctr[i] })),
  );
  // Of the same outcomes always the same figures.
  const seed = observed.map(({ impressions, clicks }) => `${impressions}/${clicks}`).join();
  if (weights !== undefined) return rankingRegret({ ...decided, weights }, error, posteriors, seed);
  if (allocation === undefined) return undefined;
  return allocationRegret({ ...decided, allocation }, error, posteriors, seed, solving);
}
