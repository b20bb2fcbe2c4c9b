// How long it takes to bring data in, beside what DuckDB itself takes for the least that must be
// done: to load the CSV, to GROUP BY the Parquet columns that are mapped.
//
//   node apps/trainer/bench/import.mjs                              under a minute
//   node apps/trainer/bench/import.mjs --csv 12x19000,40x14,100x5000,1000x5000 --rows 20000000
//   node apps/trainer/bench/import.mjs --csv '' --rows 100000000 --tables log --memory-limit 1GB
//
// CSV files are inspected through the command line, from the start of the process to the draft
// written. Parquet files, a click log and a table of campaigns, are read as `train` reads them. The
// data is generated from hashes of row numbers, so that every run has the same. What is read is
// checked before it is timed.
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    csv: { type: 'string', default: '12x19000,40x14' },
    rows: { type: 'string', default: '1000000' },
    tables: { type: 'string', default: 'log,campaigns' },
    repeats: { type: 'string', default: '3' },
    'memory-limit': { type: 'string', default: '1GB' },
    threads: { type: 'string', default: String(cpus().length) },
    folder: { type: 'string', default: tmpdir() },
  },
});

async function withDuckDb(path, work) {
  const threads = flags.threads;
  const options = { threads, memory_limit: flags['memory-limit'] };
  const instance = await DuckDBInstance.create(path, options);
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Whole numbers below `most`, by chance. */
const chance = (salt, most) => `(hash(i * 5003 + ${salt}) % ${most})::INTEGER`;
const wordOf = (list, salt) =>
  `[${list.map((word) => `'${word}'`)}][1 + ${chance(salt, list.length)}]`;

/** Columns as an ad platform exports them, then as many words, counts and amounts as are wanted. */
function exportColumns(width) {
  const common = [
    `${chance(1, 900)} + 100 AS "Impressions"`,
    `${chance(2, 30)} AS "Clicks"`,
    `(DATE '2026-01-01' + ${chance(3, 180)})::VARCHAR AS "Day"`,
    `'Campaign ' || ${chance(4, 40)} AS "Campaign"`,
    `${wordOf(['mobile', 'desktop', 'tablet'], 5)} AS "Device"`,
    `round(1 + ${chance(6, 40)} / 10, 1) AS "Position"`,
  ];
  const kinds = [
    (c) => `'word ' || ${chance(c, 20)} AS "Word ${c}"`,
    (c) => `${chance(c, 1000)} AS "Count ${c}"`,
    (c) => `round(${chance(c, 100_000)} / 100, 2) AS "Amount ${c}"`,
  ];
  const further = Array.from({ length: width - common.length }, (_, c) => kinds[c % 3](c + 10));
  return [...common, ...further];
}

const parquetTables = {
  log: {
    mapping: {
      label: 'clicked',
      features: {
        position: { column: 'position', kind: 'integer', minimum: 1 },
        device: { column: 'device', kind: 'categorical' },
        country: { column: 'country', kind: 'categorical' },
        hour: { column: 'hour', kind: 'integer' },
        bid: { column: 'bid', kind: 'numeric', minimum: 0 },
      },
    },
    counts: 'count(*) AS n, count(*) FILTER (clicked) AS k',
    columns: [
      `${chance(1, 10)} + 1 AS position`,
      `${wordOf(['mobile', 'desktop', 'tablet'], 2)} AS device`,
      `${wordOf(['DE', 'FR', 'US', 'GB', 'NL', 'ES', 'IT', 'PL'], 3)} AS country`,
      `${chance(4, 24)} AS hour`,
      `round(exp(${chance(5, 50)} / 10), 2) AS bid`,
      `${chance(6, 100)} < 3 AS clicked`,
    ],
  },
  campaigns: {
    mapping: {
      impressions: 'impressions',
      clicks: 'clicks',
      features: {
        position: { column: 'position', kind: 'integer', minimum: 1 },
        device: { column: 'device', kind: 'categorical' },
        country: { column: 'country', kind: 'categorical' },
        bid: { column: 'bid', kind: 'numeric', minimum: 0 },
      },
    },
    counts: 'sum(impressions) AS n, sum(clicks) AS k',
    columns: [
      `${chance(1, 10)} + 1 AS position`,
      `${wordOf(['mobile', 'desktop', 'tablet'], 2)} AS device`,
      `${wordOf(['DE', 'FR', 'US', 'GB', 'NL', 'ES', 'IT', 'PL'], 3)} AS country`,
      `round(exp(${chance(5, 5000)} / 1000), 2) AS bid`,
      `${chance(6, 1000)} + 10 AS impressions`,
      `${chance(7, 10)} AS clicks`,
    ],
  },
};

/** Columns that a mapping takes something from. */
function mappedColumns({ label, impressions, clicks, features }) {
  const roles = [label, impressions, clicks].filter((name) => name !== undefined);
  return [...roles, ...Object.values(features).map(({ column }) => column)];
}

// In a process of its own, so that its memory is its own: one measurement of a Parquet file.
async function measureHere({ work, path, table, temp }) {
  const { mapping } = parquetTables[table];
  const measured = await (work === 'group' ? groupHere : readHere)(path, mapping, temp);
  process.send({ ...measured, memory: process.resourceUsage().maxRSS / 1024 });
}

/** What work takes, and its result. */
async function timed(work) {
  const before = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpu: (user + system) / 1e6, ...result };
}

