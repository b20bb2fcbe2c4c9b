import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Registry } from '@adscale/ctr';
import { InputError } from '../../src/cli/exit.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import { Database } from '../../src/source/database.js';
import { useWarehouse, warehouseData } from '../../src/warehouse/open.js';
import { readWarehouse, type WarehouseTable } from '../../src/warehouse/read.js';
import { numberIn, openRows, wordIn, type WarehouseRows } from '../../src/warehouse/rows.js';
import { rowsOf, type Value } from '../../src/warehouse/warehouse.js';
import { adscale } from '../run.js';
import { ClickHouseCluster, NOT_INSTALLED, program } from './clickhouse-cluster.js';
import * as postgres from './postgres-server.js';

/*
 * What columns of many types are read as, which must be the same in all engines. Where they are not
 * told otherwise, the rows are those of a SELECT without a table.
 */
const signal = new AbortController().signal;
const options = { threads: 2, memoryLimit: '300MB' };
const engines = [
  'duckdb',
  ...(postgres.programs === undefined ? [] : ['postgres']),
  ...(program === undefined ? [] : ['clickhouse']),
];
if (postgres.programs === undefined) console.log(`Skipped: ${postgres.NOT_INSTALLED}`);
if (program === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);
const onPostgres = postgres.programs === undefined ? describe.skip : describe;

let folder: string;
const urls: Record<string, string> = {};
let server: postgres.PostgresServer | undefined;
let cluster: ClickHouseCluster | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adscale-types-'));
  const path = join(folder, 'ads.db');
  (await DuckDBInstance.create(path)).closeSync();
  urls['duckdb'] = `duckdb://${path}`;
  if (postgres.programs !== undefined) {
    server = await postgres.PostgresServer.start();
    urls['postgres'] = server.url;
  }
  if (program !== undefined) {
    cluster = await ClickHouseCluster.start([1]);
    urls['clickhouse'] = `clickhouse://default@127.0.0.1:${cluster.first.ports.http}/default`;
  }
}, 120_000);

