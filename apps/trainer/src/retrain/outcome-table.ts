/*
 * Outcomes from the service as rows to learn from: each daily cell is a row, its impressions and clicks
 * counted, its time the day. What does not fit the model's features is left out and counted by reason.
 */
import {
  RecordContract,
  Vocabulary,
  type CtrTable,
  type RecordFeature,
  type RecordSchema,
  type TrainingRange,
  type Vocabularies,
} from '@adscale/ctr';
import { OTHER } from '../mapping/mapping.js';
import { momentOf } from './days.js';

/** A daily cell, as `GET /outcomes` writes it; a line that ends the answer has `end`. */
export interface ServedCell {
  readonly end?: boolean;
  readonly day: string;
  readonly record: Readonly<Record<string, unknown>>;
  /** Features whose word the model of the prediction did not know. */
  readonly unseen?: readonly string[];
  readonly arm?: string | null;
  readonly impressions: number;
  readonly clicks: number;
}

/** Rows made of outcomes. */
export interface OutcomeTable {
  readonly table: CtrTable;
  /** Words of the rows and of the model's own data; the numbers of both. */
  readonly vocabularies: Vocabularies | undefined;
  /** Days, ascending, and how many rows each has. */
  readonly days: ReadonlyMap<string, number>;
  /** Cells that are no rows, by reason. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Rows of arms of experiments, by arm. */
  readonly arms: ReadonlyMap<string, number>;
}

/** How outcomes become rows. */
export interface OutcomeTableOptions {
  readonly schema: RecordSchema;
  /** Of the model's card: features that training rows lacked may be missing. */
  readonly ranges: Readonly<Record<string, TrainingRange>>;
  /** Of the model's own data. */
  readonly vocabularies: Vocabularies | undefined;
  /** Why cells of an arm are to be left out; undefined if they are not. */
  readonly refuseArm: (arm: string) => string | undefined;
}

/**
 * Reads cells into a table.
 * @throws Error if the answer ends before its end, which `whole` tells
 */
export async function outcomeTable(
  cells: AsyncIterable<ServedCell>,
  { schema, ranges, vocabularies, refuseArm }: OutcomeTableOptions,
): Promise<{ outcomes: OutcomeTable; whole: boolean }> {
  const reader = new CellReader(schema, ranges, vocabularies);
  const leftOut = new Map<string, number>();
  const arms = new Map<string, number>();
  const days = new Map<string, number>();
  let whole = false;
  for await (const cell of cells) {
    if (cell.end === true) {
      whole = true;
      continue;
    }
    const arm = cell.arm ?? undefined;
    const reason = (arm === undefined ? undefined : refuseArm(arm)) ?? reader.read(cell);
    if (reason !== undefined) {
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
      continue;
    }
    days.set(cell.day, (days.get(cell.day) ?? 0) + 1);
    if (arm !== undefined) arms.set(arm, (arms.get(arm) ?? 0) + 1);
  }
  const sorted = new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { outcomes: { ...reader.finish(), days: sorted, leftOut, arms }, whole };
}

/** Lays cells out by column. */
class CellReader {
  private readonly contract: RecordContract;
  private readonly columns: number[][];
  private readonly impressions: number[] = [];
  private readonly clicks: number[] = [];
  private readonly time: number[] = [];
  private readonly words: readonly (WordNumbers | undefined)[];
  private readonly row: Float64Array;

  constructor(
    private readonly schema: RecordSchema,
    ranges: OutcomeTableOptions['ranges'],
    known: Vocabularies | undefined,
  ) {
    this.contract = new RecordContract(schema, ranges);
    this.columns = schema.features.map(() => []);
    this.row = new Float64Array(schema.features.length);
    this.words = schema.features.map((feature) =>
      isText(feature) ? new WordNumbers(known?.[feature.name]) : undefined,
    );
  }

  /** @returns why the cell is no row; undefined if it is one by now */
  read({ day, record, impressions, clicks }: ServedCell): string | undefined {
    if (!(impressions > 0)) return 'no impressions';
    if (clicks > impressions) return 'more clicks than impressions';
    for (const [f, feature] of this.schema.features.entries()) {
      const value = this.valueOf(f, feature, record[feature.name] ?? null);
      if (typeof value === 'string') return value;
      this.row[f] = value;
    }
    this.columns.forEach((column, f) => column.push(this.row[f]));
    this.impressions.push(impressions);
    this.clicks.push(clicks);
    this.time.push(momentOf(day));
    return undefined;
  }

  /** The number that stands for a value, or what is wrong with it. */
  private valueOf(f: number, feature: RecordFeature, value: unknown): number | string {
    const field = this.contract.fields[f];
    const words = this.words[f];
    if (words !== undefined) return typeof value === 'string' ? words.numberOf(value) : NaN;
    if (feature.kind === 'word') return typeof value === 'number' ? value : NaN;
    if (feature.kind === 'categorical' && typeof value === 'string') {
      const place = feature.categories.indexOf(value);
      const known = place >= 0 ? place : feature.categories.indexOf(OTHER);
      return known >= 0 ? known : `${feature.name} has a word that the model does not list`;
    }
    if (value === null && !field.optional) return `${feature.name} is missing`;
    if (!field.accepts(value)) return `${feature.name} is not ${field.words}`;
    return this.contract.numberIn(f, value);
  }

  finish(): Pick<OutcomeTable, 'table' | 'vocabularies'> {
    const numbers = (list: readonly number[]): Float64Array => Float64Array.from(list);
    const named = this.schema.features.flatMap(({ name }, f) => {
      const words = this.words[f];
      return words === undefined ? [] : [[name, words.vocabulary()] as const];
    });
    const table = {
      features: {
        schema: this.schema,
        rows: this.time.length,
        values: this.columns.map(numbers),
      },
      impressions: numbers(this.impressions),
      clicks: numbers(this.clicks),
      time: numbers(this.time),
    };
    return { table, vocabularies: named.length === 0 ? undefined : Object.fromEntries(named) };
  }
}

const isText = (feature: RecordFeature): boolean =>
  feature.kind === 'word' && feature.whole !== true;

/** Numbers of words: those that are known keep theirs. */
class WordNumbers {
  private readonly fresh = new Map<string, number>();

  constructor(private readonly known: Vocabulary = Vocabulary.of([])) {}

  numberOf(word: string): number {
    const number = this.known.numberOf(word);
    if (number >= 0) return number;
    let added = this.fresh.get(word);
    if (added === undefined) this.fresh.set(word, (added = this.known.size + this.fresh.size));
    return added;
  }

  vocabulary(): Vocabulary {
    if (this.fresh.size === 0) return this.known;
    return Vocabulary.of([...this.known.words(), ...this.fresh.keys()]);
  }
}