function groupHere(path, mapping, temp) {
  const columns = mappedColumns(mapping).join(', ');
  return withDuckDb(join(temp, 'group.db'), (connection) =>
    timed(async () => {
      const result = await connection.runAndReadAll(
        `SELECT count(*)::DOUBLE AS groups FROM (SELECT ${columns}, count(*) FROM '${path}' GROUP BY ${columns})`,
      );
      return result.getRowObjects()[0];
    }),
  );
}

async function readHere(path, mapping, temp) {
  const { Database } = await import('../dist/source/database.js');
  const { openSource } = await import('../dist/source/source.js');
  const { readTable } = await import('../dist/rows/table.js');
  const threads = Number(flags.threads);
  const options = { threads, memoryLimit: flags['memory-limit'], temp };
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return Database.use(options, new AbortController().signal, (database) =>
    timed(async () => {
      const source = await openSource(database, { input: [path], threads });
      const { table, counts } = await readTable(database, source, { mapping, maxBins: 64 });
      return { rows: counts.rows, n: sum(table.impressions), k: sum(table.clicks) };
    }),
  );
}

function measureElsewhere(task) {
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, ADSCALE_BENCH_TASK: JSON.stringify(task) },
  });
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (status) => reject(new Error(`ended with status ${status}`)));
  });
}

/** Tells, at the end of each of the program's two processes, its memory in kB and its time in µs. */
const hook = `import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.error('used', maxRSS, userCPUTime + systemCPUTime);
});`;