afterAll(async () => {
  await server?.remove();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A SELECT of one column `x` of values as the engine writes them. */
function listed(engine: string, values: readonly string[]): string {
  if (engine === 'clickhouse') return `SELECT arrayJoin([${values.join(', ')}]) AS x`;
  return `SELECT x FROM (VALUES ${values.map((value) => `(${value})`).join(', ')}) AS t(x)`;
}

/** What is made of the rows of a SELECT. */
function asked(
  engine: string,
  query: string,
  columns: (rows: WarehouseRows) => Record<string, string>,
): Promise<Record<string, Value>[]> {
  return useWarehouse(urls[engine]!, options, signal, async (warehouse) => {
    const rows = await openRows(warehouse, { query }, {});
    return rowsOf(warehouse, { from: rows.from, layers: [], columns: columns(rows) });
  });
}

/** Counts the rows of a SELECT. */
function count(engine: string, mapping: Mapping, query: string): Promise<WarehouseTable> {
  const data = warehouseData(urls[engine]!, { query });
  return useWarehouse(urls[engine]!, options, signal, (warehouse) =>
    Database.use(options, signal, (database) =>
      readWarehouse(database, warehouse, { data, mapping, maxBins: 16 }),
    ),
  );
}

/** Ten records of a word, with a column of our own beside them. */
function records(engine: string, column: string): string {
  const numbers = {
    duckdb: '(SELECT range AS i FROM range(10)) AS numbers',
    postgres: '(SELECT i FROM generate_series(0, 9) AS i) AS numbers',
    clickhouse: '(SELECT number AS i FROM numbers(10)) AS numbers',
  }[engine];
  return `SELECT 10 + i AS shown, 1 AS clicks, CASE WHEN i < 5 THEN 'a' ELSE 'b' END AS word, ${column} FROM ${numbers}`;
}

const recordsMapping: Mapping = {
  ...{ impressions: 'shown', clicks: 'clicks', dirty: 'drop' },
  features: { word: { column: 'word', kind: 'categorical' } },
};

it('DuckDB reads times with a zone as they are, wherever the machine is', async () => {
  const time = `TIMESTAMPTZ '2026-01-01 00:00:00+00' + (range % 300) * INTERVAL 3 HOUR`;
  const query = `SELECT CASE WHEN range * 7907 % 1009 < 90 THEN 1 ELSE 0 END AS clicked, 's' || range % 5 AS site, ${time} AS moment FROM range(3000)`;
  const mapping = join(folder, 'moments.yaml');
  const features = 'features:\n  site: { column: site, kind: categorical }\n';
  await writeFile(mapping, `label: clicked\ntime: moment\n${features}`);
  const models: Buffer[] = [];
  for (const zone of ['UTC', 'America/New_York']) {
    const output = join(folder, `models-${models.length}`);
    const data = ['--source', urls['duckdb']!, '--query', query, '--mapping', mapping];
    const how = ['--model', 'forest', '--trees', '2', '--no-report', '-o', output];
    const { status } = await adscale(['train', ...data, ...how], () => {}, { env: { TZ: zone } });
    expect(status).toBe(0);
    const version = (await new Registry(output).current())!;
    models.push(await readFile(join(output, 'versions', version, 'model.adsf')));
  }
  expect(models[0]!.equals(models[1]!)).toBe(true);
});

describe.each(engines)('%s', (engine) => {
  const float = engine === 'clickhouse' ? 'toFloat64(i)' : 'CAST(i AS double precision)';
  const decimal = engine === 'clickhouse' ? 'toDecimal32(i, 2)' : 'CAST(i AS decimal(9, 2))';

  it.each([
    ['numbers with a fraction', float],
    ['decimals', decimal],
  ])('takes no %s as words or groups, of which each engine has its own', async (_, column) => {
    const query = records(engine, `${column} AS x`);
    for (const kind of ['word', 'categorical'] as const) {
      const mapping = { ...recordsMapping, features: { x: { column: 'x', kind } } };
      const refused = await count(engine, mapping, query).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(InputError);
      expect((refused as Error).message).toMatch(
        /^column x: got the type .*, wanted a text or a whole number.*--derive/,
      );
    }
    const grouped = count(engine, { ...recordsMapping, group: 'x' }, query);
    await expect(grouped).rejects.toThrow(/column x: got the type .*, wanted a text/);
  });
});

onPostgres('a type of PostgreSQL that is of no use', () => {
  it('is told by its name', async () => {
    const found = await useWarehouse(urls['postgres']!, options, signal, (warehouse) =>
      warehouse.describe(`SELECT '{1,2}'::int[] AS list, '{}'::jsonb AS tree`),
    );
    expect(found).toEqual([
      { name: 'list', type: 'integer[]', kind: 'other' },
      { name: 'tree', type: 'jsonb', kind: 'other' },
    ]);
  });
});

onPostgres("PostgreSQL's types of its users", () => {
  beforeAll(() => {
    server!.run(`CREATE TYPE mood AS ENUM ('sad', '3')`);
    server!.run('CREATE DOMAIN feeling AS mood');
    server!.run('CREATE DOMAIN name_of AS varchar(9)');
    server!.run('CREATE DOMAIN price AS numeric');
  });

  it('are texts and numbers as their values are', async () => {
    const query = `SELECT 'sad'::mood AS e, '3'::feeling AS f, 'x'::name_of AS n, 2.5::price AS p`;
    const found = await asked('postgres', query, ({ warehouse: { dialect }, columns }) => ({
      e: wordIn(dialect, columns[0]!),
      f: dialect.asNumber(columns[1]!),
      n: wordIn(dialect, columns[2]!),
      p: dialect.asNumber(columns[3]!),
    }));
    expect(found).toEqual([{ e: 'sad', f: 3, n: 'x', p: 2.5 }]);
  });

  it('are words to learn from', async () => {
    const features = { m: { column: 'm', kind: 'categorical' } } as const;
    const mood = `(CASE WHEN i < 5 THEN 'sad' ELSE '3' END)`;
    const of = async (engine: string, column: string): Promise<object> => {
      const query = records(engine, `${column} AS m`);
      const { table } = await count(engine, { ...recordsMapping, features }, query);
      return [table.vocabularies, table.impressions, table.clicks, table.features.values];
    };
    expect(await of('postgres', `${mood}::mood`)).toEqual(await of('duckdb', mood));
  });
});

/** Texts, and the numbers that all engines read in them. */
const numerals: readonly (readonly [text: string, number: number | null])[] = [
  ...([
    ['3', 3],
    [' 3', 3],
    ['3 ', 3],
    ['\t-3\r\n', -3],
    ['+5', 5],
    ['1\t', 1],
  ] as const),
  ...([
    ['.5', 0.5],
    ['5.', 5],
    ['-2.5e-1', -0.25],
    ['1e+5', 1e5],
    ['1E5', 1e5],
  ] as const),
  ...([
    ['1e100', 1e100],
    ['1e400', null],
    ['1e-400', 0],
    ['-1e999', null],
  ] as const),
  ...([
    ['1_000', null],
    ['1e1000', null],
    ['0x10', null],
    ['1,5', null],
    ['1 5', null],
  ] as const),
  ...([
    ['+', null],
    ['.', null],
    ['1e', null],
    ['--1', null],
    ['+-1', null],
    ['', null],
  ] as const),
  ...([
    ['inf', null],
    ['nan', null],
    ['Infinity', null],
    ['true', null],
    ['٣', null],
  ] as const),
  ...([
    ['0'.repeat(300) + '7', 7],
    ['9'.repeat(400), null],
    ['0'.repeat(2000), null],
  ] as const),
];

describe.each(engines)('%s', (engine) => {
  it('reads the same numbers in texts as every engine', async () => {
    const query = await useWarehouse(urls[engine]!, options, signal, async ({ dialect }) => {
      const texts = numerals.map(([text]) => dialect.text(text));
      return listed(engine, texts);
    });
    const found = await asked(engine, query, ({ warehouse: { dialect }, columns }) => ({
      text: dialect.asText(columns[0]!),
      number: numberIn(dialect, columns[0]!),
    }));
    const read = new Map(found.map(({ text, number }) => [text, number]));
    expect([...read]).toHaveLength(numerals.length);
    expect(numerals.map(([text]) => [text, read.get(text)])).toEqual(numerals);
  });
});

it("DuckDB's other types of text are looked through for numbers too", async () => {
  const query = `SELECT '3'::ENUM ('3') AS e, '00000000-0000-0000-0000-000000000003'::UUID AS u`;
  const found = await asked('duckdb', query, ({ warehouse: { dialect }, columns }) => ({
    e: numberIn(dialect, columns[0]!),
    u: numberIn(dialect, columns[1]!),
  }));
  expect(found).toEqual([{ e: 3, u: null }]);
});

describe.each(engines.filter((engine) => engine !== 'clickhouse'))('%s', (engine) => {
  it.each(['timestamp', 'timestamptz', 'date'])('has no %s that never is', async (type) => {
    const moment = `CAST(CASE WHEN i = 3 THEN 'infinity' WHEN i = 4 THEN '-infinity' ELSE '2026-01-01' END AS ${type})`;
    const query = records(engine, `${moment} AS moment`);
    const { counts } = await count(engine, { ...recordsMapping, time: 'moment' }, query);
    expect(counts).toMatchObject({ rows: 10, usable: 8, dirty: 2 });
    expect(counts.reasons).toMatchObject([{ reason: 'moment is not a time', rows: 2 }]);
    const value = expect.stringMatching(/^-?infinity$/);
    expect(counts.examples[0]).toMatchObject({ column: 'moment', value });
  });
});

onPostgres('days of PostgreSQL that DuckDB does not have', () => {
  it('are counted', async () => {
    const moment = `(CASE WHEN i < 5 THEN '2026-01-01' ELSE '500000-01-01' END)::date`;
    const query = records('postgres', `${moment} AS moment`);
    const { counts } = await count('postgres', { ...recordsMapping, time: 'moment' }, query);
    expect(counts.usable).toBe(10);
  });
});

onPostgres('numbers of PostgreSQL that no double holds', () => {
  it.each([
    ['1e400::numeric', 1, 'x is not a number'],
    [`'Infinity'::numeric`, 1, 'x is not a number'],
    [`'NaN'::numeric`, 1, 'x is not a number'],
    [`repeat('9', 400)`, 1, 'x is not a number'],
    [`repeat('9', 200000)`, 1, 'x is not a number'],
    ['1e-400::numeric', 0, undefined],
  ])('%s is a dirty row', async (value, dirty, reason) => {
    const type = value.startsWith('repeat') ? 'text' : 'numeric';
    const column = `CASE WHEN i = 3 THEN ${value} ELSE i::${type} END AS x`;
    const features = { x: { column: 'x', kind: 'numeric' } } as const;
    const { counts } = await count(
      ...(['postgres', { ...recordsMapping, features }, records('postgres', column)] as const),
    );
    expect(counts).toMatchObject({ rows: 10, dirty, usable: 10 - dirty });
    expect(counts.reasons[0]?.reason).toBe(reason);
  });

  it('are told in a few words where they stop a query', async () => {
    const query = `SELECT repeat('9', 5000)::float8 AS x`;
    const refused = asked('postgres', query, () => ({ x: 'x' }));
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/out of range/);
    expect(message.length).toBeLessThan(600);
  });
});

describe.each(engines)('%s', (engine) => {
  it('shows what stands in a row that cannot be used', async () => {
    const mapping = { ...recordsMapping, clicks: 'x' };
    const { counts } = await count(engine, mapping, records(engine, '2 * i - 1 AS x'));
    expect(counts.examples).toContainEqual(expect.objectContaining({ column: 'x', value: '-1' }));
  });
});
