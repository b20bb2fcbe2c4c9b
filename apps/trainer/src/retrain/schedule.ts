import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a duration such as 1d, 12h, 30m or 90s. @returns milliseconds, above 0 */
export function duration(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit] ?? NaN);
  if (value > 0) return value;
  throw new InvalidArgumentError('wanted a duration such as 1d, 12h, 30m or 90s.');
}

/** Time in milliseconds, from any beginning. */
export interface ScheduleClock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
}

const systemClock: ScheduleClock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleepLong(ms, signal),
};

/** A timer takes no more than this. */
const LONGEST = 2 ** 31 - 1;

async function sleepLong(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST) {
    await sleep(Math.min(left, LONGEST), undefined, { signal });
  }
}

/**
 * Runs `work` again and again, from one beginning to the next, until it is told to stop. A run that takes
 * longer is followed by the next at once; none is made up for.
 * @param every milliseconds
 * @throws the signal's reason when it is aborted; what `work` throws
 */
export async function repeat(
  every: number,
  work: () => Promise<void>,
  signal: AbortSignal,
  clock: ScheduleClock = systemClock,
): Promise<never> {
  for (;;) {
    signal.throwIfAborted();
    const started = clock.now();
    await work();
    await clock.sleep(Math.max(0, every - (clock.now() - started)), signal);
  }
}
