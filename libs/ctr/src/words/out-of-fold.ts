/*
 * Columns for rows that train: no row's own outcome is in its statistics, and nothing of a fold is in
 * what judges that fold.
 *
 *   rows at random   a row of fold p has the statistics of all other folds
 *   in time          a row of stretch p has the statistics of the stretches before p; where there is
 *                    none, no word is known, and no average either
 *
 * and the columns of a model that leaves fold f out have none of f in any statistic (`without`): were f's
 * clicks in those of the rows that train it, the model could work f's own outcomes out. Counts are told as
 * those of a whole table, since a served word has all of them.
 */
import type { Columns, Schema } from '@adscale/forest';
import type { FoldedTable } from '../table/folds.js';
import type { RecordColumns } from '../table/schema.js';
import { WordEncoding } from './encoding.js';
import type { LevelRows } from './levels.js';
import { standardImpressions } from './standard.js';
import { wordStatistics, type Observed, type Statistics } from './statistics.js';

/** Encodes training rows. Columns are made when asked for. */
export class OutOfFold {
  /** The statistics of all rows, which a model keeps. */
  readonly statistics: Statistics;
  /** By what is left out. */
  private readonly found = new Map<string, Statistics>();

  constructor(
    private readonly columns: RecordColumns,
    private readonly levels: readonly LevelRows[],
    private readonly observed: Observed,
    private readonly parts: Pick<FoldedTable, 'fold' | 'stretch'>,
  ) {
    this.statistics = this.statisticsOf(new Uint8Array(columns.rows).fill(1));
  }

  private statisticsOf(counted: Uint8Array): Statistics {
    const { columns, levels, observed } = this;
    const impressions = standardImpressions(columns, levels, observed, counted);
    return wordStatistics(levels, { impressions, clicks: observed.clicks }, counted);
  }

  /** The columns of rows whose own parts are left out of their statistics. */
  all(): Columns {
    return this.encode(-1);
  }

  /** The columns for a model that leaves a fold out: its rows know nothing of the fold. */
  without(fold: number): Columns {
    return this.encode(fold);
  }

  private encode(left: number): Columns {
    const { columns, parts } = this;
    const { rows } = columns;
    const { schema: wide } = this.words(this.statistics).layout;
    const out = wide.features.map(() => new Float64Array(rows).fill(NaN));
    const counted = new Uint8Array(rows);
    const part = parts.stretch ?? parts.fold;
    const all = part.reduce((most, p) => Math.max(most, p), 0) + 1;
    for (let p = 0; p < all; p++) {
      let isLeft = false;
      for (let row = 0; row < rows; row++) {
        const tells = parts.stretch === null ? part[row] !== p : part[row] < p;
        counted[row] = +(tells && parts.fold[row] !== left);
        isLeft ||= tells && parts.fold[row] === left;
      }
      const name = this.nameOf(p, isLeft ? left : null);
      const statistics = this.found.get(name) ?? this.statisticsOf(counted);
      this.found.set(name, statistics);
      const scale = this.exposed() / this.exposed(counted);
      const own = Uint32Array.from(part.keys()).filter((row) => part[row] === p);
      this.words(statistics, scale).encodeRows(columns.values, own, out);
      if (!counted.includes(1)) this.forget(own, wide, out);
    }
    return { schema: wide, rows, values: out };
  }

  /** Of rows that nothing comes before nothing is known, not even an average. */
  private forget(rows: Uint32Array, { features }: Schema, out: readonly Float64Array[]): void {
    const given = new Set(this.columns.schema.features.map(({ name }) => name));
    features.forEach(({ name }, c) => {
      if (!given.has(name)) for (const row of rows) out[c][row] = NaN;
    });
  }

  /** What statistics say of words, counts told as those of a whole table. */
  private words({ average, levels: found }: Statistics, scale = 1): WordEncoding {
    const levels = this.levels.map(({ level, index }, l) => {
      const { ctr, count } = found[l];
      return { ...level, index, ctr, count: count.map((n) => n * scale) };
    });
    return new WordEncoding(this.columns.schema, levels, {}, Math.fround(average));
  }

  /** Names what a part's rows are told by: all rows that tell, but those of a fold if one is left out. */
  private nameOf(part: number, fold: number | null): string {
    if (fold === null) return `${part}`;
    // Of folds it is the same whichever of the two is left out; a stretch is no fold.
    const isSwapped = this.parts.stretch === null && part > fold;
    return isSwapped ? `${fold} ${part}` : `${part} ${fold}`;
  }

  /** Impressions of the rows that are counted in, as they were: standard ones would tell of clicks. */
  private exposed(counted?: Uint8Array): number {
    const { impressions } = this.observed;
    return impressions.reduce((sum, n, row) => sum + n * (counted?.[row] ?? 1), 0);
  }
}
