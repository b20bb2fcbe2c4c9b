import type { CtrModel } from '@adscale/ctr';
import { DecisionError } from '../errors.js';
import { PlacementReader, type DecisionOptions } from '../placement.js';
import {
  readEntries,
  readFields,
  readId,
  readList,
  readNumber,
  refuse,
  type Fields,
} from '../request.js';

/** Most placements that are searched at once. */
export const MAX_PLACEMENTS = 1000;

/** Words of a feature that are looked at where nobody says which. */
const COMMONEST = 20;

/** Placements to look for opportunities in. */
export interface Grid {
  readonly reader: PlacementReader;
  readonly ids: readonly string[];
  /** Row after row. */
  readonly rows: Float64Array;
  readonly count: number;
  /** A placement as a record: words that the model does not know as they were given. */
  recordOf(place: number): Record<string, number | string>;
}

/**
 * Reads `{ placements: [{ id?, record }] }` or `{ base: record, vary: { feature: [value] } }`. In place of
 * a list of words, `vary` may say how many: the commonest that the model knows. Without `vary`, every
 * feature that takes any word varies so.
 */
export function readGrid(model: CtrModel, fields: Fields, options: DecisionOptions = {}): Grid {
  const { placements, base, vary = commonestOf(model, fields) } = fields;
  if ((placements === undefined) === (vary === undefined)) {
    refuse('placements', placements, 'a list of placements, or else base and vary');
  }
  return vary === undefined
    ? listed(new PlacementReader(model, options), placements)
    : varied(new PlacementReader(model), base, vary, options);
}

/** What varies where only a base is given; undefined if there is none, or the model has no words. */
function commonestOf({ schema }: CtrModel, { placements, base }: Fields): Fields | undefined {
  const words = schema.features.filter(({ kind }) => kind === 'word');
  if (placements !== undefined || base === undefined || words.length === 0) return undefined;
  const room = Math.floor(MAX_PLACEMENTS ** (1 / words.length));
  return Object.fromEntries(words.map(({ name }) => [name, Math.min(COMMONEST, room)]));
}

function listed(reader: PlacementReader, placements: unknown): Grid {
  const rows = new Float64Array(MAX_PLACEMENTS * reader.width);
  const records: Fields[] = [];
  const ids = readEntries(placements, 'placements', MAX_PLACEMENTS, (entry, i) => {
    const fields = readFields(entry, '', ['id', 'record']);
    reader.readInto(rows, i, fields['record'], 'record');
    records.push(fields['record'] as Fields);
    return readId(fields['id'], 'id', i);
  });
  const recordOf = (place: number) => reader.recordOf(rowAt(reader, rows, place), records[place]);
  return { reader, ids, rows, count: ids.length, recordOf };
}

function rowAt({ width }: PlacementReader, rows: Float64Array, place: number): Float64Array {
  return rows.subarray(place * width, (place + 1) * width);
}

/** A feature of a grid, and what it is varied over: values as given, and their numbers. */
interface Varying {
  readonly f: number;
  readonly name: string;
  readonly values: readonly unknown[];
  readonly numbers: readonly number[];
}

/** Every combination of the values listed; what is not varied is the base's. */
function varied(
  reader: PlacementReader,
  base: unknown,
  vary: unknown,
  { onRow }: DecisionOptions,
): Grid {
  const row = reader.read(base, 'base');
  const names = reader.model.schema.features.map(({ name }) => name);
  const varying = Object.entries(readFields(vary, 'vary', names)).map(([name, values]) =>
    readVarying(reader, name, values),
  );
  const count = varying.reduce((product, { numbers }) => product * numbers.length, 1);
  if (count > MAX_PLACEMENTS) {
    const detail = `vary makes ${count} placements, wanted at most ${MAX_PLACEMENTS}`;
    throw new DecisionError('LIMIT_EXCEEDED', detail, 'vary');
  }
  const rows = new Float64Array(count * reader.width);
  const given: Record<string, unknown>[] = [];
  const ids = Array.from({ length: count }, (_, i) => {
    const target = rowAt(reader, rows, i);
    target.set(row);
    const record: Record<string, unknown> = { ...(base as Fields) };
    let rest = i;
    // The last feature varies fastest.
    for (const { f, name, values, numbers } of varying.toReversed()) {
      const place = rest % numbers.length;
      target[f] = numbers[place];
      record[name] = values[place];
      rest = Math.floor(rest / numbers.length);
    }
    given.push(record);
    onRow?.(target);
    return varying.map(({ name }) => String(record[name] ?? 'missing')).join(' / ') || 'base';
  });
  const recordOf = (place: number) => reader.recordOf(rowAt(reader, rows, place), given[place]);
  return { reader, ids, rows, count, recordOf };
}

function readVarying(reader: PlacementReader, name: string, given: unknown): Varying {
  const f = reader.placeOf(name);
  const path = `vary.${name}`;
  const { words, schema } = reader.model;
  if (typeof given === 'number' && words !== undefined && schema.features[f].kind === 'word') {
    const rule = { minimum: 1, maximum: MAX_PLACEMENTS, whole: true };
    const numbers = words.commonest(f, readNumber(given, path, rule));
    const isText = words.vocabularies[name] !== undefined;
    const values = numbers.map((number) => (isText ? words.wordOf(f, number) : number));
    return { f, name, values, numbers };
  }
  const values = readList(given, path, MAX_PLACEMENTS);
  const numbers = values.map((value, i) => reader.readValue(f, value, `${path}[${i}]`));
  return { f, name, values, numbers };
}
