import type { Effect } from './stability.js';

/** Wilson's (1927) interval of a share. */
export function shareInterval(share: number, rows: number, reach: number): [number, number] {
  const square = reach ** 2 / rows;
  const middle = (share + square / 2) / (1 + square);
  const half = Math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * How much a share has grown, with Newcombe's (1998, method 10) interval.
 * @param reach standard deviations
 */
export function shareGrowth(
  [before, n]: readonly [share: number, rows: number],
  [now, m]: readonly [share: number, rows: number],
  reach: number,
): Effect {
  const [lowBefore, highBefore] = shareInterval(before, n, reach);
  const [lowNow, highNow] = shareInterval(now, m, reach);
  const value = now - before;
  return {
    value,
    lower: value - Math.hypot(now - lowNow, highBefore - before),
    upper: value + Math.hypot(highNow - now, before - lowBefore),
  };
}
