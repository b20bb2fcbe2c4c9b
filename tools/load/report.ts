import type { Goals } from '@adscale/api/load/goals.ts';

/** What a load run saw. */
export interface Measurement {
  requestsPerSecond: number;
  /** Latency quantiles in milliseconds. */
  p50Ms: number;
  p99Ms: number;
  /** Requests without a correct answer: wrong status or body, time-out, broken connection. */
  failed: number;
  /** Share of cache hits, in [0, 1]. */
  hitRate: number;
  /** How many different models answered. */
  models: number;
}

export interface Line {
  name: string;
  value: string;
  goal?: string;
  met?: boolean;
}

/** One line per figure, those with a goal judged by it. */
export function judge(seen: Measurement, goals: Goals): Line[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    { name: 'requests/s', value: Math.round(seen.requestsPerSecond).toLocaleString('en') },
    { name: 'latency p50', value: `${seen.p50Ms} ms` },
    {
      name: 'latency p99',
      value: `${seen.p99Ms} ms`,
      goal: `< ${goals.p99Ms} ms`,
      met: seen.p99Ms < goals.p99Ms,
    },
    { name: 'failed', value: String(seen.failed), goal: '0', met: seen.failed === 0 },
    {
      name: 'cache hit rate',
      value: percent(seen.hitRate),
      ...(goals.hitRate !== undefined && {
        goal: `> ${percent(goals.hitRate)}`,
        met: seen.hitRate > goals.hitRate,
      }),
    },
    {
      name: 'models',
      value: String(seen.models),
      ...(goals.models !== undefined && {
        goal: `>= ${goals.models}`,
        met: seen.models >= goals.models,
      }),
    },
  ];
}

export function allMet(lines: Line[]): boolean {
  return lines.every((line) => line.met !== false);
}

/** The lines as a table for a terminal. */
export function table(lines: Line[]): string {
  const rows = lines.map((line) => [
    line.name,
    line.value,
    line.goal ?? '',
    line.met === undefined ? '' : line.met ? 'ok' : 'MISSED',
  ]);
  const all = [['', 'seen', 'goal', ''], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]!.length));
  const widths = [0, 1, 2, 3].map(width);
  return all
    .map((row) =>
      row
        .map((cell, i) =>
          i === 0 || i === 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
