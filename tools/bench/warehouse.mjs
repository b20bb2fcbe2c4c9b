/* npm run bench:warehouse: what training costs where the data lies, and what crosses the wire. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { count, duration } from './report.mjs';
import { timed } from './stopwatch.mjs';
import { ClickHouseShards, DuckDbFile, tableOf } from './warehouse_engines.mjs';
import { show } from './warehouse_report.mjs';

const help = `npm run bench:warehouse -- [options]

Writes a click log of 10^6, 10^7, … impressions, one row each, into two shards of ClickHouse on this
machine and into a file of DuckDB, and trains on both with "adscale train --source". Says how long it
takes, what crosses the wire, and what the trainer and the engine pay. First both must hold the same
log, and give the same model, byte for byte.

  --rows <n>      impressions of the largest log, as 1e8; default 1e7
  --runs <n>      trainings on each log, in turn; default 3
  --bins <n>      of a numeric feature; default 8
  --trees <n>     default 10
  --seed <n>      of log and forest; default 42
  --folder <dir>  for the logs: about 26 bytes an impression; default the system's temporary folder
  --json <file>   also write every figure to a file, which bench/warehouse_scale.mjs reads
  --show <file>   print the tables of such a file, and measure nothing
  --smoke         one log of 20,000: checks that it runs and that models are alike
  --help          this text
`;

const program = join(
  dirname(fileURLToPath(import.meta.url)),
  ...['..', '..', 'apps', 'trainer', 'dist', 'main.js'],
);
/** Bytes on disk of an impression in both engines together, and as much again to be on the safe side. */
const BYTES_A_ROW = 52;
/** Of the smallest log that is timed, and of the log that both engines must agree on. */
const SMALLEST = 1_000_000;
const AGREED = 100_000;
/** Shards whose cells one server puts together; the first is done twice, to warm up. */
const MERGED = [2, 2, 8, 32, 64];

const mapping = `label: clicked
features:
  placement: { column: placement, kind: word }
  position: { column: position, kind: categorical, categories: [top, side, bottom] }
  device: { column: device, kind: categorical, categories: [mobile, desktop, tablet] }
  hour: { column: hour, kind: integer, minimum: 0, maximum: 23 }
  bid: { column: bid, kind: numeric, exclusive_minimum: 0 }
`;

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const numbers = { rows: 1e7, runs: 3, bins: 8, trees: 10, seed: 42 };
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.keys(numbers).map((name) => [name, text])),
      ...{ folder: text, json: text, show: text, smoke: flag, help: flag },
    },
  });
  const wanted = { rows: [SMALLEST, 1e10], runs: [1, 100], bins: [2, 255], trees: [1, 1000] };
  for (const name of Object.keys(numbers)) {
    const number = Number(values[name] ?? numbers[name]);
    const [least, most] = wanted[name] ?? [0, 2 ** 31 - 1];
    if (!Number.isInteger(number) || number < least || number > most) {
      const range = `a whole number from ${least} to ${most}`;
      throw new Error(`--${name} is ${values[name]}, wanted ${range}`);
    }
    numbers[name] = number;
  }
  const sizes = values.smoke ? [20_000] : sizesUpTo(numbers.rows);
  return { folder: tmpdir(), ...values, ...numbers, sizes, ...(values.smoke && { runs: 1 }) };
}

/** 10^6, 10^7, … and at last `rows`. */
function sizesUpTo(rows) {
  const sizes = [];
  for (let size = SMALLEST; size < rows; size *= 10) sizes.push(size);
  return [...sizes, rows];
}

/** @throws Error if the folder's disk has too little room */
async function requireRoom(folder, sizes) {
  const { bavail, bsize } = await statfs(folder);
  const wanted = sizes.reduce((sum, rows) => sum + rows * BYTES_A_ROW, 0);
  if (bavail * bsize >= wanted) return;
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new Error(
    `--folder ${folder} has ${gigabytes(bavail * bsize)} free, wanted ${gigabytes(wanted)}`,
  );
}

/**
 * Tells, at the end, the most memory that the process that does the work held, in kB, and its
 * processor time, in µs. It is the one that has a channel to the process that started it.
 */
const hook = `import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.channel) process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write('used ' + maxRSS + ' ' + (userCPUTime + systemCPUTime) + '\\n');
});`;

