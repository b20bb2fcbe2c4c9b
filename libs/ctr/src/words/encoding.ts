/*
 * From a record's numbers to the columns that trees are grown on and asked by:
 *
 *   record    impressions   keyword (a word's number)             publisher × position
 *      ▼           ▼             ▼                                       ▼
 *   columns   impressions   keyword.ctr  keyword.count   …   publisher × position.ctr  ….count
 *
 * A word that is not known has a count of 0 and the CTR of its parent in the record, or of the next one
 * above that is known, or of the account. Words that are whole numbers are a column of their own as well:
 * ids that were given one after another are alike.
 */
import type { Columns } from '@adscale/forest';
import type { RecordColumns, RecordSchema } from '../table/schema.js';
import type { Vocabularies } from '../table/table.js';
import { Vocabulary } from '../table/vocabulary.js';
import { layOutColumns, type ColumnLayout } from './layout.js';
import type { Level, LevelRows } from './levels.js';
import { NumberIndex } from './number-index.js';
import type { Statistics } from './statistics.js';

/** What is known of the words of a level. */
export interface KnownLevel extends Level {
  /** Finds the word of a row's numbers; null: a row holds the word's number itself. */
  readonly index: NumberIndex | null;
  /** By word: smoothed CTR; NaN where nothing is known. */
  readonly ctr: Float32Array;
  /** By word: effective impressions; 0 where nothing is known. */
  readonly count: Float32Array;
}

/** Words that are known, and what they say. */
export class WordEncoding {
  readonly layout: ColumnLayout;
  /** By feature of the record: the level whose statistics it has; −1: none. */
  private readonly levelOf: Int32Array;
  private readonly crosses: readonly number[];
  private readonly whole: readonly boolean[];
  private readonly tuple: number[] = [];

  constructor(
    readonly schema: RecordSchema,
    readonly levels: readonly KnownLevel[],
    readonly vocabularies: Vocabularies,
    /** CTR of the account. */
    readonly average: number,
  ) {
    this.layout = layOutColumns(schema, levels);
    this.levelOf = Int32Array.from(schema.features, ({ kind }, f) =>
      kind === 'word'
        ? levels.findIndex(({ features }) => features.length === 1 && features[0] === f)
        : -1,
    );
    this.crosses = [...levels.keys()].filter((l) => levels[l].features.length > 1);
    this.whole = schema.features.map(
      (feature) => feature.kind === 'word' && feature.whole === true,
    );
  }

  /** Columns of a row. */
  get width(): number {
    return this.layout.schema.features.length;
  }

  /**
   * The number of a feature's word in a row: a text's place, NaN if it is not known; or the whole number,
   * known or not, NaN if it is none.
   */
  numberOf(f: number, word: string | number): number {
    const { name } = this.schema.features[f];
    const vocabulary = this.vocabularies[name];
    if (vocabulary === undefined) {
      return typeof word === 'number' ? word : wholeNumber(word);
    }
    const place = vocabulary.numberOf(String(word));
    return place < 0 ? NaN : place;
  }

  /** The word that a row's number of a feature stands for. */
  wordOf(f: number, number: number): string {
    const vocabulary = this.vocabularies[this.schema.features[f].name];
    return vocabulary === undefined ? String(number) : vocabulary.textOf(number);
  }

  /** Is anything known of the word that a row's number of a feature stands for? */
  isKnown(f: number, number: number): boolean {
    const { index, count } = this.levels[this.levelOf[f]];
    if (Number.isNaN(number)) return false;
    const word = index === null ? number : index.placeOf([number]);
    return word >= 0 && count[word] > 0;
  }

  /** The words of a feature that are known, by exposure, as a row's numbers. */
  commonest(f: number, most: number): number[] {
    const { index, count } = this.levels[this.levelOf[f]];
    const words = [...count.keys()].filter((word) => count[word] > 0);
    words.sort((a, b) => count[b] - count[a] || a - b);
    const taken = words.slice(0, most);
    return index === null ? taken : taken.map((word) => index.keys[word]);
  }

  /** Smoothed CTR and effective impressions of a feature's word. */
  statisticsOf(f: number, number: number): { readonly ctr: number; readonly count: number } {
    const { index, ctr, count } = this.levels[this.levelOf[f]];
    const word = index === null ? number : index.placeOf([number]);
    return { ctr: ctr[word], count: count[word] };
  }

  /**
   * Turns a row of the record's numbers into columns.
   * @param from where the row begins in `rows`
   * @param to where its columns begin in `out`
   */
  expand(rows: ArrayLike<number>, out: Float64Array, from = 0, to = 0): void {
    const { levelOf, whole, crosses } = this;
    let at = to;
    for (let f = 0; f < levelOf.length; f++) {
      const level = levelOf[f];
      if (level < 0 || whole[f]) out[at++] = rows[from + f];
      if (level < 0) continue;
      this.put(level, rows, from, out, at);
      at += 2;
    }
    for (const level of crosses) {
      this.put(level, rows, from, out, at);
      at += 2;
    }
  }

  /** Many rows: `count` · features numbers in, `count` · columns out. */
  expandAll(rows: ArrayLike<number>, count: number, out: Float64Array): Float64Array {
    const features = this.schema.features.length;
    for (let i = 0; i < count; i++) this.expand(rows, out, i * features, i * this.width);
    return out;
  }

