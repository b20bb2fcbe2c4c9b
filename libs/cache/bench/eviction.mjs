/**
 * Which eviction serves this service: hit rate beside CPU time an access, ours against lru-cache,
 * W-TinyLFU, SIEVE and the clairvoyant bound, on the same sequences in the same run.
 *   nx build cache && node libs/cache/bench/eviction.mjs [requests] [rounds]
 * An access is a lookup, and a store if it missed. Ours is measured as served: with counting, sampled
 * timing and a time to live.
 */
import { LRUCache } from 'lru-cache';
import { PredictionCache } from '@adscale/cache';
import { clairvoyantHitRate } from './clairvoyant.mjs';
import { machineLine, median, printTable } from './measuring.mjs';
import { Sieve } from './sieve.mjs';
import { drifting, zipf, zipfWithScans } from './traces.mjs';
import { WTinyLfu } from './w-tiny-lfu.mjs';

const length = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 5);
const seed = 42;
const TTL_MS = 3_600_000;

const rivals = {
  ours: (entries) => new PredictionCache({ entries, ttlMs: TTL_MS }).forModel('any'),
  'lru-cache': (entries) => new LRUCache({ max: entries, ttl: TTL_MS }),
  'W-TinyLFU': (entries) => new WTinyLfu(entries),
  SIEVE: (entries) => new Sieve(entries),
};

const manyKeys = [100, 1000, 10_000];
const campaigns = [100, 500, 2000];
const traffic = [
  ['Zipf 0.8', manyKeys, zipf({ exponent: 0.8, length, seed })],
  ['Zipf 1.0', manyKeys, zipf({ exponent: 1, length, seed })],
  ['Zipf 1.2', manyKeys, zipf({ exponent: 1.2, length, seed })],
  ['Zipf 1.0, scans of 1,000', manyKeys, zipfWithScans({ exponent: 1, burst: 1000, length, seed })],
  [
    'Zipf 1.0, scans of 20,000',
    manyKeys,
    zipfWithScans({ exponent: 1, burst: 20_000, length, seed }),
  ],
  ['drifting budgets, cell key', campaigns, drifting({ by: 'cell', length, seed })],
  ['drifting budgets, exact key', campaigns, drifting({ by: 'exact', length, seed })],
];

/** Hits of a cache on a sequence. */
function run(cache, trace) {
  let hits = 0;
  for (let i = 0; i < trace.length; i++) {
    const key = trace[i];
    if (cache.get(key) === undefined) cache.set(key, key);
    else hits++;
  }
  return hits;
}

/** The same, with every answer and the bound looked at. */
function checkedHitRate(name, cache, trace, capacity) {
  let hits = 0;
  for (const key of trace) {
    const value = cache.get(key);
    if (value === undefined) cache.set(key, key);
    else if (value !== key) throw new Error(`${name} answered ${value} for ${key}`);
    else hits++;
    if (cache.size > capacity) throw new Error(`${name} holds ${cache.size} of ${capacity}`);
  }
  return hits / trace.length;
}

function measure(trace, capacity) {
  const bound = clairvoyantHitRate(trace, capacity);
  const results = Object.entries(rivals).map(([name, make]) => {
    const hitRate = checkedHitRate(name, make(capacity), trace, capacity);
    if (hitRate > bound) throw new Error(`${name} hits more often than is possible`);
    return { name, make, hitRate, times: [] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { make, hitRate, times } of results) {
      const cache = make(capacity);
      const before = process.cpuUsage();
      const hits = run(cache, trace);
      const { user, system } = process.cpuUsage(before);
      times.push(((user + system) * 1000) / trace.length);
      if (hits !== Math.round(hitRate * trace.length)) throw new Error('not the same hits again');
    }
  }
  return { bound, results };
}

console.log(machineLine());
console.log(`${length} requests each, seed ${seed}, medians of ${rounds} (lowest to highest)\n`);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const rows = [];
for (const [name, capacities, trace] of traffic) {
  for (const capacity of capacities) {
    const { bound, results } = measure(trace, capacity);
    const cells = results.map(({ hitRate, times }) => {
      times.sort((a, b) => a - b);
      const [low, high] = [times[0], times.at(-1)].map(Math.round);
      return `${percent(hitRate)}, ${Math.round(median(times))} ns (${low} to ${high})`;
    });
    rows.push([name, capacity.toLocaleString('en'), ...cells, percent(bound)]);
  }
}
printTable(['traffic', 'entries', ...Object.keys(rivals), 'clairvoyant'], rows);