/** Runs the program. @throws Error with what it said, if it fails */
async function adscale(args) {
  const hooked = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
  const child = spawn(process.execPath, [...hooked, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { stdout: '', stderr: '' };
  for (const name in told) child[name].on('data', (chunk) => (told[name] += chunk));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`adscale ${args.join(' ')}: status ${status}\n${told.stderr}`);
  const [, kilobytes, microseconds] = /used (\d+) (\d+)/.exec(told.stderr);
  return { memory: Number(kilobytes) * 1024, cpu: Number(microseconds) / 1e6, ...told };
}

/** Seconds of the stages that a training told, by their names. */
function stagesOf(stderr) {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{"stage"'));
  return Object.fromEntries(lines.map(JSON.parse).map(({ stage, seconds }) => [stage, seconds]));
}

/** Trains once on a log. @returns what it cost, and the digest of the model file */
async function train(engine, rows, { folder, bins, trees, seed }) {
  const output = await mkdtemp(join(folder, 'models-'));
  const settings = { bins, trees, seed, model: 'forest', output };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const data = ['--source', engine.source(rows), '--table', tableOf(rows)];
  const said = ['--mapping', join(folder, 'mapping.yaml'), '--no-report', '--json'];
  const before = await engine.counted();
  const { result, wall } = await timed(() => adscale(['train', ...data, ...said, ...flags]));
  const after = await engine.counted();
  const paid = Object.fromEntries(
    Object.keys(after).map((name) => [name, after[name] - before[name]]),
  );
  const [version] = await readdir(join(output, 'versions'));
  const model = await readFile(join(output, 'versions', version, 'model.adsf'));
  await rm(output, { recursive: true });
  const { card } = JSON.parse(result.stdout);
  return {
    ...{ seconds: wall, stages: stagesOf(result.stderr), memory: result.memory },
    ...{ trainerCpu: result.cpu, engine: paid, counting: card.counting },
    digest: createHash('sha256').update(model).digest('hex'),
  };
}

/** @throws Error unless both engines hold the same log and the models of it are one */
async function requireAgreement(engines, rows, options) {
  const held = [];
  const trained = [];
  for (const engine of engines) {
    await engine.fill(options.seed, rows);
    held.push(JSON.stringify(await engine.check(rows)));
    trained.push((await train(engine, rows, options)).digest);
  }
  const alike = (list) => list.every((one) => one === list[0]);
  if (!alike(held)) throw new Error(`the engines hold different logs of ${rows} impressions`);
  if (!alike(trained))
    throw new Error(`models of ${rows} impressions differ: ${trained.join(', ')}`);
  return trained[0];
}

/** Fills both, and makes sure that they hold the same. */
async function fillAll(engines, rows, { seed }) {
  const held = [];
  for (const engine of engines) {
    const { wall } = await timed(() => engine.fill(seed, rows));
    held.push(JSON.stringify(await engine.check(rows)));
    const size = ((await engine.bytesOnDisk(rows)) / 1e6).toFixed(0);
    console.error(`${engine.name}: ${count(rows)} impressions in ${duration(wall)}, ${size} MB`);
  }
  if (held.some((one) => one !== held[0])) throw new Error(`the logs of ${rows} rows differ`);
}

/** All trainings on a log, the engines in turn. @returns by engine */
async function measure(engines, rows, options) {
  const runs = engines.map(() => []);
  for (let run = 0; run < options.runs; run++) {
    for (let i = 0; i < engines.length; i++) {
      const at = (i + run) % engines.length;
      runs[at].push(await train(engines[at], rows, options));
    }
  }
  const digests = new Set(runs.flat().map(({ digest }) => digest));
  if (digests.size !== 1)
    throw new Error(`${digests.size} models of ${rows} impressions, wanted 1`);
  return runs;
}

/** Checks, then measures each size; prints one table, and keeps every figure where that is wanted. */
async function benchmark(engines, options) {
  const agreed = options.smoke ? options.sizes[0] : AGREED;
  const digest = await requireAgreement(engines, agreed, options);
  console.log(`${count(agreed)} impressions: one log, one model (${digest.slice(0, 12)}…)\n`);
  const merging = await engines[0].merging(agreed, options.smoke ? [2] : MERGED);
  const { runs, bins, trees, seed } = options;
  const document = { machine: describeMachine(), runs, bins, trees, seed, measured: [], merging };
  for (const rows of options.smoke ? [] : options.sizes) {
    await fillAll(engines, rows, options);
    const byEngine = await measure(engines, rows, options);
    const trained = engines.map(({ name }, i) => ({ name, runs: byEngine[i] }));
    document.measured.push({ rows, engines: trained });
    // The next size may take an hour, so what is known is written down.
    if (options.json) await writeFile(options.json, `${JSON.stringify(document, null, 2)}\n`);
  }
  show(document);
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  if (options.show) return show(JSON.parse(await readFile(options.show, 'utf8')));
  await requireRoom(options.folder, options.sizes);
  const folder = await mkdtemp(join(options.folder, 'adscale-warehouse-'));
  const engines = [];
  const cleanUp = async () => {
    for (const engine of engines) await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  // Servers and logs would outlive a benchmark that is stopped.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
  }
  try {
    const shards = await ClickHouseShards.start(folder);
    if (typeof shards === 'string') return void console.log(`skipped: ${shards}`);
    engines.push(shards, await DuckDbFile.start(folder));
    await writeFile(join(folder, 'mapping.yaml'), mapping);
    await benchmark(engines, { ...options, folder });
  } finally {
    await cleanUp();
  }
}

await main();
