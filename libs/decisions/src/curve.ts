import type { CtrModel } from '@adscale/ctr';
import {
  assumptionsOf,
  ownDifference,
  MODEL_ERROR,
  rangeOf,
  roundCount,
  roundRate,
  type Answered,
  type Range,
} from './answer.js';
import { clickNoise, countInterval } from './error/distributions.js';
import { ModelError } from './error/model-error.js';
import { readAmount, readCurrency, readPrice, type Currency } from './money/money.js';
import { PlacementReader, type DecisionOptions } from './placement.js';
import {
  IMPRESSIONS,
  plannedImpressions,
  readBudgetFeature,
  readChoice,
  readFields,
  readLevel,
  readNumber,
  refuse,
  type Fields,
  ROOT,
} from './request.js';
import {
  impressionsFor,
  movingAs,
  movingAsBought,
  rowAt,
  stepsAlong,
  type Moving,
  type Path,
  type Step,
} from './steps.js';

/** Most steps that a curve shows; a longer one is to be asked for in parts. */
export const MAX_STEPS = 500;

/** A stretch over which the forest predicts one CTR. */
export interface CurveStep {
  /** Both ends belong to the step. */
  readonly from: number;
  readonly to: number;
  readonly predicted_ctr: number;
  readonly interval: Range;
  readonly impressions: Range;
  /** Clicks at both ends of the step. */
  readonly expected_clicks: Range;
  /** Interval of the clicks at the step's upper end, click noise included. */
  readonly clicks_at_to: Range;
  /** Clicks that one more unit adds within the step: a currency unit, or a thousand impressions. */
  readonly marginal_clicks: number;
  /** Clicks that are gained or lost on entering the step; absent for the first. */
  readonly jump?: number;
  readonly extrapolated: readonly string[];
}

export interface Curve extends Answered {
  readonly over: Over;
  readonly currency: string;
  readonly level: number;
  readonly steps: readonly CurveStep[];
}

type Over = 'impressions' | 'budget' | 'spend';

/** A quantity that moves, in whole units: impressions, or minor units of money. */
interface Axis {
  readonly over: Over;
  readonly low: number;
  readonly high: number;
  /** Units of the quantity in one unit of the answer: 1, or the minor units of a currency unit. */
  readonly unit: number;
  readonly path: Path;
  impressionsAt(quantity: number): number;
}

const KNOWN = ['record', 'over', 'from', 'to', 'cost', 'budget_feature', 'level', 'currency'];

const OWN = [
  'A forest predicts in steps: within a step it knows no difference, and a jump is a cut of its trees, not a cliff in the market.',
  MODEL_ERROR,
];

const MEANING: Readonly<Record<Over, string>> = {
  impressions: "The placement's impressions move; its budget stays.",
  budget: "The model's feature budget moves; the placement's impressions stay.",
  spend: 'Money is spent on the placement; impressions are what it buys at the CPM.',
};

/**
 * CTR, clicks and marginal clicks of a placement against impressions, budget or spend, in the
 * forest's own steps.
 *
 * Request: `{ record, over, from, to, cost?: { cpm }, budget_feature?, level?, currency? }`; a
 * curve over spend needs a CPM.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED, AMOUNT_INVALID, FEATURE_ABSENT
 */
export function curve(model: CtrModel, request: unknown, options?: DecisionOptions): Curve {
  const fields = readFields(request, ROOT, KNOWN);
  const level = readLevel(fields);
  const currency = readCurrency(fields['currency']);
  const reader = new PlacementReader(model, options);
  const axis = readAxis(reader, fields, currency);
  const steps = stepsAlong(axis.path, axis.low, axis.high);
  if (steps.length > MAX_STEPS) {
    refuse('to', fields['to'], `a stretch of at most ${MAX_STEPS} steps, got ${steps.length}`);
  }
  const error = errorAlong(model, axis, steps);
  const shown = describeSteps(model, axis, steps, error, level);
  const outside = shown.some(({ extrapolated }) => extrapolated.length > 0);
  return {
    model_version: model.version,
    over: axis.over,
    currency: currency.code,
    level,
    steps: shown,
    assumptions: assumptionsOf(model, outside, [
      MEANING[axis.over],
      ...OWN,
      ...reader.heldAssumptions,
      ...ownDifference(error),
    ]),
  };
}

