// Trains on a click log, one row an impression, through the command line:
//
//   node apps/trainer/bench/click_log.mjs                           1 M impressions
//   node apps/trainer/bench/click_log.mjs --impressions 100000000   100 M
//
// The log is drawn from generated placements with a known true CTR: an impression belongs to a
// placement by chance and is clicked with the placement's probability. It prints how long writing
// and training took, the most memory that training held, and how near the model is to the truth.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generate } from '@adscale/datagen';
import { DuckDBInstance } from '@duckdb/node-api';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    impressions: { type: 'string', default: '1000000' },
    placements: { type: 'string', default: '20000' },
    trees: { type: 'string', default: '100' },
    'memory-limit': { type: 'string', default: '1GB' },
    folder: { type: 'string', default: tmpdir() },
  },
});

/** Writes the log with SQL: chance is a hash of the row's number, so every run writes the same. */
async function writeLog(path, impressions, placements) {
  const { columns } = generate({ rows: placements, seed: 42 });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    'CREATE TABLE placements (id INTEGER, ad_position TINYINT, device_type VARCHAR, budget DOUBLE, true_ctr DOUBLE)',
  );
  const appender = await connection.createAppender('placements');
  for (let i = 0; i < placements; i++) {
    appender.appendInteger(i);
    appender.appendTinyInt(columns.ad_position[i]);
    appender.appendVarchar(columns.device_type[i]);
    appender.appendDouble(columns.budget[i]);
    appender.appendDouble(columns.true_ctr[i]);
    appender.endRow();
  }
  appender.closeSync();
  const chance = '((hash(range * 2) >> 11) / 9007199254740992.0)';
  await connection.run(`
    COPY (
      SELECT ad_position, device_type, budget, true_ctr, ${chance} < true_ctr AS clicked
      FROM range(${impressions}) JOIN placements ON id = hash(range * 2 + 1) % ${placements}
    ) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

const mapping = `
label: clicked
true_ctr: true_ctr
features:
  ad_position: { column: ad_position, kind: integer, minimum: 1, maximum: 10 }
  device_type: { column: device_type, kind: categorical, categories: [mobile, desktop, tablet] }
  budget: { column: budget, kind: numeric, exclusive_minimum: 0 }
`;

/**
 * Tells, at the end, the most memory that the process that does the work held, in kB, and its
 * processor time, in µs. It is the one that has a channel to the process that started it.
 */
const hook = `import { isMainThread } from 'node:worker_threads';
if (isMainThread && process.channel) process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.error('used', maxRSS, userCPUTime + systemCPUTime);
});`;

async function train(folder, log) {
  const args = [
    ...['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program, 'train', log],
    ...['--mapping', join(folder, 'mapping.yaml'), '--output', join(folder, 'models')],
    ...['--trees', flags.trees, '--memory-limit', flags['memory-limit'], '--temp', folder],
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
    process.stderr.write(text);
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(status, 0);
  const [, kilobytes, microseconds] = /used (\d+) (\d+)/.exec(told);
  return { memory: Number(kilobytes) / 1024, cpu: Number(microseconds) / 1e6 };
}

async function timed(work) {
  const started = performance.now();
  const result = await work();
  return [((performance.now() - started) / 1000).toFixed(1), result];
}

const impressions = Number(flags.impressions);
const folder = await mkdtemp(join(flags.folder, 'click-log-'));
try {
  const log = join(folder, 'log.parquet');
  const [writing] = await timed(() => writeLog(log, impressions, Number(flags.placements)));
  const megabytes = (await stat(log)).size / 2 ** 20;
  console.log(
    `log: ${impressions.toLocaleString('en')} impressions, ${megabytes.toFixed(0)} MB of Parquet, written in ${writing} s`,
  );
  await writeFile(join(folder, 'mapping.yaml'), mapping);
  const [training, { memory, cpu }] = await timed(() => train(folder, log));
  const [version] = await readdir(join(folder, 'models/versions'));
  const card = JSON.parse(
    await readFile(join(folder, 'models/versions', version, 'model.json'), 'utf8'),
  );
  const total = card.training.impressions + card.held_out.impressions;
  assert.equal(total, impressions);
  console.log(
    `trained: ${flags.trees} trees from file to model in ${training} s (${cpu.toFixed(1)} s of processor time), at most ${memory.toFixed(0)} MB (${flags['memory-limit']} of them for reading); ${cpus().length} cores, Node ${process.version}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
