import { compareNe, type CtrModel, type CtrTable, type NeDifference } from '@adscale/ctr';

/** Rows with the predictions of two models, and where they came from. */
export interface JudgingRows {
  /** In words. */
  readonly source: string;
  /** Its two features are the predictions, the candidate's first. */
  readonly table: CtrTable;
  /** Resample groups rather than rows. */
  readonly byGroup: boolean;
  /** Why the comparison is less than fair, in words. */
  readonly notes: readonly string[];
}

/** How a candidate stands against the model that serves. */
export interface Comparison {
  readonly candidate: string;
  readonly current: string;
  readonly source: string;
  readonly rows: number;
  readonly impressions: number;
  /** Normalised entropy, candidate less current: below 0 the candidate is better. */
  readonly difference: number;
  /** Where it lies, 95 % of the time; null if it cannot be told. */
  readonly interval: NeDifference['interval'];
  /** The whole interval lies below 0. */
  readonly better: boolean;
  readonly notes: readonly string[];
}

/** The schema of a table whose columns are two models' predictions. */
export const pairSchema = {
  features: [
    { name: 'candidate', kind: 'numeric' },
    { name: 'current', kind: 'numeric' },
  ],
} as const;

/**
 * Compares two models by the rows that both predict. The candidate is better if the difference is
 * beyond chance: the paired bootstrap interval of the difference in NE lies below 0.
 */
export function compareModels(
  candidate: CtrModel,
  current: CtrModel,
  { source, table, byGroup, notes }: JudgingRows,
): Comparison {
  const [first, second] = table.features.values;
  const groups = byGroup && table.group !== undefined ? { groups: table.group } : {};
  const { difference, interval } = compareNe(first, second, table, groups);
  const impressions = table.impressions.reduce((sum, n) => sum + n, 0);
  return {
    candidate: candidate.version,
    current: current.version,
    source,
    rows: table.features.rows,
    impressions,
    difference,
    interval,
    better: interval !== null && interval[1] < 0,
    notes,
  };
}

/** A comparison as a person reads it. */
export function tellComparison(comparison: Comparison): string {
  const { candidate, current, source, rows, impressions, difference, interval } = comparison;
  const around = interval === null ? 'no interval' : `95 % ${interval.map(signed).join(' to ')}`;
  return [
    `compared on      ${source}: ${rows} rows, ${impressions} impressions`,
    `NE               ${signed(difference)} (${around}), ${candidate} less ${current}`,
    ...comparison.notes.map((note) => `note             ${note}`),
  ].join('\n');
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(6)}`;
}
