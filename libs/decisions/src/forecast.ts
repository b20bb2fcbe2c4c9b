import type { CtrModel } from '@adscale/ctr';
import {
  assumptionsOf,
  ownDifference,
  MODEL_ERROR,
  roundCount,
  roundRate,
  roundShare,
  type Answered,
  type Range,
} from './answer.js';
import { costOf, readCost, type Cost } from './money/prices.js';
import { clickNoise, countInterval } from './error/distributions.js';
import { ModelError } from './error/model-error.js';
import { readCurrency, roundPrice, toDecimal, type Currency } from './money/money.js';
import { PlacementReader, type DecisionOptions } from './placement.js';
import {
  IMPRESSIONS,
  plannedImpressions,
  readEntries,
  readFields,
  readId,
  readLevel,
  readOptional,
  ROOT,
} from './request.js';

/** Most placements of one schedule. */
export const MAX_SCHEDULE = 1000;

/** What money a forecast tells of; in the request's currency. */
export interface CostForecast extends Range {
  readonly expected: number;
}

export interface PlacementForecast {
  readonly id: string;
  readonly impressions: number;
  readonly predicted_ctr: number;
  /** Interval of the CTR that will be observed over these impressions. */
  readonly observed_ctr: Range;
  readonly expected_clicks: number;
  readonly clicks: Range;
  /** Where the placement says what it costs. */
  readonly cost?: CostForecast;
  readonly extrapolated: readonly string[];
}

export interface Forecast extends Answered {
  readonly currency: string;
  readonly level: number;
  readonly placements: readonly PlacementForecast[];
  readonly total: {
    readonly impressions: number;
    readonly expected_ctr: number;
    readonly expected_clicks: number;
    readonly clicks: Range;
    /** Shares of the variance of the clicks; they sum to 1. */
    readonly variance: { readonly click_noise: number; readonly model_error: number };
    /** Where every placement says what it costs. */
    readonly cost?: CostForecast;
    readonly cost_per_click?: number;
    readonly cost_per_thousand?: number;
  };
}

interface Line {
  readonly id: string;
  readonly impressions: number;
  readonly cost: Cost | undefined;
}

interface Clicks extends Range {
  readonly mean: number;
}

const OWN = [
  'Each placement gets exactly the impressions that the schedule plans, and its record stays as it is.',
  'Given the CTR of a placement, impressions are clicked independently of each other.',
  'Totals count the model error that placements share; they are wider than independent errors would make them.',
  MODEL_ERROR,
];

/**
 * Expected clicks, CTR and cost of a schedule of placements, each with an interval that holds what
 * will be observed, click noise included.
 *
 * Request: `{ schedule: [{ id?, record, impressions?, cost?: { cpc } | { cpm } }], level?,
 * currency? }`; `impressions` is the record's own where absent.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED, AMOUNT_INVALID, FEATURE_ABSENT
 */
export function forecast(model: CtrModel, request: unknown, options?: DecisionOptions): Forecast {
  const { level, currency, reader, rows, lines } = readSchedule(model, request, options);
  const error = new ModelError(model, rows, lines.length);
  const clicks = lines.map(({ impressions }, i): Clicks => {
    const mean = error.ctr[i] * impressions;
    const variance =
      clickNoise(error.ctr[i], impressions, error.rho) + (impressions * error.deviationOf(i)) ** 2;
    return { mean, ...countInterval(mean, variance, error.reach(level), impressions) };
  });
  const placements = lines.map((line, i) => {
    const row = rows.subarray(i * reader.width, (i + 1) * reader.width);
    return placementForecast(line, error.ctr[i], clicks[i], model.extrapolated(row), currency);
  });
  return {
    model_version: model.version,
    currency: currency.code,
    level,
    placements,
    total: totalOf(lines, error, clicks, level, currency),
    assumptions: assumptionsOf(model, placements.some(isOutside), [
      ...OWN,
      ...reader.heldAssumptions,
      ...ownDifference(error),
    ]),
  };
}

/** A request as it is read: lines, and their rows. @throws DecisionError as `forecast` does */
export function readSchedule(model: CtrModel, request: unknown, options?: DecisionOptions) {
  const fields = readFields(request, ROOT, ['schedule', 'level', 'currency']);
  const level = readLevel(fields);
  const currency = readCurrency(fields['currency']);
  const reader = new PlacementReader(model, options);
  const rows = new Float64Array(MAX_SCHEDULE * reader.width);
  const lines = readEntries(fields['schedule'], 'schedule', MAX_SCHEDULE, (entry, i) =>
    readLine(reader, rows, i, entry),
  );
  return { level, currency, reader, rows, lines };
}

function isOutside({ extrapolated }: PlacementForecast): boolean {
  return extrapolated.length > 0;
}