async function inspect(path, draft) {
  const args = [
    ...['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program, 'inspect', path],
    ...['--output', draft, '--overwrite', '--json', '--threads', flags.threads],
  ];
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [found, told] = ['', ''];
  child.stdout.on('data', (text) => (found += text));
  child.stderr.on('data', (text) => (told += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - started) / 1000;
  assert.equal(status, 0, told);
  const used = [...told.matchAll(/used (\d+) (\d+)/g)];
  const sum = (part) => used.reduce((total, match) => total + Number(match[part]), 0);
  return { seconds, cpu: sum(2) / 1e6, memory: sum(1) / 1024, document: JSON.parse(found) };
}

async function loadRaw(path, temp) {
  const database = join(temp, 'raw.db');
  const loaded = await withDuckDb(database, (connection) =>
    timed(
      async () => void (await connection.run(`CREATE TABLE loaded AS FROM read_csv('${path}')`)),
    ),
  );
  await rm(database, { force: true });
  return loaded;
}

/** The median of repeated measurements, with the least and the most, of one of their figures. */
function spread(runs, figure, digits = 2) {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1].toFixed(digits);
  return `${middle} (${sorted[0].toFixed(digits)} to ${sorted.at(-1).toFixed(digits)})`;
}

const median = (runs, figure) =>
  runs.map((run) => run[figure]).sort((a, b) => a - b)[runs.length >> 1];

async function repeat(work) {
  const runs = [];
  for (let r = 0; r < Number(flags.repeats); r++) runs.push(await work());
  return runs;
}

async function benchCsv(size, folder) {
  const [width, rows] = size.split('x').map(Number);
  const path = join(folder, `${size}.csv`);
  await withDuckDb(':memory:', (connection) =>
    connection.run(
      `COPY (SELECT ${exportColumns(width).join(', ')} FROM range(${rows}) t(i)) TO '${path}' (HEADER)`,
    ),
  );
  const draft = join(folder, 'draft.yaml');
  const { document } = await inspect(path, draft);
  assert.equal(document.rows, rows);
  assert.equal(document.columns.length, width);
  const impressions = document.columns.find(({ name }) => name === 'Impressions');
  assert.equal(impressions.missing + impressions.unreadable, 0);
  assert.match(await readFile(draft, 'utf8'), /impressions: Impressions\nclicks: Clicks/);
  const ours = await repeat(() => inspect(path, draft));
  const raw = await repeat(() => loadRaw(path, folder));
  const megabytes = ((await stat(path)).size / 2 ** 20).toFixed(1);
  console.log(
    [
      `inspect ${width} columns x ${rows.toLocaleString('en')} rows, ${megabytes} MB of CSV:`,
      `  adscale  ${spread(ours, 'seconds')} s, processor time ${spread(ours, 'cpu')} s, memory ${spread(ours, 'memory', 0)} MB`,
      `  read_csv ${spread(raw, 'seconds')} s, processor time ${spread(raw, 'cpu')} s`,
    ].join('\n'),
  );
}

async function benchParquet(table, rows, folder) {
  const { columns, counts } = parquetTables[table];
  const path = join(folder, `${table}.parquet`);
  const [wanted] = await withDuckDb(':memory:', async (connection) => {
    await connection.run('SET preserve_insertion_order = false');
    await connection.run(
      `COPY (SELECT ${columns.join(', ')} FROM range(${rows}) t(i)) TO '${path}' (FORMAT parquet)`,
    );
    const result = await connection.runAndReadAll(
      `SELECT n::DOUBLE AS n, k::DOUBLE AS k FROM (SELECT ${counts} FROM '${path}')`,
    );
    return result.getRowObjects();
  });
  const ours = [];
  const raw = [];
  // By turns, so that what else the machine does bears on both.
  for (let r = 0; r < Number(flags.repeats); r++) {
    raw.push(await measureElsewhere({ work: 'group', path, table, temp: folder }));
    await rm(join(folder, 'group.db'), { force: true });
    ours.push(await measureElsewhere({ work: 'read', path, table, temp: folder }));
    const { n, k, rows: read } = ours[r];
    assert.deepEqual({ read, n, k }, { read: rows, ...wanted });
  }
  const megabytes = ((await stat(path)).size / 2 ** 20).toFixed(0);
  const ratio = (figure) => (median(ours, figure) / median(raw, figure)).toFixed(1);
  console.log(
    [
      `read ${table}, ${rows.toLocaleString('en')} rows, ${raw[0].groups.toLocaleString('en')} different, ${megabytes} MB of Parquet, ${flags['memory-limit']} to read with:`,
      `  adscale  ${spread(ours, 'seconds')} s, processor time ${spread(ours, 'cpu')} s, memory ${spread(ours, 'memory', 0)} MB`,
      `  GROUP BY ${spread(raw, 'seconds')} s, processor time ${spread(raw, 'cpu')} s, memory ${spread(raw, 'memory', 0)} MB`,
      `  ratio    ${ratio('seconds')} of time, ${ratio('cpu')} of processor time`,
    ].join('\n'),
  );
  await rm(path);
}

if (process.env.ADSCALE_BENCH_TASK !== undefined) {
  await measureHere(JSON.parse(process.env.ADSCALE_BENCH_TASK));
  process.disconnect();
} else {
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores, ${memory} GB; Node ${process.version}; medians of ${flags.repeats} (least to most)`,
  );
  const folder = await mkdtemp(join(flags.folder, 'import-bench-'));
  try {
    for (const size of flags.csv.split(',').filter(Boolean)) await benchCsv(size, folder);
    for (const table of flags.tables.split(',').filter(Boolean)) {
      await benchParquet(table, Number(flags.rows), folder);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
