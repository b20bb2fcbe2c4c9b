/*
 * Two models on the same rows, each read by its own mapping: they may have other features, other
 * conditions, another idea of which rows are dirty. So every row of the data keeps its place:
 *
 *   candidate   .03   .11   –    .02   …     –: left out by this model's mapping
 *   current     .04   .10   .05  –     …
 *   judged by    x     x                     rows that both predict, in the candidate's counts
 */
import { isDeepStrictEqual } from 'node:util';
import { encodedTable, knownTable, predictTable, type CtrModel, type CtrTable } from '@adscale/ctr';
import type { Mapping } from '../mapping/mapping.js';
import { placeSql } from '../rows/columns.js';
import { PREPARED, prepareRows, USABLE } from '../rows/prepare.js';
import { argumentSql } from '../score/score-query.js';
import { Scorer } from '../score/scorer.js';
import { modelMapping } from '../score/stored-model.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';

/** The schema of a table whose columns are two models' predictions. */
const pairSchema = {
  features: [
    { name: 'candidate', kind: 'numeric' },
    { name: 'current', kind: 'numeric' },
  ],
} as const;

/** Every row of a source as one model sees it. */
interface SeenRows {
  /** NaN where the model's mapping leaves the row out. */
  readonly predicted: Float64Array;
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  readonly time: Float64Array;
  readonly group: Float64Array;
}

/**
 * Predicts every row of a source by both models.
 * @param negativeSamplingRate share of the impressions without a click that the source holds
 * @returns the candidate's usable rows in their order; the current model's prediction is NaN where
 *   it does not take the row
 */
export async function predictPairs(
  database: Database,
  source: Source,
  candidate: CtrModel,
  current: CtrModel,
  negativeSamplingRate?: number,
): Promise<CtrTable> {
  const names = source.columns.map(({ name }) => name);
  const sampled = { negative_sampling_rate: negativeSamplingRate ?? 1 };
  const mapping = { ...modelMapping(candidate, names), ...sampled };
  const mine = await seeRows(database, source, candidate, mapping, 'predict_candidate');
  const others = { ...modelMapping(current, names), ...sampled };
  const theirs = await seeRows(database, source, current, others, 'predict_current');
  const rows: number[] = [];
  mine.predicted.forEach((ctr, row) => {
    if (!Number.isNaN(ctr)) rows.push(row);
  });
  const take = (values: Float64Array): Float64Array =>
    Float64Array.from(rows, (row) => values[row]);
  return {
    features: {
      schema: pairSchema,
      rows: rows.length,
      values: [take(mine.predicted), take(theirs.predicted)],
    },
    impressions: take(mine.impressions),
    clicks: take(mine.clicks),
    ...(mapping.time !== undefined && { time: take(mine.time) }),
    ...(mapping.group !== undefined && { group: take(mine.group) }),
  };
}

/** @param name of the SQL function that the model becomes */
async function seeRows(
  database: Database,
  source: Source,
  model: CtrModel,
  mapping: Mapping,
  name: string,
): Promise<SeenRows> {
  await prepareRows(database, source, mapping);
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM ${PREPARED}`);
  const numbers: string[] = [];
  for (const [f, feature] of model.schema.features.entries()) {
    const isCategory = feature.kind === 'categorical';
    numbers.push(
      isCategory
        ? await placeSql(database, `f${f}`, feature.categories)
        : await argumentSql(database, `f${f}`, feature),
    );
  }
  database.register(await new Scorer(model).asFunction(name));
  const problem = `CASE WHEN ${USABLE} THEN 0 ELSE 1 END::USMALLINT`;
  const [predicted, impressions, clicks, time, group] = await database.doubles(
    `SELECT ${name}(${[problem, ...numbers].join(', ')}), n, k, time, grp FROM ${PREPARED}`,
    Number(rows),
  );
  return { predicted, impressions, clicks, time, group };
}

/** A click log as counts of equal pairs of predictions: what differs no more needs no row. */
export function groupPairs(table: CtrTable, negativeSamplingRate?: number): CtrTable {
  const [first, second] = table.features.values;
  const places = new Map<number, Map<number, Map<number, number>>>();
  const sums: number[][] = [];
  for (let row = 0; row < table.features.rows; row++) {
    const group = table.group?.[row] ?? 0;
    const inSecond = entryOf(places, first[row], () => new Map<number, Map<number, number>>());
    const inGroup = entryOf(inSecond, second[row], () => new Map<number, number>());
    const place = entryOf(
      inGroup,
      group,
      () => sums.push([first[row], second[row], 0, 0, group]) - 1,
    );
    sums[place][2] += table.impressions[row];
    sums[place][3] += table.clicks[row];
  }
  const column = (c: number): Float64Array => Float64Array.from(sums, (sum) => sum[c]);
  return {
    features: { schema: pairSchema, rows: sums.length, values: [column(0), column(1)] },
    impressions: column(2),
    clicks: column(3),
    grouped: true,
    ...(negativeSamplingRate !== undefined && { negativeSamplingRate }),
    ...(table.group !== undefined && { group: column(4) }),
  };
}

/** What a map has under a key; `make` makes it where there is nothing yet. */
function entryOf<Value>(map: Map<number, Value>, key: number, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/**
 * Both models on a table of the candidate's features.
 * @returns undefined if the current model has a feature that the table has not
 */
export function predictBoth(
  table: CtrTable,
  candidate: CtrModel,
  current: CtrModel,
): CtrTable | undefined {
  const { vocabularies: _, ...rest } = table;
  const predicted = [candidate, current].map((model) => predictAs(model, table));
  const [mine, theirs] = predicted;
  if (mine === undefined || theirs === undefined) return undefined;
  const { rows } = table.features;
  return { ...rest, features: { schema: pairSchema, rows, values: [mine, theirs] } };
}

/** A model on a table of any vocabulary; undefined if it has a feature that the table has not. */
function predictAs(model: CtrModel, table: CtrTable): Float64Array | undefined {
  const { schema, rows, values } = table.features;
  const places = model.schema.features.map((feature) =>
    schema.features.findIndex((own) => sameValues(own, feature)),
  );
  if (places.includes(-1)) return undefined;
  const features = { schema: model.schema, rows, values: places.map((f) => values[f]) };
  const known = knownTable({ ...table, features }, model.words);
  return predictTable(model.forest, encodedTable(known, model.words));
}

type Feature = CtrModel['schema']['features'][number];

function sameValues(one: Feature, other: Feature): boolean {
  if (one.name !== other.name) return false;
  if (one.kind === 'categorical' && other.kind === 'categorical') {
    return isDeepStrictEqual(one.categories, other.categories);
  }
  if (one.kind === 'word' && other.kind === 'word') return one.whole === other.whole;
  const isNumber = ({ kind }: Feature): boolean => kind === 'numeric' || kind === 'integer';
  return isNumber(one) && isNumber(other);
}
