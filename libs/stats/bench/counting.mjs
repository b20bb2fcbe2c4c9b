/**
 * What counting costs, what a snapshot costs, and how large it is.
 *   nx build stats && node --expose-gc libs/stats/bench/counting.mjs
 * CPU time, not wall time; medians and spread of seven rounds, interleaved.
 */
import { execSync } from 'node:child_process';
import { cpus } from 'node:os';
import {
  ServiceStats,
  emptySnapshot,
  mergeSnapshots,
  parseSnapshot,
  requestTotals,
  windowFigures,
} from '@adscale/stats';

const ROUNDS = 7;
const EVENTS = 1_000_000;
const MASK = (1 << 16) - 1;
const DIMENSIONS = [
  { name: 'device_type', categories: ['mobile', 'desktop', 'tablet'] },
  { name: 'ad_position', categories: Array.from({ length: 10 }, (_, i) => `${i + 1}`) },
];

/** mulberry32: the same events in every run. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seeded(42);
const latencies = Float64Array.from({ length: MASK + 1 }, () => 0.2 * Math.exp(3 * random()));
const ctrs = Float64Array.from({ length: MASK + 1 }, () => 0.001 + 0.1 * random() ** 3);
const statuses = Int32Array.from({ length: MASK + 1 }, () => (random() < 0.01 ? 503 : 200));
const devices = Int32Array.from({ length: MASK + 1 }, () => Math.floor(3 * random()));
const positions = Int32Array.from({ length: MASK + 1 }, () => Math.floor(10 * random()));

function service(now) {
  const stats = new ServiceStats(now);
  const route = stats.route('POST', '/predict_ctr');
  const model = stats.model('20260101-120000-3fa1c2d4', DIMENSIONS);
  return { stats, route, model, codes: new Int32Array(2), shed: stats.counter('requests_shed') };
}

function predict({ stats, model, codes }, i) {
  codes[0] = devices[i & MASK];
  codes[1] = positions[i & MASK];
  stats.countPrediction(model, ctrs[i & MASK], codes);
}

const counted = service();
let sink = 0;
const runs = {
  'clock alone (Date.now)': () => {
    for (let i = 0; i < EVENTS; i++) sink += Date.now() & 1;
  },
  countRequest: () => {
    const { stats, route } = counted;
    for (let i = 0; i < EVENTS; i++) {
      stats.countRequest(route, statuses[i & MASK], latencies[i & MASK]);
    }
  },
  'countPrediction, 2 dimensions': () => {
    for (let i = 0; i < EVENTS; i++) predict(counted, i);
  },
  countLookup: () => {
    for (let i = 0; i < EVENTS; i++) counted.stats.countLookup((i & 15) > 0);
  },
  countShadow: () => {
    const { stats, model } = counted;
    for (let i = 0; i < EVENTS; i++) {
      stats.countShadow(model, ctrs[i & MASK], ctrs[(i + 1) & MASK]);
    }
  },
  'counter.increment': () => {
    for (let i = 0; i < EVENTS; i++) counted.shed.increment();
  },
};

function cpuMicroseconds(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Rounds of all runs in turn, so that a slow moment of the machine hits all of them. */
function measure(cases) {
  const figures = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const cost = cpuMicroseconds(run);
      if (round >= 0) figures[name].push(cost);
    }
  }
  for (const costs of Object.values(figures)) costs.sort((a, b) => a - b);
  return figures;
}

function print(figures, unit, divisor) {
  for (const [name, costs] of Object.entries(figures)) {
    const [low, median, high] = [costs[0], costs[ROUNDS >> 1], costs[ROUNDS - 1]];
    const shown = (cost) => (cost / divisor).toFixed(unit === 'ns' ? 0 : 2);
    console.log(`${name}: ${shown(median)} ${unit} (${shown(low)} to ${shown(high)})`);
  }
}

/** A service that has been busy for an hour: every slot of both rings is full. */
function busyHour(seed) {
  let time = 1_767_225_600_000;
  const busy = service(() => time);
  const routes = ['/predict_ctr/batch', '/explain', '/v2/models/{name}/infer', '/models'];
  const handles = [busy.route, ...routes.map((path) => busy.stats.route('POST', path))];
  for (let i = 0; i < 1_200_000; i++) {
    time += 3;
    const at = (i + seed) & MASK;
    busy.stats.countRequest(handles[i % 5], statuses[at], latencies[at]);
    predict(busy, at);
    busy.stats.countLookup((i & 15) > 0);
  }
  return busy.stats;
}

function check(snapshot, requests) {
  const { requests: seen } = requestTotals(snapshot.routes);
  if (seen !== requests) throw new Error(`${seen} requests counted of ${requests}`);
}

const commit = execSync('git rev-parse --short HEAD 2>/dev/null || echo none').toString().trim();
console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, commit ${commit}`);

print(measure(runs), 'ns', EVENTS / 1000);
check(counted.stats.snapshot(), EVENTS * (ROUNDS + 1));

globalThis.gc();
const buffersBefore = process.memoryUsage().arrayBuffers;
const one = busyHour(1);
globalThis.gc();
const kilobytes = (count) => `${Math.round(count / 1024)} KiB`;
console.log(`memory: ${kilobytes(process.memoryUsage().arrayBuffers - buffersBefore)} of counters`);

/** Bytes a count allocates: few enough counts that nothing is collected meanwhile. */
function allocated(now) {
  const { stats, route, model, codes } = service(now);
  const count = (times) => {
    // Small whole numbers, as V8 boxes fractions when they are passed on.
    for (let i = 0; i < times; i++) {
      stats.countRequest(route, 200, i & 63);
      stats.countPrediction(model, i & 1, codes);
      stats.countLookup(true);
    }
  };
  for (let warmUp = 0; warmUp < 10; warmUp++) count(50_000);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  count(10_000);
  return ((process.memoryUsage().heapUsed - before) / 30_000).toFixed(1);
}

console.log(
  `allocated: ${allocated(Date.now)} bytes a count, ` +
    `${allocated(() => 5_000)} with a clock that gives a small whole number`,
);

const [a, b] = [one.snapshot(), busyHour(2).snapshot()];
const text = JSON.stringify(a);
check(mergeSnapshots(a, b), 2_400_000);
if (JSON.stringify(mergeSnapshots(a, emptySnapshot)) !== text) throw new Error('no identity');
console.log(`snapshot: ${kilobytes(text.length)} of JSON after a busy hour`);
const readers = {
  snapshot: () => (sink += one.snapshot().predictions),
  'JSON.stringify': () => (sink += JSON.stringify(a).length),
  'JSON.parse': () => (sink += JSON.parse(text).predictions),
  'JSON.parse and parseSnapshot': () => (sink += parseSnapshot(JSON.parse(text)).predictions),
  mergeSnapshots: () => (sink += mergeSnapshots(a, b).predictions),
  'windowFigures 1h': () => (sink += windowFigures(a, '1h').requests),
};
const tenTimes = (run) => () => {
  for (let i = 0; i < 10; i++) run();
};
const readersTenTimes = Object.fromEntries(
  Object.entries(readers).map(([name, run]) => [name, tenTimes(run)]),
);
print(measure(readersTenTimes), 'ms', 10_000);
if (!Number.isFinite(sink)) throw new Error('sink');
