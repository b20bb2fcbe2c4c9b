/*
 * Columns for rows that train: no row's own outcome is in its statistics, and nothing of a fold is in
 * what judges that fold.
 *
 *   rows at random   a row of fold p has the statistics of all other folds
 *   in time          a row of stretch p has the statistics of the stretches before p, and one of the
 *                    first stretch knows nothing
 *
 * and the columns of a model that leaves fold f out have none of f in any statistic (`without`): were f's
 * clicks in those of the rows that train it, the model could work f's own outcomes out. Counts are told as
 * those of a whole table, since a served word has all of them.
 */
import type { Columns } from '@adscale/forest';
import type { FoldedTable } from '../table/folds.js';
import type { RecordColumns, RecordSchema } from '../table/schema.js';
import { layOutColumns } from './encoding.js';
import type { LevelRows } from './levels.js';
import { standardImpressions } from './standard.js';
import { wordStatistics, type Observed, type Statistics } from './statistics.js';

/** Encodes training rows. Columns are made when asked for, and the last ones kept. */
export class OutOfFold {
  private readonly whole: Statistics;
  /** By what is left out. */
  private readonly found = new Map<string, Statistics>();

  constructor(
    private readonly columns: RecordColumns,
    private readonly levels: readonly LevelRows[],
    private readonly observed: Observed,
    private readonly parts: Pick<FoldedTable, 'fold' | 'stretch'>,
  ) {
    this.whole = this.statisticsOf(new Uint8Array(columns.rows).fill(1));
  }

  /** The statistics of all rows, which a model keeps. */
  get statistics(): Statistics {
    return this.whole;
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
    const { columns, levels, parts } = this;
    const { rows, schema } = columns;
    const { schema: wide } = layOutColumns(
      schema,
      levels.map(({ level }) => level),
    );
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
      if (!counted.includes(1)) continue;
      const name = this.nameOf(p, isLeft ? left : null);
      const statistics = this.found.get(name) ?? this.statisticsOf(counted);
      this.found.set(name, statistics);
      const scale = this.exposed() / this.exposed(counted);
      putStatistics(schema, levels, statistics, scale, (row) => part[row] === p, out);
    }
    putPlain(columns, out);
    return { schema: wide, rows, values: out };
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

/** Writes the columns that records have anyway. */
function putPlain({ schema, values }: RecordColumns, out: readonly Float64Array[]): void {
  let at = 0;
  schema.features.forEach((feature, f) => {
    const isWord = feature.kind === 'word';
    if (!isWord || feature.whole === true) out[at++].set(values[f]);
    if (isWord) at += 2;
  });
}

/** Writes smoothed CTRs and counts of the rows wanted. */
function putStatistics(
  { features }: RecordSchema,
  levels: readonly LevelRows[],
  { average, levels: found }: Statistics,
  scale: number,
  isWanted: (row: number) => boolean,
  out: readonly Float64Array[],
): void {
  const rows = out[0].length;
  let at = 0;
  const put = (l: number): void => {
    const [ctr, count] = [out[at], out[at + 1]];
    const { words } = levels[l];
    for (let row = 0; row < rows; row++) {
      if (!isWanted(row)) continue;
      const known = words[row] < 0 ? 0 : found[l].count[words[row]];
      count[row] = known * scale;
      ctr[row] = known > 0 ? found[l].ctr[words[row]] : above(l, row);
    }
    at += 2;
  };
  const above = (l: number, row: number): number => {
    for (let up = levels[l].level.parent; up !== null; up = levels[up].level.parent) {
      const word = levels[up].words[row];
      if (word >= 0 && found[up].count[word] > 0) return found[up].ctr[word];
    }
    return Math.fround(average);
  };
  features.forEach((feature, f) => {
    if (feature.kind !== 'word' || feature.whole === true) at++;
    if (feature.kind !== 'word') return;
    put(levels.findIndex(({ level }) => level.features.length === 1 && level.features[0] === f));
  });
  levels.forEach(({ level }, l) => {
    if (level.features.length > 1) put(l);
  });
}
