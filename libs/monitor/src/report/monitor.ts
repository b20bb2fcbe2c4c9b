import { dayText } from '../days.js';
import { judgedCells, type JudgedCells } from '../ledger/judged.js';
import { Ledger } from '../ledger/ledger.js';
import { worthOfClick } from '../money/prices.js';
import { causesOf, type Found } from '../segments/causes.js';
import { dimensionsOf } from '../segments/dimensions.js';
import { calibrations, findingOf, type SegmentFinding } from '../segments/finding.js';
import { cellVarianceOf, judgePairs, judgeSingles, type JudgeOptions } from '../segments/judge.js';
import { clusteringOf } from '../signs/clustering.js';
import { referenceOf, type Reference } from '../signs/reference.js';
import { signsOf, type Sign } from '../signs/signs.js';
import { calibrationsOf } from './calibration.js';
import { takeIn, type Pages } from './intake.js';
import { checkOptions, type CheckedOptions, type ReportOptions } from './options.js';
import type { MonitoringReport, SegmentsReport } from './report.js';
import { warningsOf } from './warnings.js';

/**
 * Judges predictions by counted outcomes: overall, by version, day and segment, in money, with the
 * early signs of inputs.
 * @param pages cells in any order; read once
 * @throws MonitorError OPTION_INVALID, CELL_INVALID
 */
export async function monitor(pages: Pages, asked: ReportOptions = {}): Promise<MonitoringReport> {
  const options = checkOptions(asked);
  const ledger = new Ledger(options.most_cells);
  const leftOut = await takeIn(pages, options, (cell, day, share) =>
    ledger.add(cell, { day, share, worth: worthOfClick(cell, options.prices) }),
  );
  const model = options.model ?? lastModel(ledger);
  const cells = judgedCells(ledger, model, options.days);
  const variance = options.spread?.cells ?? cellVarianceOf(cells);
  const figures = calibrationsOf(ledger, options, variance);
  const segments = segmentsOf(cells, model, { ...options, cellVariance: variance });
  const training = model === null ? undefined : await options.trainingOf?.(model);
  const found = {
    ...inputSigns(ledger, options, training),
    left_out: leftOut,
    kept_share: ledger.keptShare,
  };
  return {
    from: figures.by_day[0]?.day ?? null,
    to: figures.by_day.at(-1)?.day ?? null,
    ...{ alpha: options.alpha, tolerance: options.tolerance, cells: ledger.cells },
    ...figures,
    ...segments,
    ...found,
    warnings: warningsOf({ ...figures, ...segments, ...found }, options),
  };
}

/** Explained segments that are told. */
const MOST_EXPLAINED = 50;

/** The version of most impressions on the last day that has any. */
function lastModel(ledger: Ledger): string | null {
  let best: { model: string; day: number; impressions: number } | null = null;
  for (const [model, days] of ledger.totals) {
    for (const [day, { impressions }] of days) {
      const isLater = best === null || day > best.day;
      if (isLater || (day === best!.day && impressions > best!.impressions)) {
        best = { model, day, impressions };
      }
    }
  }
  return best?.model ?? null;
}

function segmentsOf(
  cells: JudgedCells,
  model: string | null,
  options: JudgeOptions,
): SegmentsReport {
  const dimensions = dimensionsOf(cells);
  const singles = judgeSingles(cells, dimensions, options);
  const pairs = judgePairs(cells, dimensions, singles.dispersion, options);
  const { causes, unexplained } = causesOf(cells, [singles, pairs], options);
  const told = causes.map((cause) => ({
    ...findingOf(cells, cause),
    explains: cause.explains
      .toSorted(surer)
      .slice(0, MOST_EXPLAINED)
      .map(({ judged }) => judged.label),
  }));
  const explained = [
    ...causes.flatMap(({ judged, explains }) =>
      explains.map((found) => ({ found, because_of: judged.label })),
    ),
    ...unexplained.map((found) => ({ found, because_of: null })),
  ].sort((one, other) => surer(one.found, other.found));
  return {
    model_version: model,
    causes: told,
    explained: explained
      .slice(0, MOST_EXPLAINED)
      .map(({ found, because_of }) => ({ ...findingOf(cells, found), because_of })),
    by_money: told.toSorted((a, b) => sizeOf(b) - sizeOf(a)),
    segments: calibrations(cells, singles.judged, new Set(singles.found), options.alpha),
    looked_at: { single: singles.judged.length, pairs: pairs.judged.length },
  };
}

/** Segments of fewer features first, then those of the larger e-value. */
const surer = ({ judged: a }: Found, { judged: b }: Found): number =>
  a.parts.length - b.parts.length || b.change.logE - a.change.logE;

const sizeOf = ({ gain }: SegmentFinding): number =>
  Math.abs(gain.money?.value ?? gain.clicks.value);

/** Days of the window that is compared with what was before it. */
const WINDOW_DAYS = 7;

function inputSigns(
  ledger: Ledger,
  { days, reference, alpha }: CheckedOptions,
  training: Reference | undefined,
): { signs: Sign[]; reference: string | null } {
  const all = judgedCells(ledger, null, days);
  if (all.length === 0) return { signs: [], reference: null };
  const [first, last] = [all.firstDay, all.firstDay + all.days - 1];
  const start = last + 1 - Math.min(WINDOW_DAYS, Math.ceil(all.days / 2));
  const clustering = clusteringOf(all);
  const before = reference ?? earlier(judgedCells(ledger, null, [first, start - 1]), clustering);
  if (before === null && training === undefined) return { signs: [], reference: null };
  const window = referenceOf(judgedCells(ledger, null, [start, last]), '', clustering);
  return { signs: signsOf(before, window, alpha, training), reference: before?.name ?? null };
}

function earlier(
  cells: JudgedCells,
  clustering: ReadonlyMap<string, number | null>,
): Reference | null {
  if (cells.length === 0) return null;
  const last = cells.firstDay + cells.days - 1;
  return referenceOf(cells, `${dayText(cells.firstDay)} to ${dayText(last)}`, clustering);
}
