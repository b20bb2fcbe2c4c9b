/**
 * How fast records are drawn and written, and in how much memory.
 *   nx build datagen && node libs/datagen/bench/throughput.mjs [rows]
 */
import { execSync } from 'node:child_process';
import { cpus } from 'node:os';
import { Writable } from 'node:stream';
import { anchor, generate, trueCtr, writeCsv, writeNdjson } from '@adscale/datagen';

const rows = Number(process.argv[2] ?? 10_000_000);
const ROUNDS = 5;
const ROUND_ROWS = 200_000;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Counts characters and lines, so that no work can be skipped, and keeps nothing. */
function countingSink() {
  const sink = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      sink.characters += chunk.length;
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', at + 1)) sink.lines++;
      done();
    },
  });
  return Object.assign(sink, { characters: 0, lines: 0 });
}

async function rate(count, run) {
  const start = performance.now();
  await run(count);
  return (count / (performance.now() - start)) * 1000;
}

async function written(write, count, extraLines) {
  const sink = countingSink();
  await write({ rows: count }, sink);
  if (sink.lines !== count + extraLines) throw new Error(`${sink.lines} lines for ${count} rows`);
  return sink.characters;
}

if (Math.abs(trueCtr(anchor.record) - anchor.ctr) > 1e-9) throw new Error('anchor is off');
const commit = execSync('git rev-parse --short HEAD 2>/dev/null || echo none').toString().trim();
console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, commit ${commit}`);

const runs = {
  generate: async (count) => generate({ rows: count }),
  writeCsv: (count) => written(writeCsv, count, 1),
  writeNdjson: (count) => written(writeNdjson, count, 0),
};
for (const [name, run] of Object.entries(runs)) {
  await run(ROUND_ROWS);
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await rate(ROUND_ROWS, run));
  rates.sort((a, b) => a - b);
  const [low, median, high] = [rates[0], rates[ROUNDS >> 1], rates[ROUNDS - 1]];
  const thousands = (value) => `${Math.round(value / 1000)}`;
  console.log(
    `${name}: ${thousands(median)} thousand rows/s (${thousands(low)} to ${thousands(high)})`,
  );
}

const before = process.resourceUsage().maxRSS * 1024;
const start = performance.now();
const characters = await written(writeCsv, rows, 1);
const seconds = (performance.now() - start) / 1000;
const peak = process.resourceUsage().maxRSS * 1024;
console.log(
  `writeCsv, ${rows} rows: ${megabytes(characters)} in ${seconds.toFixed(1)} s, ` +
    `peak resident ${megabytes(peak)} (${megabytes(before)} before)`,
);
