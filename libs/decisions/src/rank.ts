import type { CtrModel } from '@adscale/ctr';
import {
  assumptionsOf,
  ownDifference,
  MODEL_ERROR,
  roundRate,
  roundShare,
  type Answered,
  type Range,
} from './answer.js';
import { CLICK_VALUE_FIELDS, readClickValue, type ClickValue } from './money/prices.js';
import { ModelError } from './error/model-error.js';
import { readCurrency, readPrice, roundPrice, type Currency } from './money/money.js';
import { chanceAbove } from './error/distributions.js';
import { PlacementReader, type DecisionOptions } from './placement.js';
import { readEntries, readFields, readId, readLevel, ROOT } from './request.js';

/** Most candidates of one ranking. */
export const MAX_CANDIDATES = 1000;

/**
 * Questions of a row to a member that a ranking may take: of 100 trees, 1,000 candidates of different
 * cells get a third, and up to 320 get all.
 */
const WALKS = 32_000;

export interface RankedCandidate {
  /** 1 is the best. */
  readonly rank: number;
  readonly id: string;
  readonly predicted_ctr: number;
  /** Expected value of a thousand impressions: 1000 · CTR · value of a click. */
  readonly ecpm: number;
  readonly ecpm_interval: Range;
  /** The most that a click may cost without an expected loss: its value. */
  readonly max_bid_cpc: number;
  /** The most that a thousand impressions may cost without an expected loss: the eCPM. */
  readonly max_bid_cpm: number;
  /** Is the eCPM at least the floor? True where there is no floor. */
  readonly worth_winning: boolean;
  /** Chance that the true eCPM is at least the floor; absent without a floor. */
  readonly chance_above_floor?: number;
  /** Chance that this one's true eCPM is above the next one's; absent for the last. */
  readonly chance_above_next?: number;
  readonly extrapolated: readonly string[];
}

export interface Ranking extends Answered {
  readonly currency: string;
  readonly level: number;
  readonly candidates: readonly RankedCandidate[];
}

interface Candidate {
  readonly id: string;
  readonly row: Float64Array;
  /** Place among the distinct cells. */
  readonly cell: number;
  readonly value: ClickValue;
  /** Value of a thousand impressions per unit of CTR. */
  readonly weight: number;
  readonly floor: number | undefined;
}

const OWN = [
  'A click is worth what the request says; the CTR does not depend on the bid.',
  'chance_above_next judges the two neighbours member by member, so what the model gets wrong in both alike cancels.',
  MODEL_ERROR,
];

/**
 * Sorts candidates by their expected value per thousand impressions (eCPM).
 *
 * Request: `{ candidates: [{ id?, record, bid_cpc | value_per_click | target_cpa +
 * conversion_rate, floor_ecpm? }], floor_ecpm?, level?, currency? }`. Equal eCPMs keep their order.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED, AMOUNT_INVALID
 */
export function rank(model: CtrModel, request: unknown, options?: DecisionOptions): Ranking {
  const { level, currency, cells, candidates } = readRanking(model, request, options);
  const error = new ModelError(model, cells.rows, cells.count, WALKS);
  const ecpmOf = ({ weight, cell }: Candidate): number => weight * error.ctr[cell];
  const order = candidates.toSorted((a, b) => ecpmOf(b) - ecpmOf(a));
  const ranked = order.map((candidate, i) =>
    rankedCandidate(model, error, candidate, order[i + 1], i, level, currency),
  );
  const outside = ranked.some(({ extrapolated }) => extrapolated.length > 0);
  return {
    model_version: model.version,
    currency: currency.code,
    level,
    candidates: ranked,
    assumptions: assumptionsOf(model, outside, [
      ...OWN,
      ...cells.reader.heldAssumptions,
      ...ownDifference(error),
      ...fewerMembers(model, error),
    ]),
  };
}

