import { ForestError } from '../errors.js';
import { checkSchema, RowEncoder, type FeatureRecord, type Schema } from './schema.js';

/** All rows, one array a feature in schema order. NaN is missing; a category is its place. */
export interface Columns {
  readonly schema: Schema;
  readonly rows: number;
  readonly values: readonly Float64Array[];
}

/** Encodes records column by column. */
export function columnsFromRecords(schema: Schema, records: readonly FeatureRecord[]): Columns {
  const encoder = new RowEncoder(checkSchema(schema));
  const values = schema.features.map((feature, f) =>
    Float64Array.from(records, (record) => encoder.encodeValue(f, record[feature.name])),
  );
  return { schema, rows: records.length, values };
}

/**
 * Takes columns as they are, in schema order: numbers, or words for a categorical feature.
 * @throws ForestError COLUMNS_INVALID if one is absent or of another length
 */
export function columnsFrom(
  schema: Schema,
  table: Readonly<Record<string, ArrayLike<number> | ArrayLike<string>>>,
): Columns {
  const encoder = new RowEncoder(checkSchema(schema));
  const values = schema.features.map((feature, f) => {
    const column = table[feature.name];
    if (column === undefined) {
      throw new ForestError('COLUMNS_INVALID', `column ${feature.name} is absent`);
    }
    if (column instanceof Float64Array && feature.kind !== 'categorical') return column;
    return Float64Array.from(column as ArrayLike<unknown>, (value) =>
      encoder.encodeValue(f, value),
    );
  });
  return checkColumns({ schema, rows: values[0].length, values });
}

/** @throws ForestError COLUMNS_INVALID naming the column and its length */
export function checkColumns(columns: Columns): Columns {
  const { schema, rows, values } = columns;
  if (values.length !== schema.features.length) {
    throw new ForestError(
      'COLUMNS_INVALID',
      `got ${values.length} columns, wanted ${schema.features.length}`,
    );
  }
  values.forEach((column, f) => {
    if (column.length !== rows) {
      const { name } = schema.features[f];
      throw new ForestError(
        'COLUMNS_INVALID',
        `column ${name} has ${column.length} rows, wanted ${rows}`,
      );
    }
  });
  if (rows < 1) throw new ForestError('COLUMNS_INVALID', 'there are no rows');
  return columns;
}

/** The rows of `columns` whose numbers are listed in `take`, in that order. */
export function takeRows(columns: Columns, take: ArrayLike<number>): Columns {
  const values = columns.values.map((column) => takeValues(column, take));
  return { schema: columns.schema, rows: take.length, values };
}

/** The values whose places are listed in `take`, in that order. */
export function takeValues(values: ArrayLike<number>, take: ArrayLike<number>): Float64Array {
  const taken = new Float64Array(take.length);
  for (let i = 0; i < taken.length; i++) taken[i] = values[take[i]];
  return taken;
}