  /** Rows by column. @param columns words by the numbers that they have here (`translate`) */
  encode({ rows, values }: RecordColumns): Columns {
    const out = this.layout.schema.features.map(() => new Float64Array(rows));
    this.encodeRows(
      values,
      Uint32Array.from({ length: rows }, (_, row) => row),
      out,
    );
    return { schema: this.layout.schema, rows, values: out };
  }

  /** Writes the columns of some rows, given by column, into the same places of `out`. */
  encodeRows(
    values: RecordColumns['values'],
    rows: Uint32Array,
    out: readonly Float64Array[],
  ): void {
    const record = new Float64Array(values.length);
    const expanded = new Float64Array(this.width);
    for (const row of rows) {
      for (let f = 0; f < record.length; f++) record[f] = values[f][row];
      this.expand(record, expanded);
      for (let c = 0; c < out.length; c++) out[c][row] = expanded[c];
    }
  }

  /** Rows of another vocabulary in the numbers of this one; words that are not known become NaN. */
  translate(columns: RecordColumns, vocabularies: Vocabularies): RecordColumns {
    const values = columns.values.map((column, f) => {
      const feature = this.schema.features[f];
      if (feature.kind !== 'word') return column;
      const own = vocabularies[feature.name];
      const theirs = this.vocabularies[feature.name];
      if (own === theirs) return column;
      const numbers = Float64Array.from({ length: own.size }, (_, word) =>
        this.numberOf(f, own.textOf(word)),
      );
      return column.map((word) => (Number.isNaN(word) ? NaN : numbers[word]));
    });
    return { schema: this.schema, rows: columns.rows, values };
  }

  private put(
    level: number,
    rows: ArrayLike<number>,
    from: number,
    out: Float64Array,
    at: number,
  ): void {
    const word = this.wordAt(level, rows, from);
    const { ctr, count } = this.levels[level];
    const isKnown = word >= 0 && count[word] > 0;
    out[at] = isKnown ? ctr[word] : this.answerAbove(level, rows, from);
    out[at + 1] = isKnown ? count[word] : 0;
  }

  private answerAbove(level: number, rows: ArrayLike<number>, from: number): number {
    for (let above = this.levels[level].parent; above !== null; above = this.levels[above].parent) {
      const word = this.wordAt(above, rows, from);
      const { ctr, count } = this.levels[above];
      if (word >= 0 && count[word] > 0) return ctr[word];
    }
    return this.average;
  }

  private wordAt(level: number, rows: ArrayLike<number>, from: number): number {
    const { features, index } = this.levels[level];
    if (index === null) {
      const word = rows[from + features[0]];
      return word === word ? word : -1;
    }
    for (let i = 0; i < features.length; i++) this.tuple[i] = rows[from + features[i]];
    return index.placeOf(this.tuple);
  }
}

/** A text as the whole number that it is written as, NaN if it is none. */
function wholeNumber(text: string): number {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
}

/**
 * The encoding that a model keeps: what is known of all training rows, without the words of which
 * nothing is, numbered by exposure.
 */
export function knownWords(
  schema: RecordSchema,
  rows: readonly LevelRows[],
  vocabularies: Vocabularies,
  { average, levels: statistics }: Statistics,
): WordEncoding {
  /** By feature: the new number of a text's old one; −1: it goes. */
  const renumbered = new Map<number, Int32Array>();
  const texts: Record<string, Vocabulary> = {};
  const orders = rows.map(({ level, index }, l) => {
    const { count } = statistics[l];
    const [f] = level.features;
    const isText =
      level.features.length === 1 && vocabularies[schema.features[f].name] !== undefined;
    if (index === null && !isText) return undefined;
    const order = Uint32Array.from(count.keys()).filter((word) => count[word] > 0);
    order.sort((a, b) => count[b] - count[a] || a - b);
    if (isText) {
      const { name } = schema.features[f];
      texts[name] = Vocabulary.of(Array.from(order, (word) => vocabularies[name].textOf(word)));
      const numbers = new Int32Array(vocabularies[name].size).fill(-1);
      order.forEach((word, number) => (numbers[word] = number));
      renumbered.set(f, numbers);
    }
    return order;
  });
  const levels = rows.map(({ level, index }, l): KnownLevel => {
    const { ctr, count } = statistics[l];
    const order = orders[l];
    if (order === undefined) return { ...level, index: null, ctr, count };
    if (index === null) return { ...level, index, ...taken(order, ctr, count) };
    const { width } = index;
    const keyOf = (word: number): number[] =>
      level.features.map((f, i) => {
        const key = index.keys[word * width + i];
        return renumbered.get(f)?.[key] ?? key;
      });
    const kept = order.filter((word) =>
      keyOf(word).every((key, i) => key >= 0 || !renumbered.has(level.features[i])),
    );
    const keys = Float64Array.from(Array.from(kept).flatMap(keyOf));
    return { ...level, index: new NumberIndex(keys, width), ...taken(kept, ctr, count) };
  });
  return new WordEncoding(schema, levels, texts, Math.fround(average));
}

function taken(
  order: Uint32Array,
  ctr: Float32Array,
  count: Float32Array,
): Pick<KnownLevel, 'ctr' | 'count'> {
  return {
    ctr: Float32Array.from(order, (word) => ctr[word]),
    count: Float32Array.from(order, (word) => count[word]),
  };
}
