/*
 * Inspecting a table of a warehouse. What columns mean, and what is worth knowing of them, is found
 * out from a sample of the rows, as of a file; the figures that are shown are of all rows, counted
 * where they lie.
 */
import type { Reporter } from '../cli/reporter.js';
import { expandMapping, type Mapping } from '../mapping/mapping.js';
import { MUCH_DIRTY } from '../rows/counts.js';
import { Database, type DatabaseOptions } from '../source/database.js';
import { bucketCounter, countJudged } from '../warehouse/counts.js';
import { quantilesOf } from '../warehouse/cuts.js';
import { useWarehouse, type WarehouseData } from '../warehouse/open.js';
import { judgedRows } from '../warehouse/read.js';
import { columnOf, numberIn, openRows, wordIn, type WarehouseRows } from '../warehouse/rows.js';
import { SAMPLE_ROWS, stageSample } from '../warehouse/sample.js';
import { rowsOf, type WarehouseColumn } from '../warehouse/warehouse.js';
import { inspectSource, type Inspection } from './inspection.js';
import { LEVELS, TOP, type ColumnProfile } from './profile.js';
import type { Wishes } from './target.js';

/**
 * Inspects a table or a query of a warehouse.
 * @throws InputError if it cannot be had, or if no mapping can be drafted
 */
export function inspectWarehouse(
  data: WarehouseData,
  wishes: Wishes,
  options: DatabaseOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Inspection> {
  return useWarehouse(data.url, options, signal, (warehouse) =>
    Database.use(options, signal, async (database) => {
      const { derive = {}, changes, ...rest } = wishes;
      const where = changes?.where ?? [];
      const rows = await openRows(warehouse, data, derive);
      const { source, rows: all } = await stageSample(database, rows, data, { where });
      if (all > SAMPLE_ROWS) {
        reporter.note(
          `the mapping is drafted from about ${SAMPLE_ROWS.toLocaleString('en')} of ${all.toLocaleString('en')} rows; the figures are of all`,
        );
      }
      const plain = changes && { ...changes, where: [], derive: {} };
      const drafted = { ...rest, ...(plain && { changes: plain }) };
      const found = await inspectSource(database, source, drafted, reporter);
      const columns = await reporter.during(
        { name: 'count', total: found.columns.length, unit: 'columns' },
        async (stage) => {
          const exact: ColumnProfile[] = [];
          for (const profile of found.columns) {
            exact.push(await profiled(rows, where, profile));
            stage.update(exact.length);
          }
          return exact;
        },
      );
      const { dirty: _, features, ...keys } = found.draft.mapping;
      const sql: Partial<Mapping> = {
        ...(Object.keys(derive).length > 0 && { derived: derive }),
        ...(where.length > 0 && { where }),
      };
      const mapping: Mapping = { ...keys, ...sql, features };
      const judged = await judgedRows(rows, expandMapping(mapping), false);
      const { counts } = await countJudged(judged, source);
      const isDropped =
        changes?.dirty ??
        (counts.dirty > 0 && counts.dirty_share <= MUCH_DIRTY ? 'drop' : undefined);
      const whole: Mapping = {
        ...{ ...keys, ...sql },
        ...(isDropped !== undefined && { dirty: isDropped }),
        features,
      };
      return { ...found, columns, counts, draft: { ...found.draft, mapping: whole } };
    }),
  );
}

/** A column's profile with the figures of all rows. */
async function profiled(
  rows: WarehouseRows,
  where: readonly string[],
  profile: ColumnProfile,
): Promise<ColumnProfile> {
  const { warehouse, from, derived } = rows;
  const { dialect } = warehouse;
  const column = columnOf(rows.columns, profile.name);
  const isNumber = profile.quantiles !== undefined && column.kind !== 'text';
  const values = valuesOf(rows, column, isNumber);
  const layers = [...Object.entries(derived).map(([as, sql]) => ({ [as]: sql })), values];
  const asked = { warehouse, from, layers, where };
  const [facts] = await rowsOf(warehouse, {
    ...asked,
    columns: {
      adscale_rows: 'count(*)',
      adscale_there: 'count(adscale_word)',
      adscale_distinct: dialect.distinct('adscale_word'),
      ...(isNumber && {
        adscale_numbers: 'count(adscale_number)',
        adscale_least: 'min(adscale_number)',
        adscale_most: 'max(adscale_number)',
      }),
    },
  });
  const there = Number(facts.adscale_there);
  const common = {
    ...profile,
    rows: Number(facts.adscale_rows),
    missing: Number(facts.adscale_rows) - there,
    distinct: Number(facts.adscale_distinct),
  };
  if (there === 0) return common;
  if (isNumber) {
    const whole = {
      count: Number(facts.adscale_numbers),
      least: Number(facts.adscale_least),
      greatest: Number(facts.adscale_most),
    };
    const quantiles = await quantilesOf(bucketCounter(asked, 'adscale_number'), whole, LEVELS);
    return { ...common, unreadable: there - whole.count, quantiles };
  }
  const top = await rowsOf(warehouse, {
    ...asked,
    columns: { adscale_value: 'adscale_word', adscale_rows: 'count(*)' },
    where: [...where, 'adscale_word IS NOT NULL'],
    groupBy: ['adscale_value'],
    orderBy: ['adscale_rows DESC', 'adscale_value'],
    limit: TOP,
  });
  return {
    ...common,
    top: top.map((row) => ({ value: String(row.adscale_value), rows: Number(row.adscale_rows) })),
  };
}

function valuesOf(
  { warehouse: { dialect } }: WarehouseRows,
  column: WarehouseColumn,
  isNumber: boolean,
): Record<string, string> {
  return {
    adscale_word: wordIn(dialect, column),
    ...(isNumber && { adscale_number: numberIn(dialect, column) }),
  };
}
