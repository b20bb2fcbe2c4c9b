/**
 * What a request pays for keys, lookups and counting, in CPU time, and what a hit allocates.
 *   nx build cache && node --expose-gc libs/cache/bench/lookups.mjs [times] [rounds]
 */
import { LRUCache } from 'lru-cache';
import { PredictionCache, digestKey, exactKey, hashRow } from '@adscale/cache';
import { machineLine, median, printTable } from './measuring.mjs';

const times = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 9);
const CELLS = 2000;
/** As many as the default model's table has, over which those asked for are spread. */
const TABLE_CELLS = 2_761_000;
const STEP = Math.floor(TABLE_CELLS / CELLS);
const TTL_MS = 3_600_000;

const digest = 'c0ffee'.repeat(10);
const answers = Array.from({ length: CELLS }, (_, cell) => ({ ctr: cell / 7, etag: `"${cell}"` }));
const rows = answers.map((_, i) => Float64Array.of(5000 + i, 1 + (i % 10), i % 3, 2500 + i / 100));
const records = answers.map((_, i) => ({
  impressions: 5000 + i,
  ad_position: 1 + (i % 10),
  device_type: ['mobile', 'desktop', 'tablet'][i % 3],
  budget: 2500 + i / 100,
}));

const cache = new PredictionCache({ entries: 100_000, ttlMs: TTL_MS });
const cells = cache.forModel(digest);
const numbered = cache.forModel(`${digest}, a table`, { cells: TABLE_CELLS });
const lru = new LRUCache({ max: 100_000, ttl: TTL_MS });
for (let cell = 0; cell < CELLS; cell++) {
  cells.set(cell, answers[cell]);
  numbered.set(cell * STEP, answers[cell]);
  lru.set(cell, answers[cell]);
}

/** The same answers' names as a packed array would hold them. */
const digests = Buffer.from(answers.map((_, cell) => digestKey(digest, cell)).join(''), 'hex');

/** What is done for request i; its answer goes into a sum, so that nothing can be left out. */
const work = {
  'lookup, a hit': (i) => cells.get(i % CELLS).etag.length,
  'lookup in an array by cell, a hit': (i) => numbered.get((i % CELLS) * STEP).etag.length,
  'lookup, a hit, request counted': (i) =>
    cells.get(i % CELLS, hashRow(rows[i % CELLS])).etag.length,
  'lru-cache lookup, a hit': (i) => lru.get(i % CELLS).etag.length,
  'hash of a row of four numbers': (i) => hashRow(rows[i % CELLS]) & 7,
  'text of an ETag out of 16 bytes': (i) =>
    digests.hexSlice(16 * (i % CELLS), 16 * (i % CELLS) + 16).length,
  'cell key for outside: MD5 of digest and cell': (i) => digestKey(digest, i % CELLS).length,
  'exact key: MD5 of canonical JSON': (i) => exactKey(digest, records[i % CELLS]).length,
};

for (let i = 0; i < CELLS; i++) {
  const found = [cells.get(i), numbered.get(i * STEP), lru.get(i)];
  if (found.some((answer) => answer !== answers[i]))
    throw new Error(`a wrong answer for cell ${i}`);
}

let sink = 0;
function nanoseconds(once) {
  const before = process.cpuUsage();
  let seen = 0;
  for (let i = 0; i < times; i++) seen += once(i);
  sink += seen;
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / times;
}

/** Bytes that the heap grows by for each of 50,000 calls; the least of 20, as samples make some. */
function allocated(once) {
  const grown = Array.from({ length: 20 }, () => {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    // A sum that stays a small whole number: a larger one would be an object of its own.
    let seen = 0;
    for (let i = 0; i < 50_000; i++) seen += once(i);
    const grown = process.memoryUsage().heapUsed - before;
    sink += seen;
    return grown;
  });
  return (Math.min(...grown) / 50_000).toFixed(1);
}

const taken = new Map(Object.keys(work).map((name) => [name, []]));
for (const once of Object.values(work)) nanoseconds(once);
for (let round = 0; round < rounds; round++) {
  for (const [name, once] of Object.entries(work)) taken.get(name).push(nanoseconds(once));
}

console.log(machineLine());
console.log(`${times} times each, medians of ${rounds}; checked: ${sink > 0}\n`);
const rowsOf = [...taken].map(([name, list]) => {
  const [low, high] = [Math.min(...list), Math.max(...list)].map(Math.round);
  return [name, `${Math.round(median(list))} ns`, `${low} to ${high}`];
});
printTable(['what', 'CPU time', 'lowest to highest'], rowsOf);
if (globalThis.gc) {
  const hits = Object.keys(work).filter((name) => name.includes('a hit'));
  for (const name of hits) console.log(`${name}: allocates ${allocated(work[name])} bytes`);
}
