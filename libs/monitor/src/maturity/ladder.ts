import type { Growing, Triangle } from './triangle.js';

/** Growth from one age to the next. */
export interface Step {
  readonly factor: number;
  /** Mack's σ²: variance of a day's factor times what it had. */
  readonly process: number;
  /** What a day usually has at this age. */
  readonly usual: number;
  /** Variance of the factor itself. */
  readonly uncertain: number;
  /** What all days had together: what the factor is known by. */
  readonly volume: number;
  readonly days: number;
}

/** By age from 0. */
export type Ladder = readonly Step[];

/** A factor of growth that nothing more is expected of, where no day was seen to be so old. */
const STILL: Step = { factor: 1, process: 0, usual: 0, uncertain: 0, volume: 0, days: 0 };
/** Counts that fall to nothing by a restatement are no growth that the next day will repeat. */
const LEAST_FACTOR = 0.05;

/** The factors of one triangle. */
export function ladderOf(triangle: Triangle): Ladder {
  const steps: Step[] = [];
  for (const growing of triangle) steps.push(stepOf(growing ?? [], steps));
  return steps;
}

function stepOf(growing: readonly Growing[], younger: readonly Step[]): Step {
  const days = growing.filter(({ before }) => before > 0);
  const volume = days.reduce((sum, { before }) => sum + before, 0);
  if (!(volume > 0)) return STILL;
  const after = days.reduce((sum, day) => sum + day.after, 0);
  const factor = Math.max(LEAST_FACTOR, after / volume);
  const squares = days.reduce(
    (sum, day) => sum + day.before * (day.after / day.before - factor) ** 2,
    0,
  );
  const process = days.length > 1 ? squares / (days.length - 1) : leastOf(younger);
  const usual = volume / days.length;
  return { factor, process, usual, uncertain: process / volume, volume, days: days.length };
}

/** Of a single day nothing is seen of how days differ: no more than they did before (Mack 1993). */
function leastOf(younger: readonly Step[]): number {
  const last = younger.slice(-2).map(({ process }) => process);
  return last.length > 0 ? Math.min(...last) : 0;
}

/** Ladders of segments, each pulled to that of all by how little is known of it. */
export function credible(own: readonly Ladder[], all: Ladder): Ladder[] {
  const ages = all.map((step, age) =>
    pull(
      own.map((ladder) => ladder[age] ?? STILL),
      step,
    ),
  );
  return own.map((_, s) => ages.map((steps) => steps[s]));
}

/** Bühlmann and Straub's (1970) estimate of one age's factors. */
function pull(steps: readonly Step[], all: Step): Step[] {
  const known = steps.filter(({ volume }) => volume > 0);
  const volume = known.reduce((sum, step) => sum + step.volume, 0);
  const freedom = known.reduce((sum, { days }) => sum + days - 1, 0);
  const within =
    freedom > 0
      ? known.reduce((sum, { process, days }) => sum + process * (days - 1), 0) / freedom
      : all.process;
  const mean = known.reduce((sum, step) => sum + step.factor * step.volume, 0) / volume;
  const spread = known.reduce((sum, step) => sum + step.volume * (step.factor - mean) ** 2, 0);
  const squares = known.reduce((sum, step) => sum + step.volume ** 2, 0) / volume;
  const between =
    known.length > 1 ? Math.max(0, (spread - (known.length - 1) * within) / (volume - squares)) : 0;
  return steps.map((step) => {
    const trust = between > 0 ? step.volume / (step.volume + within / between) : 0;
    const uncertain = trust > 0 ? (trust * within) / step.volume : all.uncertain;
    const factor = trust * step.factor + (1 - trust) * all.factor;
    const usual = step.usual > 0 ? step.usual : all.usual;
    return { ...step, factor, process: within, usual, uncertain };
  });
}
