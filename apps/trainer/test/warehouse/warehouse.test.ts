import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Registry } from '@adscale/ctr';
import { InputError } from '../../src/cli/exit.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import { Reporter } from '../../src/cli/reporter.js';
import { readOwnData, type OwnData } from '../../src/retrain/own-data.js';
import { Database } from '../../src/source/database.js';
import { useWarehouse, warehouseData } from '../../src/warehouse/open.js';
import { readWarehouse, type WarehouseTable } from '../../src/warehouse/read.js';
import { read } from '../reading.js';
import { adscale } from '../run.js';
import { NOT_INSTALLED, PostgresServer, programs } from './postgres-server.js';

const ROWS = 6000;

/** Impressions, made of their numbers by arithmetic that all engines do alike, to the bit. */
const logSelect = `SELECT
    CASE WHEN i * 7907 % 1009 < 40 + i * 31 % 17 * 5 THEN 1 ELSE 0 END AS clicked,
    concat('s''\\', cast(i * 31 % 17 AS varchar)) AS site,
    CASE i * 13 % 7 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'desktop' ELSE 'mobile' END AS device,
    cast(i * 7919 % 5003 AS double precision) / 64 AS bid,
    cast(i * 11 % 24 AS integer) AS hour,
    DATE '2026-03-01' + cast(i % 30 AS integer) AS day
  FROM numbers`;

/** Records; a few of them break a rule. */
const recordsSelect = `SELECT
    cast(CASE WHEN i = 7 THEN -1 WHEN i = 8 THEN 0 ELSE 1 + i * 13 % 500 END AS integer) AS shown,
    cast(CASE WHEN i = 9 THEN 100000 ELSE (1 + i * 13 % 500) * (i * 31 % 7) / 60 END AS integer) AS clicks,
    concat('c', cast(i * 31 % 7 AS varchar)) AS campaign,
    CASE WHEN i = 10 THEN NULL ELSE cast(i * 7919 % 5003 AS double precision) / 64 END AS bid
  FROM numbers`;

const logMapping: Mapping = {
  label: 'clicked',
  features: {
    device: { column: 'device', kind: 'categorical', missing: true },
    site: { column: 'site', kind: 'word' },
    bid: { column: 'bid', kind: 'numeric', minimum: 0 },
    hour: { column: 'hour', kind: 'integer' },
  },
};

const recordsMapping: Mapping = {
  impressions: 'shown',
  clicks: 'clicks',
  dirty: 'drop',
  features: {
    campaign: { column: 'campaign', kind: 'categorical' },
    bid: { column: 'bid', kind: 'numeric', minimum: 0 },
  },
};

const signal = new AbortController().signal;
const options = { threads: 2, memoryLimit: '300MB' };
let folder: string;
/** By engine: where the tables are. */
const urls: Record<string, string> = {};
let server: PostgresServer | undefined;
if (programs === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adscale-warehouse-'));
  const instance = await DuckDBInstance.create(join(folder, 'ads.db'));
  const connection = await instance.connect();
  const numbers = `WITH numbers AS (SELECT range AS i FROM range(${ROWS}))`;
  const whole = (select: string): string => select.replace(') / 60', ') // 60');
  await connection.run(`CREATE TABLE log AS ${numbers} ${logSelect}`);
  await connection.run(`CREATE TABLE records AS ${numbers} ${whole(recordsSelect)}`);
  await connection.run(`COPY log TO '${join(folder, 'log.parquet')}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  urls['duckdb'] = `duckdb://${join(folder, 'ads.db')}`;
  if (programs === undefined) return;
  server = await PostgresServer.start();
  const generated = `WITH numbers AS (SELECT i::bigint FROM generate_series(0, ${ROWS - 1}) AS i)`;
  server.run(`CREATE TABLE log AS ${generated} ${logSelect}`);
  server.run(`CREATE TABLE records AS ${generated} ${recordsSelect}`);
  urls['postgres'] = server.url;
}, 120_000);

afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly table?: string;
  readonly query?: string;
  readonly maxCells?: number;
  readonly maxBins?: number;
}

/** Counts a table of an engine. */
function count(
  engine: string,
  mapping: Mapping,
  { table, query, maxCells, maxBins = 16 }: Asked,
): Promise<WarehouseTable> {
  const data = warehouseData(urls[engine]!, { table, query });
  return useWarehouse(urls[engine]!, options, signal, (warehouse) =>
    Database.use(options, signal, (database) =>
      readWarehouse(database, warehouse, { data, mapping, maxBins, maxCells }),
    ),
  );
}

