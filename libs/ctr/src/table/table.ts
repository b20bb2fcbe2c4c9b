import { takeRows, takeValues, type FitInput } from '@adscale/forest';
import { CtrError } from '../errors.js';
import { plainColumns, type RecordColumns } from './schema.js';
import type { Vocabulary } from './vocabulary.js';

/** By name of a feature of words: the words that its numbers stand for. Whole numbers stand for themselves. */
export type Vocabularies = Readonly<Record<string, Vocabulary>>;

/** Placements with their outcome: features, exposures and successes, row by row. */
export interface CtrTable {
  readonly features: RecordColumns;
  readonly vocabularies?: Vocabularies;
  /** Exposures, whole numbers ≥ 1. */
  readonly impressions: Float64Array;
  /** Successes, whole numbers from 0 to the row's impressions. */
  readonly clicks: Float64Array;
  /** The probability behind the clicks, where a generator knows it. */
  readonly trueCtr?: Float64Array;
  /**
   * A click log whose rows of equal features were put together: a row of n impressions and k
   * clicks stands for n rows of one impression, k of which were clicked. Bootstrap and random
   * splits then draw impressions, as they would of the log itself.
   */
  readonly grouped?: boolean;
  /**
   * Of a grouped click log: the share of the impressions without a click that it holds, in (0, 1];
   * clicks are all there. Each of the others then stands for 1 / rate impressions, so that all
   * figures are those of the log before it was sampled. Absent: 1.
   */
  readonly negativeSamplingRate?: number;
  /** When each row happened: any number that grows. For splits by time. */
  readonly time?: Float64Array;
  /** Which group each row belongs to: equal numbers, same group. For splits by group. */
  readonly group?: Float64Array;
}

/** @throws CtrError TABLE_INVALID naming the row, the value got and the value wanted */
export function checkTable(table: CtrTable): CtrTable {
  const { features, impressions, clicks } = table;
  if (impressions.length !== features.rows || clicks.length !== features.rows) {
    throw new CtrError(
      'TABLE_INVALID',
      `${features.rows} rows of features, ${impressions.length} of impressions, ${clicks.length} of clicks`,
    );
  }
  for (let row = 0; row < features.rows; row++) {
    if (!(Number.isFinite(impressions[row]) && impressions[row] > 0)) {
      throw new CtrError(
        'TABLE_INVALID',
        `impressions of row ${row} is ${impressions[row]}, wanted > 0`,
      );
    }
    if (!(clicks[row] >= 0 && clicks[row] <= impressions[row])) {
      throw new CtrError(
        'TABLE_INVALID',
        `clicks of row ${row} is ${clicks[row]}, wanted 0 to its impressions, ${impressions[row]}`,
      );
    }
  }
  return table;
}

/** Impressions of every row; of a sampled log, as many as there were before. */
export function exposures({ impressions, clicks, negativeSamplingRate }: CtrTable): Float64Array {
  if (negativeSamplingRate === undefined) return impressions;
  return impressions.map(
    (count, row) => clicks[row] + (count - clicks[row]) / negativeSamplingRate,
  );
}

/** A sampled log as one of so many impressions as there were before, not whole numbers any more. */
export function unsampled(table: CtrTable): CtrTable {
  const { negativeSamplingRate: _, ...rest } = table;
  return { ...rest, impressions: exposures(table) };
}

/** Observed CTR of every row, in [0, 1]. */
export function observedCtr(table: CtrTable): Float64Array {
  const impressions = exposures(table);
  return table.clicks.map((count, row) => count / impressions[row]);
}

/**
 * What the forest fits: target clicks / impressions, weight impressions, because an observed CTR
 * over n impressions has variance p(1 − p) / n. A leaf is then exactly Σ clicks / Σ impressions.
 *
 * A grouped click log is given as the two rows that each of its rows is made of, the impressions
 * that were not clicked and those that were, each counted: the forest of the log itself.
 */
export function fitInput(table: CtrTable): FitInput {
  if (!table.grouped) {
    const columns = plainColumns(table.features);
    return { columns, target: observedCtr(table), weight: table.impressions };
  }
  const { negativeSamplingRate = 1 } = table;
  const { from, outcome, count } = outcomesOf(table);
  return {
    columns: takeRows(plainColumns(table.features), from),
    target: outcome,
    weight: outcome.map((clicked) => (clicked === 1 ? 1 : 1 / negativeSamplingRate)),
    count,
  };
}

/** Impressions of one outcome, counted. */
export interface Outcomes {
  /** The row of the table that each comes from, ascending. */
  readonly from: Uint32Array;
  /** 0: not clicked, 1: clicked. */
  readonly outcome: Float64Array;
  /** How many the table holds, ≥ 1. */
  readonly count: Float64Array;
}

/** Of each row of a grouped click log, the impressions that were not clicked and those that were. */
export function outcomesOf({ features, impressions, clicks }: CtrTable): Outcomes {
  const most = 2 * features.rows;
  const from = new Uint32Array(most);
  const outcome = new Float64Array(most);
  const count = new Float64Array(most);
  let length = 0;
  const put = (row: number, clicked: number, times: number): void => {
    if (times === 0) return;
    from[length] = row;
    outcome[length] = clicked;
    count[length++] = times;
  };
  for (let row = 0; row < features.rows; row++) {
    put(row, 0, impressions[row] - clicks[row]);
    put(row, 1, clicks[row]);
  }
  return {
    from: from.slice(0, length),
    outcome: outcome.slice(0, length),
    count: count.slice(0, length),
  };
}

/** A feature's value as people write it: a category, a word, or the number that it is. */
export function writtenValue(
  { features, vocabularies }: Pick<CtrTable, 'features' | 'vocabularies'>,
  f: number,
  value: number,
): string | number {
  const feature = features.schema.features[f];
  if (feature.kind === 'categorical') return feature.categories[value];
  return vocabularies?.[feature.name]?.textOf(value) ?? value;
}

/** The listed rows of a table. */
export function takeTable(table: CtrTable, rows: ArrayLike<number>): CtrTable {
  const { features, impressions, clicks, trueCtr, time, group } = table;
  return {
    ...table,
    features: {
      ...features,
      rows: rows.length,
      values: features.values.map((values) => takeValues(values, rows)),
    },
    impressions: takeValues(impressions, rows),
    clicks: takeValues(clicks, rows),
    ...(trueCtr === undefined ? {} : { trueCtr: takeValues(trueCtr, rows) }),
    ...(time === undefined ? {} : { time: takeValues(time, rows) }),
    ...(group === undefined ? {} : { group: takeValues(group, rows) }),
  };
}

/** Tables of the same columns, one below the other; what the first does not have, none of them needs. */
export function joinTables(tables: readonly CtrTable[]): CtrTable {
  const [first] = tables;
  const rows = tables.reduce((sum, { features }) => sum + features.rows, 0);
  const join = (column: (table: CtrTable) => Float64Array): Float64Array => {
    const joined = new Float64Array(rows);
    let at = 0;
    for (const table of tables) {
      joined.set(column(table), at);
      at += table.features.rows;
    }
    return joined;
  };
  const optional = (['trueCtr', 'time', 'group'] as const).filter((key) => first[key]);
  return {
    ...first,
    features: {
      ...first.features,
      rows,
      values: first.features.values.map((_, f) => join(({ features }) => features.values[f])),
    },
    impressions: join(({ impressions }) => impressions),
    clicks: join(({ clicks }) => clicks),
    ...Object.fromEntries(optional.map((key) => [key, join((table) => table[key]!)])),
  };
}
