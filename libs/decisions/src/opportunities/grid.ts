import type { CtrModel } from '@adscale/ctr';
import { DecisionError } from '../errors.js';
import { PlacementReader } from '../placement.js';
import { readEntries, readFields, readId, readList, refuse, type Fields } from '../request.js';

/** Most placements that are searched at once. */
export const MAX_PLACEMENTS = 1000;

/** Placements to look for opportunities in. */
export interface Grid {
  readonly reader: PlacementReader;
  readonly ids: readonly string[];
  /** Row after row. */
  readonly rows: Float64Array;
  readonly count: number;
}

/** Reads `{ placements: [{ id?, record }] }` or `{ base: record, vary: { feature: [value] } }`. */
export function readGrid(model: CtrModel, fields: Fields): Grid {
  const { placements, base, vary } = fields;
  if ((placements === undefined) === (vary === undefined)) {
    refuse('placements', placements, 'a list of placements, or else base and vary');
  }
  const reader = new PlacementReader(model);
  return vary === undefined ? listed(reader, placements) : varied(reader, base, vary);
}

function listed(reader: PlacementReader, placements: unknown): Grid {
  const rows = new Float64Array(MAX_PLACEMENTS * reader.width);
  const ids = readEntries(placements, 'placements', MAX_PLACEMENTS, (entry, i) => {
    const fields = readFields(entry, '', ['id', 'record']);
    reader.readInto(rows, i, fields['record'], 'record');
    return readId(fields['id'], 'id', i);
  });
  return { reader, ids, rows, count: ids.length };
}

/** Every combination of the values listed; what is not varied is the base's. */
function varied(reader: PlacementReader, base: unknown, vary: unknown): Grid {
  const row = reader.read(base, 'base');
  const { features } = reader.model.schema;
  const names = features.map(({ name }) => name);
  const varying = Object.entries(readFields(vary, 'vary', names)).map(([name, values]) => {
    const f = reader.placeOf(name);
    const path = `vary.${name}`;
    const numbers = readList(values, path, MAX_PLACEMENTS).map((value, i) =>
      reader.readValue(f, value, `${path}[${i}]`),
    );
    return { f, name, numbers };
  });
  const count = varying.reduce((product, { numbers }) => product * numbers.length, 1);
  if (count > MAX_PLACEMENTS) {
    const detail = `vary makes ${count} placements, wanted at most ${MAX_PLACEMENTS}`;
    throw new DecisionError('LIMIT_EXCEEDED', detail, 'vary');
  }
  const rows = new Float64Array(count * reader.width);
  const ids = Array.from({ length: count }, (_, i) => {
    const target = rows.subarray(i * reader.width, (i + 1) * reader.width);
    target.set(row);
    let rest = i;
    // The last feature varies fastest.
    for (const { f, numbers } of varying.toReversed()) {
      target[f] = numbers[rest % numbers.length];
      rest = Math.floor(rest / numbers.length);
    }
    const record = reader.recordOf(target);
    return varying.map(({ name }) => String(record[name] ?? 'missing')).join(' / ') || 'base';
  });
  return { reader, ids, rows, count };
}
