// How fast rows are scored, without and with reading and writing them:
//
//   node apps/trainer/bench/scoring.mjs                     2 M rows
//   node apps/trainer/bench/scoring.mjs --rows 500000
//
// The first table is processor time: the database runs a query over rows in its memory once with
// the model in it and once with a sum of the features in its place, in turns; what the model adds
// is the difference. So it holds whatever the function costs: the call, laying rows out, predicting
// and handing the answers back. "Packed" is the same forest where it has no table, as a forest of
// more features would be. The second table is the command as a user runs it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CtrModel, defaultSchema, trainCtr } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { DuckDBInstance } from '@duckdb/node-api';
import { Scorer } from '../dist/score/scorer.js';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    repeats: { type: 'string', default: '7' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const rows = Number(flags.rows);
const repeats = Number(flags.repeats);
const devices = defaultSchema.features[2].categories;

function tableOf(count, seed) {
  const { columns } = generate({ rows: count, seed });
  const { impressions, clicks } = columns;
  return { features: columnsFrom(defaultSchema, columns), impressions, clicks };
}

/** The model as it is, and the same one kept from making a table. */
async function models() {
  const { bytes } = await trainCtr(tableOf(5000, 42));
  const table = CtrModel.load(bytes);
  const packed = CtrModel.load(bytes);
  Object.defineProperty(packed, 'compiled', { value: packed.forest.compile({ maxTableCells: 0 }) });
  return { table, packed };
}

async function fill(connection, count) {
  await connection.run(
    'CREATE OR REPLACE TABLE rows (i DOUBLE, p DOUBLE, d DOUBLE, b DOUBLE, k USMALLINT)',
  );
  const appender = await connection.createAppender('rows');
  const { columns } = generate({ rows: count, seed: 7 });
  for (let i = 0; i < count; i++) {
    appender.appendDouble(columns.impressions[i]);
    appender.appendDouble(columns.ad_position[i]);
    appender.appendDouble(devices.indexOf(columns.device_type[i]));
    appender.appendDouble(columns.budget[i]);
    appender.appendUSmallInt(0);
    appender.endRow();
  }
  appender.closeSync();
}

/** Microseconds of processor time, of all threads. */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function check(connection, name, model) {
  const reader = await connection.runAndReadAll(
    `SELECT i, p, d, b, ${name}(k, i, p, d, b) AS answer FROM rows LIMIT 5000`,
  );
  for (const [i, p, d, b, answer] of reader.getRows()) {
    assert.equal(answer, model.predictRow(Float64Array.of(i, p, d, b)));
  }
}

async function scoring() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const results = [];
  for (const [form, model] of Object.entries(await models())) {
    const name = `predict_${form}`;
    const count = form === 'table' ? rows : Math.min(rows, 50_000);
    await fill(connection, count);
    connection.registerScalarFunction(await new Scorer(model).asFunction(name));
    await check(connection, name, model);
    const run = (answer) => () => connection.run(`SELECT sum(${answer}) FROM rows`);
    const [scored, plain] = [run(`${name}(k, i, p, d, b)`), run('k + i + p + d + b')];
    await scored();
    const times = [];
    for (let r = 0; r < repeats; r++) times.push((await cpuOf(scored)) - (await cpuOf(plain)));
    const rates = times.map((time) => count / time).sort((a, b) => a - b);
    results.push({
      form: `${model.compiled.kind}, ${model.forest.trees.length} trees`,
      rows: count,
      'M rows a second of one core': `${rates[repeats >> 1].toFixed(2)} (${rates[0].toFixed(2)}–${rates.at(-1).toFixed(2)})`,
    });
  }
  connection.closeSync();
  instance.closeSync();
  console.table(results);
}

/**
 * Tells, at the end, the most memory that the process that does the work held, in kB, and its
 * processor time, in µs. It is the one that has a channel to the process that started it.
 */
const hook = `import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.channel) process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.error('used', maxRSS, userCPUTime + systemCPUTime);
});`;

async function adscale(...args) {
  const hooked = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program];
  const child = spawn(process.execPath, [...hooked, ...args]);
  let told = '';
  child.stderr.on('data', (text) => (told += text));
  const started = performance.now();
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0, told);
  const [, kilobytes, microseconds] = /used (\d+) (\d+)/.exec(told);
  return {
    seconds: ((performance.now() - started) / 1000).toFixed(1),
    'processor seconds': (Number(microseconds) / 1e6).toFixed(1),
    'most MB': Math.round(Number(kilobytes) / 1024),
  };
}

async function command() {
  const folder = await mkdtemp(join(flags.folder, 'scoring-'));
  const at = (name) => join(folder, name);
  try {
    await adscale('train', '-o', at('models'), '--no-report');
    const results = [];
    for (const ending of ['csv', 'parquet']) {
      const input = at(`in.${ending}`);
      await adscale('generate', '--rows', flags.rows, '--seed', '7', '-o', input);
      const output = at(`out.${ending}`);
      const limit = ['--memory-limit', '400MB'];
      const used = await adscale('predict', input, '-o', output, '-m', at('models'), ...limit);
      const megabytes = async (file) => Math.round((await stat(file)).size / 2 ** 20);
      const sizes = { 'MB in': await megabytes(input), 'MB out': await megabytes(output) };
      results.push({ file: ending, rows, ...used, ...sizes });
    }
    console.table(results);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
await scoring();
await command();
const load = loadavg().map((x) => x.toFixed(1));
console.log(
  `(${cpus()[0].model}, ${cpus().length} cores; Node ${process.version}; DuckDB on 2 threads; commit ${commit}; seed 42; load average ${load.join(', ')})`,
);
