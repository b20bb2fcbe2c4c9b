import { within } from '../errors.js';
import { effectivenessOf, type EffectivenessReport } from '../effectiveness/effectiveness.js';
import { Tallies } from '../effectiveness/tally.js';
import { takeIn, type Pages } from './intake.js';
import { checkOptions, type ReportOptions } from './options.js';

export interface EffectivenessAsked extends ReportOptions {
  /** Days of a period that is compared with the one before. Default 7. */
  readonly period?: number;
}

/**
 * CTR, clicks, spend and CPC by campaign, placement and day against what the model expected; best and
 * worst; what changed since the period before, and why.
 * @throws MonitorError OPTION_INVALID, CELL_INVALID
 */
export async function effectiveness(
  pages: Pages,
  asked: EffectivenessAsked = {},
): Promise<EffectivenessReport> {
  const options = checkOptions(asked);
  const period = Math.floor(within('period', asked.period ?? 7, [0, 1000])) || 1;
  const tallies = new Tallies();
  await takeIn(pages, options, (cell, day, share) => {
    if (options.model === undefined || cell.model === options.model) tallies.add(cell, day, share);
  });
  return effectivenessOf(tallies, { alpha: options.alpha, period });
}
