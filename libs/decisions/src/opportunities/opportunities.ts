import type { CtrModel } from '@adscale/ctr';
import {
  assumptionsOf,
  ownDifference,
  MODEL_ERROR,
  rangeOf,
  roundRate,
  roundShare,
  type Answered,
  type Range,
} from '../answer.js';
import { exploredAt, readCellFeatures, type Explored } from './explored.js';
import type { DecisionOptions } from '../placement.js';
import { readGrid, type Grid } from './grid.js';
import { ModelError } from '../error/model-error.js';
import { chanceAbove } from '../error/distributions.js';
import { readFields, readLevel, readOptional, ROOT, SHARE } from '../request.js';
import { oneProportionSize, precisionSize } from '../sample-size.js';

/** Most placements that are listed of each kind. */
export const MAX_LISTED = 20;

export interface Opportunity {
  readonly id: string;
  readonly record: Readonly<Record<string, number | string>>;
  readonly predicted_ctr: number;
  readonly interval: Range;
  readonly explored: Explored;
  readonly extrapolated: readonly string[];
  readonly to_find_out: FindingOut;
}

/** What a live test of the placement alone would take. */
export interface FindingOut {
  readonly impressions: number;
  readonly says: string;
}

/** What one feature takes from a placement's CTR, against the usual placement. */
export interface Reason {
  readonly feature: string;
  readonly value: number | string;
  /** Clicks per impression, below 0. */
  readonly effect: number;
  readonly says: string;
}

export interface WeakPlacement extends Opportunity {
  /** Chance that the true CTR is below the floor. */
  readonly chance_below_floor: number;
  /** What lowers its CTR most, by Shapley values. */
  readonly reasons: readonly Reason[];
}

export interface Opportunities extends Answered {
  readonly level: number;
  readonly placements: number;
  /** By the lower end of the interval, best first. */
  readonly best: readonly Opportunity[];
  /** Likely below the floor, likeliest first; empty without a floor. */
  readonly weak: readonly WeakPlacement[];
  /** Cells with few training rows or outside the training data, least known first. */
  readonly unexplored: readonly Opportunity[];
}

const KNOWN = [
  'placements',
  'base',
  'vary',
  'floor_ctr',
  'certainty',
  'few_rows',
  'cell_by',
  'top',
  'level',
];

/** A test that pins a CTR down to a tenth of itself. */
const PRECISION = 0.1;
const SIGNIFICANCE = 0.05;
const POWER = 0.8;

const OWN = [
  'A placement is among the best by the lower end of its interval: what it gets even if the model is too hopeful.',
  'Training rows of a cell are estimated from the trees; a cell no split has told from its neighbours is taken to have had its share.',
  MODEL_ERROR,
];

interface Assessed {
  readonly place: number;
  readonly row: Float64Array;
  readonly ctr: number;
  readonly deviation: number;
  readonly low: number;
  readonly explored: Explored;
  readonly extrapolated: readonly string[];
}

/**
 * Looks over placements for those worth more money, those worth none, and those nobody knows.
 *
 * Request: `{ placements: [{ id?, record }] }` or `{ base: record, vary: { feature: [values] } }`, where
 * a feature of words may have a number in place of a list: as many of the commonest; without `vary`, all
 * such features have. With `floor_ctr?, certainty?, few_rows?, cell_by?, top?, level?`.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED
 */
export function opportunities(
  model: CtrModel,
  request: unknown,
  options?: DecisionOptions,
): Opportunities {
  const { level, floor, certainty, fewRows, top, cellBy, grid } = readLook(model, request, options);
  options?.onStep?.();
  const error = new ModelError(model, grid.rows, grid.count);
  options?.onStep?.();
  const assessed = assessAll(model, grid, error, cellBy, level);
  const show = (one: Assessed, finding: FindingOut): Opportunity =>
    shown(grid, one, error.reach(level), finding);
  const best = assessed.toSorted((a, b) => b.low - a.low).slice(0, top);
  const unknown = assessed
    .filter(({ explored, extrapolated }) => isFew(explored, fewRows) || extrapolated.length > 0)
    .sort((a, b) => a.explored.training_impressions - b.explored.training_impressions)
    .slice(0, top);
  const outside = assessed.some(({ extrapolated }) => extrapolated.length > 0);
  return {
    model_version: model.version,
    level,
    placements: grid.count,
    best: best.map((one) => show(one, toKnow(one.ctr, level))),
    weak: weakOf(assessed, floor, certainty, top).map(({ one, chance }) => ({
      ...show(one, toConfirm(one.ctr, floor!)),
      chance_below_floor: roundShare(chance),
      reasons: reasonsFor(model, grid.recordOf(one.place), one.row, options?.onStep),
    })),
    unexplored: unknown.map((one) => show(one, toKnow(one.ctr, level))),
    assumptions: assumptionsOf(model, outside, [
      ...OWN,
      ...(floor === undefined ? [NO_FLOOR] : []),
      ...grid.reader.heldAssumptions,
      ...ownDifference(error),
    ]),
  };
}

const NO_FLOOR = 'No floor_ctr was given, so no placement is weak.';

