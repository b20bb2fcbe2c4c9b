import type { OutcomeCell } from '../cells.js';
import { dayNumber } from '../days.js';
import { MonitorError, within } from '../errors.js';
import type { Growth } from '../maturity/growth.js';
import { knownFrom, matureAge, rateShare } from '../maturity/share.js';
import { checkPrices, type Prices } from '../money/prices.js';
import type { Spread } from '../sequential/dispersion.js';
import type { Reference } from '../signs/reference.js';

/** What a report is asked for. Everything may be left out. */
export interface ReportOptions {
  /** First and last day that are looked at, `YYYY-MM-DD`. Default: all that come. */
  readonly from?: string;
  readonly to?: string;
  /** How often findings may be false, in (0, 1). Default 0.05. */
  readonly alpha?: number;
  /** Misses up to this share of the expected clicks are none, in [0, 1). Default 0.02. */
  readonly tolerance?: number;
  /**
   * How much days differ beyond chance: variance of a day's factor. Default: estimated, segment by
   * segment.
   */
  readonly day_variance?: number;
  /** What clicks are worth. Default: what was spent for them. */
  readonly prices?: Prices;
  /** How counts grow with age. Default: they do not. */
  readonly growth?: Growth;
  /**
   * What becomes of days that are not mature. Default `correct`: as far as it is known how they grow, also of
   * the day after `growth.as_of`, which is not over; days that were never watched to the end of their growth
   * are left out all the same.
   */
  readonly young?: 'correct' | 'leave-out';
  /** The segment that a cell grows with. Default: all cells alike. */
  readonly growthSegmentOf?: (cell: OutcomeCell) => string | undefined;
  /** Version of the model whose segments are looked at. Default: that of most impressions on the last day. */
  readonly model?: string;
  /** What inputs are compared with. Default: the first half of the days. */
  readonly reference?: Reference;
  /**
   * What the model of a version was trained with, so that inputs beyond that are told: there it extrapolates.
   * Where it is not known, values that were not there before are told instead. Default: never known.
   */
  readonly trainingOf?: (model: string) => Promise<Reference | undefined>;
  /** Day-cells that are kept at once. Default 1,000,000. */
  readonly most_cells?: number;
}

/** Options that were checked, with defaults. */
export interface CheckedOptions extends ReportOptions {
  readonly alpha: number;
  readonly tolerance: number;
  readonly days: readonly [from: number, to: number];
  readonly spread?: Spread;
}

/** @throws MonitorError OPTION_INVALID, with the option, the value got and the value wanted */
export function checkOptions(options: ReportOptions): CheckedOptions {
  const { alpha = 0.05, tolerance = 0.02, from, to, prices = {}, young } = options;
  within('alpha', alpha, [0, 1]);
  if (tolerance !== 0) within('tolerance', tolerance, [0, 1]);
  if (options.day_variance !== undefined && options.day_variance !== 0) {
    within('day_variance', options.day_variance, [0, Infinity]);
  }
  if (young !== undefined && young !== 'correct' && young !== 'leave-out') {
    const detail = `young is ${JSON.stringify(young)}, and must be "correct" or "leave-out"`;
    throw new MonitorError('OPTION_INVALID', detail, 'young');
  }
  checkPrices(prices);
  const days = [
    from === undefined ? -Infinity : dayNumber(from, 'from'),
    to === undefined ? Infinity : dayNumber(to, 'to'),
  ] as const;
  if (days[0] > days[1]) {
    const detail = `from is ${from}, and must not be after to, ${to}`;
    throw new MonitorError('OPTION_INVALID', detail, 'from');
  }
  const { day_variance } = options;
  const spread = day_variance === undefined ? {} : { spread: { cells: 0, days: day_variance } };
  return { ...options, alpha, tolerance, days, ...spread };
}

/**
 * Of a cell of some day, the share that its clicks per impression have of what they will be; null: the day
 * is too young and left out.
 */
export function maturityOf(
  { growth, young = 'correct', growthSegmentOf }: ReportOptions,
  cell: OutcomeCell,
  day: number,
): number | null {
  if (growth === undefined) return 1;
  const age = dayNumber(growth.as_of, 'growth.as_of') - day;
  const segment = growthSegmentOf?.(cell);
  if (young === 'leave-out') return age >= matureAge(growth, segment) ? 1 : null;
  const { impressions, fresh = 0 } = cell;
  const told = impressions > 0 ? fresh / impressions : 0;
  // Of what was told since, growth is that of a day older; of a day that is not over, that of age 0.
  const youngest = Math.max(0, told < 1 ? age : age + 1);
  if (youngest < knownFrom(growth, segment)) return null;
  const [before, since] = [age, age + 1].map((at) => rateShare(growth, at, segment));
  return (1 - told) * before + told * since;
}
