import type { Goals } from '@adscale/api/load/goals.ts';
import type { Endured } from './abuse.ts';
import type { Sent } from './sender.ts';

/** What a load run saw. Shares are in [0, 1]. */
export interface Measurement extends Sent {
  hitRate?: number;
  exactKeyHitRate?: number;
  residentGrowth?: number;
  /** The p99 over that of the same load alone. */
  p99Times?: number;
}

export interface Line {
  name: string;
  value: string;
  goal?: string;
  met?: boolean;
}

/**
 * One line per figure, those with a goal judged by it.
 * @param label put before the name of each
 */
export function judge(seen: Measurement, goals: Goals, label = ''): Line[] {
  const { requestsPerSecond, p50Ms, p99Ms, failed, refused, models } = seen;
  const answered = seen.requests - refused;
  const lines: (Line | undefined)[] = [
    { name: 'requests/s', value: Math.round(requestsPerSecond).toLocaleString('en') },
    { name: 'latency p50', value: `${p50Ms} ms` },
    {
      name: 'latency p99',
      value: `${p99Ms} ms`,
      goal: `< ${goals.p99Ms} ms`,
      met: p99Ms < goals.p99Ms,
    },
    timesLine(seen, goals),
    { name: 'failed', value: String(failed), goal: '0', met: failed === 0 },
    // no load may pass that nobody answered
    { name: 'answered', value: String(answered), goal: '> 0', met: answered > 0 },
    refused > 0 ? { name: 'refused', value: String(refused) } : undefined,
    ...cacheLines(seen, goals),
    {
      name: 'models',
      value: String(models),
      ...(goals.models !== undefined && {
        goal: `>= ${goals.models}`,
        met: models >= goals.models,
      }),
    },
    growthLine(seen, goals),
  ];
  return lines.flatMap((line) => (line ? [{ ...line, name: label + line.name }] : []));
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function cacheLines(seen: Measurement, goals: Goals): (Line | undefined)[] {
  const { hitRate, exactKeyHitRate: exact } = seen;
  const [low, high] = goals.exactKeyHitRate ?? [];
  return [
    hitRate === undefined
      ? undefined
      : {
          name: 'cache hit rate',
          value: percent(hitRate),
          ...(goals.hitRate !== undefined && {
            goal: `>= ${percent(goals.hitRate)}`,
            met: hitRate >= goals.hitRate,
          }),
        },
    exact === undefined
      ? undefined
      : {
          name: 'of an exact key',
          value: percent(exact),
          ...(low !== undefined &&
            high !== undefined && {
              goal: `${percent(low)}-${percent(high)}`,
              met: exact >= low && exact <= high,
            }),
        },
  ];
}

function timesLine({ p99Times }: Measurement, goals: Goals): Line | undefined {
  if (p99Times === undefined || goals.p99Times === undefined) return undefined;
  return {
    name: 'p99 over alone',
    value: p99Times.toFixed(2),
    goal: `<= ${goals.p99Times}`,
    met: p99Times <= goals.p99Times,
  };
}

function growthLine({ residentGrowth }: Measurement, goals: Goals): Line | undefined {
  if (residentGrowth === undefined || goals.residentGrowth === undefined) return undefined;
  return {
    name: 'memory growth',
    value: percent(residentGrowth),
    goal: `< ${percent(goals.residentGrowth)}`,
    met: residentGrowth < goals.residentGrowth,
  };
}

/** What a service endured, judged. */
export function enduredLines({ slotsLost, residentBytes }: Endured, goals: Goals): Line[] {
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
  const { residentBytes: most } = goals;
  return [
    { name: 'slots lost', value: String(slotsLost), goal: '0', met: slotsLost === 0 },
    {
      name: 'memory',
      value: megabytes(residentBytes),
      ...(most !== undefined && { goal: `< ${megabytes(most)}`, met: residentBytes < most }),
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