/** A request as it is read: its candidates in its own order. @throws DecisionError as `rank` does */
export function readRanking(model: CtrModel, request: unknown, options?: DecisionOptions) {
  const known = ['candidates', 'floor_ecpm', 'level', 'currency'];
  const fields = readFields(request, ROOT, known);
  const level = readLevel(fields);
  const currency = readCurrency(fields['currency']);
  const floor = readFloor(fields['floor_ecpm'], 'floor_ecpm');
  const cells = new DistinctCells(model, options);
  const candidates = readEntries(fields['candidates'], 'candidates', MAX_CANDIDATES, (entry, i) =>
    readCandidate(cells, entry, i, floor),
  );
  return { level, currency, cells, candidates };
}

function fewerMembers({ forest }: CtrModel, { members }: ModelError): string[] {
  const all = Math.max(...forest.parts.map((part) => part.members.length));
  const kind = forest.trees.length === all ? 'trees' : 'members';
  return members < all
    ? [`Intervals and chances were judged by ${members} of the ${all} ${kind}.`]
    : [];
}

/** Candidates of one cell have one prediction, so members are asked once a cell. */
class DistinctCells {
  readonly reader: PlacementReader;
  readonly rows: Float64Array;
  count = 0;
  private readonly places = new Map<number | string, number>();

  constructor(
    private readonly model: CtrModel,
    options?: DecisionOptions,
  ) {
    this.reader = new PlacementReader(model, options);
    this.rows = new Float64Array(MAX_CANDIDATES * this.reader.width);
  }

  /** The cell's place; a new one's row is kept. */
  placeOf(row: Float64Array): number {
    const code = this.model.code(row);
    let place = this.places.get(code);
    if (place === undefined) {
      place = this.count++;
      this.places.set(code, place);
      this.rows.set(row, place * this.reader.width);
    }
    return place;
  }
}

const CANDIDATE_FIELDS = ['id', 'record', 'floor_ecpm', ...CLICK_VALUE_FIELDS];

function readCandidate(
  cells: DistinctCells,
  entry: unknown,
  i: number,
  floor: number | undefined,
): Candidate {
  const fields = readFields(entry, '', CANDIDATE_FIELDS);
  const row = cells.reader.read(fields['record'], 'record');
  const value = readClickValue(fields);
  return {
    id: readId(fields['id'], 'id', i),
    row,
    cell: cells.placeOf(row),
    value,
    weight: 1000 * value.amount,
    floor: readFloor(fields['floor_ecpm'], 'floor_ecpm') ?? floor,
  };
}

function readFloor(value: unknown, path: string): number | undefined {
  return value === undefined ? undefined : readPrice(value, path);
}

function rankedCandidate(
  model: CtrModel,
  error: ModelError,
  candidate: Candidate,
  next: Candidate | undefined,
  place: number,
  level: number,
  currency: Currency,
): RankedCandidate {
  const { id, row, cell, value, weight, floor } = candidate;
  const ctr = error.ctr[cell];
  const ecpm = weight * ctr;
  const deviation = weight * error.ownDeviationOf(cell);
  const reach = error.reach(level) * deviation;
  return {
    rank: place + 1,
    id,
    predicted_ctr: roundRate(ctr),
    ecpm: roundPrice(ecpm, currency),
    ecpm_interval: {
      low: roundPrice(Math.max(0, ecpm - reach), currency),
      high: roundPrice(Math.min(weight, ecpm + reach), currency),
    },
    max_bid_cpc: roundPrice(value.amount, currency),
    max_bid_cpm: roundPrice(ecpm, currency),
    worth_winning: floor === undefined || ecpm >= floor,
    ...(floor !== undefined && {
      chance_above_floor: roundShare(chanceAbove(ecpm - floor, deviation)),
    }),
    ...(next !== undefined && { chance_above_next: chanceAboveNext(error, candidate, next) }),
    extrapolated: model.extrapolated(row),
  };
}

function chanceAboveNext(error: ModelError, one: Candidate, next: Candidate): number {
  const difference = one.weight * error.ctr[one.cell] - next.weight * error.ctr[next.cell];
  const deviation = error.ownDeviationBetween(one.cell, next.cell, one.weight, next.weight);
  return roundShare(chanceAbove(difference, deviation));
}