function readAxis(reader: PlacementReader, fields: Fields, currency: Currency): Axis {
  const { model } = reader;
  const over = readChoice(fields['over'], 'over', OVERS, 'impressions');
  const row = reader.read(fields['record'], 'record');
  const impressions = reader.require('impressions', 'which clicks are counted by');
  if (over !== 'spend' && fields['cost'] !== undefined) {
    refuse('cost', fields['cost'], 'none, but for a curve over spend');
  }
  if (over === 'impressions') {
    const low = readNumber(fields['from'], 'from', IMPRESSIONS);
    const high = readNumber(fields['to'], 'to', { ...IMPRESSIONS, minimum: low });
    const path = { model, row, moving: [movingAs(impressions)] };
    return { over, low, high, unit: 1, path, impressionsAt: (quantity) => quantity };
  }
  const [low, high] = readAmounts(fields, currency);
  const unit = 10 ** currency.digits;
  if (over === 'budget') {
    const moving = [movingAs(reader.require('budget', 'along which the curve runs'), unit)];
    const planned = plannedImpressions(row[impressions]);
    return { over, low, high, unit, path: { model, row, moving }, impressionsAt: () => planned };
  }
  const { cpm } = readFields(fields['cost'], 'cost', ['cpm']);
  const price = readPrice(cpm, 'cost.cpm');
  const bought = movingAsBought(impressions, price, unit);
  const moving = [bought, ...budgetMoving(reader, fields, unit)];
  const impressionsAt = (spend: number): number => impressionsFor(spend, price, unit);
  return { over, low, high, unit, path: { model, row, moving }, impressionsAt };
}

const OVERS: readonly Over[] = ['impressions', 'budget', 'spend'];

function readAmounts(fields: Fields, currency: Currency): [low: number, high: number] {
  const low = readAmount(fields['from'], currency, 'from');
  const high = readAmount(fields['to'], currency, 'to');
  if (low === 0) refuse('from', fields['from'], 'an amount above 0');
  if (high < low) refuse('to', fields['to'], 'at least from');
  return [low, high];
}

/** The model's budget is the campaign's and stays, unless it is what is spent on the placement. */
function budgetMoving(reader: PlacementReader, fields: Fields, unit: number): Moving[] {
  if (readBudgetFeature(fields) === 'campaign') return [];
  return [movingAs(reader.require('budget', 'that would move'), unit)];
}

function errorAlong(model: CtrModel, { path }: Axis, steps: readonly Step[]): ModelError {
  const width = model.schema.features.length;
  const rows = new Float64Array(steps.length * width);
  steps.forEach(({ from }, i) => rows.set(rowAt(path, from), i * width));
  return new ModelError(model, rows, steps.length);
}

function describeSteps(
  model: CtrModel,
  axis: Axis,
  steps: readonly Step[],
  error: ModelError,
  level: number,
): CurveStep[] {
  const reach = error.reach(level);
  return steps.map(({ from, to, ctr }, i) => {
    const deviation = error.deviationOf(i);
    const [first, last] = [axis.impressionsAt(from), axis.impressionsAt(to)];
    const variance = clickNoise(ctr, last, error.rho) + (last * deviation) ** 2;
    const atEnd = countInterval(ctr * last, variance, reach, last);
    const before = i === 0 ? undefined : steps[i - 1].ctr;
    const perUnit = axis.over === 'impressions' ? 1000 : axis.unit;
    const slope = to > from ? (ctr * (last - first)) / (to - from) : 0;
    return {
      from: from / axis.unit,
      to: to / axis.unit,
      predicted_ctr: roundRate(ctr),
      interval: rangeOf(ctr, reach * error.ownDeviationOf(i), roundRate),
      impressions: { low: Math.floor(first), high: Math.floor(last) },
      expected_clicks: { low: roundCount(ctr * first), high: roundCount(ctr * last) },
      clicks_at_to: { low: roundCount(atEnd.low), high: roundCount(atEnd.high) },
      marginal_clicks: roundCount(slope * perUnit),
      ...(before !== undefined && { jump: roundCount((ctr - before) * first) }),
      extrapolated: outsideOf(model, axis.path, from, to),
    };
  });
}

/** A step that leaves the training data anywhere is said to. */
function outsideOf(model: CtrModel, path: Path, from: number, to: number): string[] {
  const ends = [from, to].flatMap((quantity) => model.extrapolated(rowAt(path, quantity)));
  return [...new Set(ends)];
}