const LISTED = { minimum: 1, maximum: MAX_LISTED, whole: true };

/** What to look over, and for what. */
function readLook(model: CtrModel, request: unknown, options?: DecisionOptions) {
  const fields = readFields(request, ROOT, KNOWN);
  return {
    level: readLevel(fields),
    floor: readOptional(fields['floor_ctr'], 'floor_ctr', SHARE, undefined),
    certainty: readOptional(fields['certainty'], 'certainty', SHARE, 0.8),
    fewRows: readOptional(fields['few_rows'], 'few_rows', { minimum: 0 }, 20),
    top: readOptional(fields['top'], 'top', LISTED, 5),
    cellBy: readCellFeatures(model, fields['cell_by']),
    grid: readGrid(model, fields, options),
  };
}

function assessAll(
  model: CtrModel,
  { reader, rows, count }: Grid,
  error: ModelError,
  cellBy: readonly number[],
  level: number,
): Assessed[] {
  const reach = error.reach(level);
  const explored = exploredAt(model, rows, count, cellBy);
  return Array.from({ length: count }, (_, place) => {
    const row = rows.subarray(place * reader.width, (place + 1) * reader.width);
    const ctr = error.ctr[place];
    const deviation = error.ownDeviationOf(place);
    return {
      place,
      row,
      ctr,
      deviation,
      low: ctr - reach * deviation,
      explored: explored[place],
      extrapolated: model.extrapolated(row),
    };
  });
}

function isFew({ training_rows, training_impressions }: Explored, fewRows: number): boolean {
  return training_rows === undefined ? training_impressions === 0 : training_rows < fewRows;
}

function weakOf(
  assessed: readonly Assessed[],
  floor: number | undefined,
  certainty: number,
  top: number,
): { one: Assessed; chance: number }[] {
  if (floor === undefined) return [];
  return assessed
    .map((one) => ({ one, chance: chanceAbove(floor - one.ctr, one.deviation) }))
    .filter(({ chance }) => chance >= certainty)
    .sort((a, b) => b.chance - a.chance || a.one.ctr - b.one.ctr)
    .slice(0, top);
}

function shown(
  { ids, recordOf }: Grid,
  { place, ctr, deviation, explored, extrapolated }: Assessed,
  reach: number,
  to_find_out: FindingOut,
): Opportunity {
  return {
    id: ids[place],
    record: recordOf(place),
    predicted_ctr: roundRate(ctr),
    interval: rangeOf(ctr, reach * deviation, roundRate),
    explored,
    extrapolated,
    to_find_out,
  };
}

function toKnow(ctr: number, level: number): FindingOut {
  const impressions = precisionSize(ctr, PRECISION, level);
  return {
    impressions,
    says: `After ${impressions} impressions the observed CTR is within 10 % of the true one, ${level * 100} % of the time, if it is about what is predicted.`,
  };
}

function toConfirm(ctr: number, floor: number): FindingOut {
  const impressions = oneProportionSize(ctr, floor, SIGNIFICANCE, POWER) ?? 0;
  return {
    impressions,
    says: `After ${impressions} impressions a one-sided test at 5 % sees a CTR below ${floor}, 80 % of the time, if it is what is predicted.`,
  };
}

const MOST_REASONS = 2;

/**
 * The features that lower a placement's CTR most, by Shapley values; none if nothing lowers it. Where
 * they are on a margin, what the usual CTR would lose by the feature alone.
 */
function reasonsFor(
  model: CtrModel,
  record: Readonly<Record<string, number | string>>,
  row: Float64Array,
  onStep: DecisionOptions['onStep'],
): Reason[] {
  const { base, values, scale, link } = explained(model, row, onStep);
  const usual = scale === 'prediction' ? base : fromMargin(link, base);
  const names = model.explainedNames;
  return [...values.keys()]
    .filter((g) => values[g] < 0)
    .sort((a, b) => values[a] - values[b])
    .slice(0, MOST_REASONS)
    .map((g) => {
      const feature = names[g];
      const value = valueOf(record, feature);
      const without =
        scale === 'prediction' ? base + values[g] : fromMargin(link, base + values[g]);
      const lowered = roundRate(usual - without);
      return {
        feature,
        value,
        effect: -lowered,
        says: `${feature} ${value} lowers the CTR by ${lowered} from the usual ${roundRate(usual)}.`,
      };
    });
}

function explained({ explainer }: CtrModel, row: Float64Array, onStep: DecisionOptions['onStep']) {
  const steps = explainer.steps(row);
  for (;;) {
    onStep?.();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function fromMargin(link: string, margin: number): number {
  return link === 'logit' ? 1 / (1 + Math.exp(-margin)) : Math.exp(margin);
}

/** Of a pair of features that is a word of its own: both values. */
function valueOf(record: Readonly<Record<string, number | string>>, name: string): number | string {
  const own = record[name];
  if (own !== undefined) return own;
  const parts = name.split(' × ');
  if (parts.length < 2) return 'missing';
  return parts.map((part) => record[part] ?? 'missing').join(' × ');
}
