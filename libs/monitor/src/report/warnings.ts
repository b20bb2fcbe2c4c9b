import { numberText, shareText } from '../figures.js';
import type { Calibrations } from './calibration.js';
import type { MonitoringReport, SegmentsReport } from './report.js';
import type { CheckedOptions } from './options.js';

type Told = Calibrations &
  SegmentsReport &
  Pick<MonitoringReport, 'signs' | 'left_out' | 'kept_share'>;

/** Days that differ by less than this are told nothing of. */
const NOTICEABLE_DAYS = 0.03;
/** Explained segments that are named. */
const TOLD = 3;

/** What people should know, in sentences: misses, then signs, then what figures lack. */
export function warningsOf(told: Told, { growth }: CheckedOptions): string[] {
  const warnings = told.causes.map(({ words, gain, explains }) => {
    const money = gain.money === null ? '' : `; ${moneyInWords(gain.money.value)}`;
    const others = explains.length === 0 ? '' : `; explains ${explains.slice(0, TOLD).join(', ')}`;
    return `${words}${money}${others}`;
  });
  warnings.push(...told.signs.filter(({ raised }) => raised).map(({ words }) => words));
  const deviation = Math.sqrt(told.day_variance);
  if (told.by_day.length > 0 && deviation > NOTICEABLE_DAYS) {
    warnings.push(
      `days may differ by ${shareText(deviation)} beyond chance, which intervals allow for`,
    );
  }
  if (told.left_out.days > 0) {
    const { days, impressions } = told.left_out;
    warnings.push(
      days === 1
        ? `one day is too young to judge: its ${numberText(impressions)} impressions are left out`
        : `${days} days are too young to judge: ${numberText(impressions)} impressions are left out`,
    );
  }
  if (growth !== undefined && growth.overall.days === 0 && told.by_day.length > 0) {
    const which = told.left_out.days > 0 ? 'other young days' : 'young days';
    warnings.push(`how counts grow is not known yet: ${which} are taken as they are`);
  }
  if (told.kept_share < 1) {
    warnings.push(
      `there are too many cells: segments and signs are of ${shareText(told.kept_share)} of the records`,
    );
  }
  return warnings;
}

const moneyInWords = (value: number): string =>
  `${numberText(Math.abs(Math.round(100 * value) / 100))} ${value < 0 ? 'lost' : 'gained'}`;
