// How ours grows: rows from ten thousand to ten million, its memory, and a second thread.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { observedCtr } from '@adscale/ctr';
import { writeDoubles } from '../doubles.mjs';
import { count, duration, shown, table, times } from '../report.mjs';
import { generated } from '../samples.mjs';
import { interleave, spread } from '../stopwatch.mjs';

const child = join(dirname(fileURLToPath(import.meta.url)), '..', 'scaling_child.mjs');
const run = promisify(execFile);

const sizes = [10_000, 100_000, 1_000_000, 10_000_000];
const smokeSizes = [500, 2_000];
const threadCounts = [1, 2];

/** Rows generated at a time: words take far more memory than their codes. */
const CHUNK = 500_000;

/** @yields one result: all sizes, for one table */
export async function* scalingSuite(settings) {
  const results = [];
  for (const rows of settings.smoke ? smokeSizes : (settings.rows ?? sizes)) {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-scaling-'));
    try {
      results.push(await scaleTo(rows, folder, settings));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  yield results;
}

async function scaleTo(rows, folder, settings) {
  const { seed, say, smoke, judge } = settings;
  say(`scaling: writing ${count(rows)} rows`);
  const { columns, schema } = chunked(rows, seed);
  const path = join(folder, 'data');
  writeDoubles(path, columns);
  const width = schema.features.length;
  const trees = settings.trees ?? (smoke ? 4 : 10);
  const question = { path, width, rows, schema, options: { trees, seed } };
  const contestants = threadCounts.map((threads) => ({
    label: `${count(rows)} rows, ${threads} thread${threads === 1 ? '' : 's'}`,
    threads,
    run: () => measure({ ...question, threads }, join(folder, `${threads}.json`)),
  }));
  const stayed = await interleave(contestants, settings);
  const lines = stayed.map(({ entry: { threads }, answers }) => ({
    threads,
    wall: spread(answers.map(({ wall }) => wall)),
    cpu: spread(answers.map(({ cpu }) => cpu)),
    peak: Math.max(...answers.map(({ peak }) => peak)),
    before: answers[0].before,
    r2: answers[0].r2,
  }));
  const same = lines.every(({ r2 }) => r2 === lines[0].r2);
  judge.require(same, `${count(rows)} rows: the number of threads changes the forest`);
  return { rows, trees, inputBytes: 8 * rows * (width + 2), lines };
}

/** Generated columns as a fit takes them: features, observed CTR, impressions. */
function chunked(rows, seed) {
  let columns;
  let schema;
  for (let from = 0; from < rows; from += CHUNK) {
    const part = generated('realistic', Math.min(CHUNK, rows - from), seed + from / CHUNK);
    const ofPart = [...part.features.values, observedCtr(part), part.impressions];
    schema = part.features.schema;
    columns ??= ofPart.map(() => new Float64Array(rows));
    ofPart.forEach((column, c) => columns[c].set(column, from));
  }
  return { columns, schema };
}

async function measure(question, config) {
  writeFileSync(config, JSON.stringify(question));
  const { stdout } = await run(process.execPath, [child, config]);
  return JSON.parse(stdout);
}

export function printScaling(results) {
  const head = [
    'rows',
    'threads',
    'cpu a tree',
    'wall a tree',
    'cpu a row and tree',
    'wall, one thread over this',
    'peak memory',
    'peak / input',
  ];
  const body = results.flatMap(({ rows, trees, inputBytes, lines }) =>
    lines.map(({ threads, wall, cpu, peak }) => [
      count(rows),
      threads,
      shown(cpu, (s) => duration(s / trees)),
      shown(wall, (s) => duration(s / trees)),
      duration(cpu.median / trees / rows),
      threads === 1 ? '' : times(lines[0].wall.median, wall.median),
      `${Math.round(peak / 2 ** 20).toLocaleString('en-GB')} MB`,
      (peak / inputBytes).toFixed(1),
    ]),
  );
  const { trees } = results[0];
  const note =
    'Input: the columns, target and weight that the caller holds, counted in the peak, as is Node itself (about 50 MB).';
  return [
    `### Scaling: realistic, 4 features, ${trees} trees\n\n${table(head, body)}\n\n${note}\n`,
  ];
}