const columnsOf = ({ table }: Pick<WarehouseTable, 'table'>): object => ({
  // Typical values are those of cells, not of the first rows.
  schema: table.features.schema.features.map(({ example: _, ...feature }) => feature),
  values: table.features.values.map((column) => [...column]),
  impressions: [...table.impressions],
  clicks: [...table.clicks],
  time: table.time && [...table.time],
});

const engines = programs === undefined ? ['duckdb'] : ['duckdb', 'postgres'];

describe.each(engines)('%s', (engine) => {
  it('counts a log into the cells that the same rows in a file are', async () => {
    const counted = await count(engine, logMapping, { table: 'log' });
    const file = await read({ input: [join(folder, 'log.parquet')] }, logMapping, 16);
    expect(columnsOf(counted)).toEqual(columnsOf(file));
    expect(counted.table.vocabularies).toEqual(file.table.vocabularies);
    expect(counted.counts).toEqual(file.counts);
    expect(counted.mapping).toEqual(file.mapping);
  });

  it('keeps the days of a log, and leaves the youngest and others out', async () => {
    const mapping = {
      ...logMapping,
      ...{ time: 'day', mature_days: 2, where: ['early > 3'], derived: { early: 'hour * 2' } },
    };
    const counted = await count(engine, mapping, { table: 'log' });
    const file = await read({ input: [join(folder, 'log.parquet')] }, mapping, 16);
    expect(columnsOf(counted)).toEqual(columnsOf(file));
    expect(counted.counts).toEqual(file.counts);
    expect(counted.counts.left_out).toBeGreaterThan(0);
    expect(new Set(counted.table.time).size).toBe(28);
  });

  it('counts records by what is wrong with them, and says what they hold', async () => {
    const { counts, table } = await count(engine, recordsMapping, { table: 'records' });
    expect(counts).toMatchObject({ rows: ROWS, usable: ROWS - 4, dirty: 4 });
    const reasons = Object.fromEntries(counts.reasons.map(({ reason, rows }) => [reason, rows]));
    expect(reasons).toEqual({
      'shown is not a whole number': 1,
      'shown is 0': 1,
      'more clicks than shown': 1,
      'bid is empty': 1,
    });
    const sample = { column: 'clicks', value: '100000' };
    expect(counts.examples).toContainEqual(expect.objectContaining(sample));
    const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
    expect(sum(table.impressions)).toBeGreaterThan(ROWS);
    const refused = count(engine, { ...recordsMapping, dirty: 'refuse' }, { table: 'records' });
    await expect(refused).rejects.toThrow(/4 rows cannot be used/);
  });

  it('puts bins together where there are too many cells, then draws cells, and says so', async () => {
    const whole = await count(engine, logMapping, { table: 'log', maxBins: 64 });
    const { cells } = whole.counting;
    const fewer = await count(engine, logMapping, {
      ...{ table: 'log', maxBins: 64, maxCells: Math.round(cells * 0.95) },
    });
    expect(fewer.counting.cells).toBeLessThan(cells);
    expect(fewer.counting.coarsened![0]).toMatch(/bid has 32 bins instead of 64/);
    const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
    expect(sum(fewer.table.impressions)).toBe(ROWS);
    const drawn = await count(engine, logMapping, { table: 'log', maxBins: 64, maxCells: 500 });
    expect(drawn.counting.drawn).toBeLessThan(1);
    expect(drawn.counting.cells).toBeGreaterThan(200);
    expect(drawn.counting.cells).toBeLessThan(1000);
    expect(drawn.notes.join()).toMatch(/% of the cells are learned from/);
  });

  it.each([
    [
      'a condition',
      { ...logMapping, where: ['nonsense > 3'] },
      /mapping: where\.0: got "nonsense > 3"/,
    ],
    ['a derived column', { ...logMapping, derived: { x: '1); SELECT (2' } }, /mapping: derived\.x/],
    ['a column', { ...logMapping, time: 'moment' }, /column moment is missing; got clicked, site/],
    ['its type', { ...logMapping, time: 'site' }, /column site: got the type .*wanted a date/],
    ['restated rows', { ...logMapping, restated: 'newest' as const }, /restated: got newest/],
  ])('tells what is wrong with %s', async (_, mapping, told) => {
    const error = await count(engine, mapping, { table: 'log' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(told);
  });

  it.each(['adscale_k', 'Adscale_F0'])('refuses a column that is called %s', async (name) => {
    const refused = count(engine, logMapping, { query: `SELECT *, 1 AS "${name}" FROM log` });
    await expect(refused).rejects.toThrow(
      new InputError(
        `column ${name}: got a name that begins with adscale_, wanted another one, which a SELECT of --query gives it`,
      ),
    );
    const derived = { [name]: 'hour * 2' };
    const made = count(engine, { ...logMapping, derived }, { table: 'log' });
    await expect(made).rejects.toThrow(/a name that begins with adscale_/);
  });

  it('takes one SELECT, and nothing behind it', async () => {
    const { counts } = await count(engine, logMapping, { query: 'SELECT * FROM log; ' });
    expect(counts.rows).toBe(ROWS);
    const two = count(engine, logMapping, { query: 'SELECT * FROM log; DROP TABLE log' });
    await expect(two).rejects.toThrow(InputError);
    const out = count(engine, logMapping, { query: 'SELECT * FROM log) AS a; DROP TABLE log; --' });
    await expect(out).rejects.toThrow(InputError);
    expect((await count(engine, logMapping, { table: 'log' })).counts.rows).toBe(ROWS);
  });

  it('refuses a feature that leaks the clicks', async () => {
    const features = { ...logMapping.features, cost: { column: 'cost', kind: 'numeric' } } as const;
    const query = 'SELECT *, clicked * 0.3 AS cost FROM log';
    const leaking = count(engine, { ...logMapping, features }, { query });
    await expect(leaking).rejects.toThrow(/feature cost leaks the target/);
  });
});

const both = programs === undefined ? it.skip : it;

both('records are the same cells in all engines', async () => {
  const [one, other] = await Promise.all(
    engines.map((engine) => count(engine, recordsMapping, { table: 'records' })),
  );
  expect(columnsOf(one!)).toEqual(columnsOf(other!));
  expect(one!.counting).toMatchObject({
    rows: ROWS,
    held_out_by: expect.stringMatching(/16 parts/),
  });
});

it.each([
  ['rec.csv', 'clicked,site\n1,a\n0,b\n'],
  ['empty.db', ''],
])('%s is no database of DuckDB', async (name, text) => {
  await writeFile(join(folder, name), text);
  const url = `duckdb://${join(folder, name)}`;
  const refused = useWarehouse(url, options, signal, () => Promise.resolve());
  await expect(refused).rejects.toThrow(
    new InputError(
      `${url}: got a file that is no database of DuckDB; files of data are named without --source`,
    ),
  );
  const folderItself = useWarehouse(`duckdb://${folder}`, options, signal, () => Promise.resolve());
  await expect(folderItself).rejects.toBeInstanceOf(InputError);
});

describe('the program', () => {
  const train = (url: string, name: string, more: readonly string[] = []) =>
    adscale([
      ...['train', '--source', url, '--table', 'records', '--mapping', join(folder, 'map.yaml')],
      ...['--model', 'forest', '--trees', '5', '--bins', '16', '--no-report', '--json'],
      ...['-o', join(folder, name), ...more],
    ]);

  beforeAll(() => writeFile(join(folder, 'map.yaml'), JSON.stringify(recordsMapping)));

  it('trains, evaluates and remembers where the rows are', async () => {
    const trained = await train(urls['duckdb']!, 'models');
    expect(trained.status).toBe(0);
    const { card } = JSON.parse(trained.stdout);
    expect(card.recipe.warehouse).toEqual({ url: urls['duckdb'], table: 'records' });
    expect(card.counting).toMatchObject({ engine: 'duckdb', rows: ROWS });
    expect(card.counting.crossed.bytes).toBeGreaterThan(1000);
    const where = ['--source', urls['duckdb']!, '--table', 'records'];
    const judged = await adscale(['evaluate', ...where, '-m', join(folder, 'models'), '--json']);
    expect(judged.stderr).toMatch(/trained on this very data/);
    const result = JSON.parse(judged.stdout);
    expect(result.trained_on_this_data).toBe(true);
    const few = ['--max-cells', '20', '--json'];
    const partly = await adscale(['evaluate', ...where, '-m', join(folder, 'models'), ...few]);
    expect(partly.status).toBe(0);
    expect(partly.stderr).toMatch(/% of the cells judge, drawn by a hash/);
    expect(partly.stderr).not.toMatch(/learned from/);
    // A model answers the row without a bid too, which it was not trained on.
    const withoutBid = 1 + 10 * 13;
    expect(result.evaluation.impressions).toBe(
      card.training.impressions + card.held_out.impressions + withoutBid,
    );
  });

  it('counts again what a card names, where it is now, and says so where it is gone', async () => {
    expect((await train(urls['duckdb']!, 'again')).status).toBe(0);
    const registry = new Registry(join(folder, 'again'));
    const version = (await registry.current())!;
    const known = { version, card: await registry.card(version) };
    const again = (more: object, moved = known): Promise<OwnData> =>
      readOwnData(moved, { ...options, ...more }, new Reporter(true), signal);
    const own = await again({});
    const { training, held_out: heldOut } = known.card;
    const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
    expect(sum(own.table.impressions)).toBe(training.impressions + heldOut.impressions);
    expect(own.source).toBe(`${urls['duckdb']}: records`);
    const query = 'SELECT * FROM records WHERE shown < 100';
    const part = await again({ source: urls['duckdb'], query });
    expect(part.recipe.warehouse).toEqual({ url: urls['duckdb'], query });
    expect(part.table.features.rows).toBeLessThan(own.table.features.rows);
    const { recipe } = known.card;
    const gone = { ...recipe!, warehouse: { url: 'duckdb:///nowhere.db', table: 'records' } };
    await expect(again({}, { version, card: { ...known.card, recipe: gone } })).rejects.toThrow(
      /cannot be counted again: duckdb:\/\/\/nowhere\.db: there is no such file; name it by --source/,
    );
    await expect(again({ table: 'records' })).rejects.toThrow(/--table: wanted --source/);
  });

  it('drafts a mapping with the figures of all rows', async () => {
    const output = join(folder, 'draft.yaml');
    const where = ['--source', urls['duckdb']!, '--table', 'records'];
    const names = ['--impressions', 'shown', '--clicks', 'clicks', '-o', output];
    const { status, stdout } = await adscale(['inspect', ...where, ...names, '--json']);
    expect(status).toBe(0);
    const { columns, mapping, dirty } = JSON.parse(stdout);
    const all = Array.from({ length: ROWS }, (_, i) => ((i * 7919) % 5003) / 64);
    const bids = Float64Array.from(all.toSpliced(10, 1)).sort();
    const at = (level: number): number => bids[Math.ceil(level * bids.length) - 1]!;
    expect(columns.find(({ name }: { name: string }) => name === 'bid')).toMatchObject({
      ...{ rows: ROWS, missing: 1, type: 'number' },
      quantiles: [0, ...[0.05, 0.25, 0.5, 0.75, 0.95].map(at), bids.at(-1)],
    });
    expect(mapping).toMatchObject({ impressions: 'shown', clicks: 'clicks' });
    expect(dirty.rows).toBe(ROWS);
  });

  const onServer = programs === undefined ? it.skip : it;

  onServer('gives the same model from PostgreSQL, byte for byte', async () => {
    const digests: Buffer[] = [];
    for (const engine of engines) {
      expect((await train(urls[engine]!, engine)).status).toBe(0);
      const registry = new Registry(join(folder, engine));
      const version = (await registry.current())!;
      digests.push(await readFile(join(folder, engine, 'versions', version, 'model.adsf')));
    }
    expect(digests[0]!.equals(digests[1]!)).toBe(true);
  });

  onServer('publishes nothing when the server is lost, and says which', async () => {
    await server!.kill();
    const { status, stderr } = await train(urls['postgres']!, 'lost');
    await server!.resume();
    expect(status).toBe(2);
    expect(stderr).toContain(urls['postgres']);
    await expect(readdir(join(folder, 'lost', 'versions'))).rejects.toThrow(/ENOENT/);
  });

  it('wants a table or a query, and no file beside it', async () => {
    const refused = async (args: readonly string[]): Promise<string> => {
      const { status, stderr } = await adscale(['train', '--source', urls['duckdb']!, ...args]);
      expect(status).toBe(2);
      return stderr;
    };
    expect(await refused([])).toMatch(/neither --table nor --query/);
    expect(await refused(['ads.csv', '--table', 'log'])).toMatch(/ads\.csv beside it/);
    expect(await refused(['--table', 'nowhere'])).toMatch(/nowhere/);
  });

  it.each([
    ['train', '--table', '', /--table.*wanted a text that is not empty/],
    ['inspect', '--query', ' ', /--query.*wanted a text that is not empty/],
    ['retrain', '--table', '', /--table.*wanted a text that is not empty/],
    ['retrain', '--query', '', /--query.*wanted a text that is not empty/],
    ['train', '--max-cells', '0', /--max-cells.*wanted a whole number from 2/],
    ['evaluate', '--max-cells', '1', /--max-cells.*wanted a whole number from 2/],
  ])('%s refuses %s %j by name', async (command, flag, value, told) => {
    const { status, stderr } = await adscale([command, '--source', urls['duckdb']!, flag, value]);
    expect(stderr).toMatch(told);
    expect(status).toBe(2);
  });
});