function readLine(reader: PlacementReader, rows: Float64Array, i: number, entry: unknown): Line {
  const line = readFields(entry, '', ['id', 'record', 'impressions', 'cost']);
  reader.readInto(rows, i, line['record'], 'record');
  const given = readOptional(line['impressions'], 'impressions', IMPRESSIONS, undefined);
  return {
    id: readId(line['id'], 'id', i),
    impressions: given ?? ownImpressions(reader, rows, i),
    cost: line['cost'] === undefined ? undefined : readCost(line['cost'], 'cost'),
  };
}

function ownImpressions(reader: PlacementReader, rows: Float64Array, i: number): number {
  const f = reader.require('impressions', 'so every placement must say its own impressions');
  return plannedImpressions(rows[i * reader.width + f]);
}

function placementForecast(
  { id, impressions, cost }: Line,
  ctr: number,
  { mean, low, high }: Clicks,
  extrapolated: readonly string[],
  currency: Currency,
): PlacementForecast {
  const costs =
    cost && costForecast(costsOf(cost, impressions, [mean, low, high], currency), currency);
  return {
    id,
    impressions,
    predicted_ctr: roundRate(ctr),
    observed_ctr: { low: roundRate(low / impressions), high: roundRate(high / impressions) },
    expected_clicks: roundCount(mean),
    clicks: { low: roundCount(low), high: roundCount(high) },
    ...(costs && { cost: costs }),
    extrapolated,
  };
}

/** Costs, in minor units, of so many impressions at each number of clicks. */
function costsOf(cost: Cost, impressions: number, clicks: number[], currency: Currency): number[] {
  return clicks.map((count) => costOf(cost, impressions, count, currency));
}

function costForecast([expected, low, high]: number[], currency: Currency): CostForecast {
  const [e, l, h] = [expected, low, high].map((minor) => toDecimal(minor, currency));
  return { expected: e, low: l, high: h };
}

function totalOf(
  lines: readonly Line[],
  error: ModelError,
  clicks: readonly Clicks[],
  level: number,
  currency: Currency,
): Forecast['total'] {
  const impressions = lines.reduce((sum, line) => sum + line.impressions, 0);
  const mean = clicks.reduce((sum, line) => sum + line.mean, 0);
  const noise = lines.reduce(
    (sum, line, i) => sum + clickNoise(error.ctr[i], line.impressions, error.rho),
    0,
  );
  const shared = error.varianceOfTotal(lines.map((line) => line.impressions));
  const { low, high } = countInterval(mean, noise + shared, error.reach(level), impressions);
  return {
    impressions,
    expected_ctr: roundRate(mean / impressions),
    expected_clicks: roundCount(mean),
    clicks: { low: roundCount(low), high: roundCount(high) },
    variance: {
      click_noise: roundShare(noise / (noise + shared)),
      model_error: roundShare(shared / (noise + shared)),
    },
    ...totalCost(lines, error, clicks, level, currency),
  };
}

/** The total is the sum of the lines to the minor unit; its interval is that of a priced sum. */
function totalCost(
  lines: readonly Line[],
  error: ModelError,
  clicks: readonly Clicks[],
  level: number,
  currency: Currency,
) {
  const costs = lines.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  if (costs.length < lines.length) return {};
  const impressions = lines.reduce((sum, line) => sum + line.impressions, 0);
  const mean = clicks.reduce((sum, line) => sum + line.mean, 0);
  const minor = lines.reduce(
    (sum, line, i) => sum + costOf(costs[i], line.impressions, clicks[i].mean, currency),
    0,
  );
  const expected = toDecimal(minor, currency);
  const { low, high } = costInterval(lines, costs, error, level, expected);
  const unit = 10 ** currency.digits;
  return {
    cost: {
      expected,
      low: Math.round(low * unit) / unit,
      high: Math.round(high * unit) / unit,
    },
    cost_per_click: roundPrice(expected / mean, currency),
    cost_per_thousand: roundPrice((1000 * expected) / impressions, currency),
  };
}

/** Impressions are as planned, so only what is paid by the click is uncertain. */
function costInterval(
  lines: readonly Line[],
  costs: readonly Cost[],
  error: ModelError,
  level: number,
  expected: number,
): Range {
  const prices = costs.map(({ per, price }) => (per === 'click' ? price : 0));
  const weights = lines.map(({ impressions }, i) => prices[i] * impressions);
  const noise = lines.reduce(
    (sum, { impressions }, i) =>
      sum + prices[i] ** 2 * clickNoise(error.ctr[i], impressions, error.rho),
    0,
  );
  const byClick = weights.reduce((sum, weight, i) => sum + weight * error.ctr[i], 0);
  const variance = noise + error.varianceOfTotal(weights);
  const range = countInterval(byClick, variance, error.reach(level), Infinity);
  return { low: expected + range.low - byClick, high: expected + range.high - byClick };
}
