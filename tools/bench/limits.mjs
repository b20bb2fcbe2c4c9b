// `node tools/bench/limits.mjs`: what rate limits cost. How long a decision takes in one process and in
// a worker, how long a worker waits when it must ask the primary, and which part of a core goes into
// telling other machines of 11,000 clients through Valkey (skipped without a server).
//
// Runs the API as built: `npx nx build api`.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connectValkey, endConnection } from '@adscale/cache';
import { startValkey } from './capacity/neighbours.mjs';

const built = (file) => import(new URL(`../../apps/api/dist/${file}`, import.meta.url));
const [
  { Colleagues },
  { Exchange },
  { ValkeyCounts, shareLimits },
  { LeasedLimiter },
  { RateLimiter },
] = await Promise.all([
  built('cluster/colleagues.js'),
  built('cluster/exchange.js'),
  built('replicas/limits.js'),
  built('security/leases.js'),
  built('security/rate-limit.js'),
]);

const CLIENTS = 11_000;
/** How many of them ask in each tenth of a second. */
const PER_TICK = 1100;
const SECONDS = 5;
const LIMIT = 600_000;
const silent = { warn: (facts, text) => console.error(text, facts), error: console.error };

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const check = (right, what) => {
  if (!right) throw new Error(`wrong: ${what}`);
};

/** Nanoseconds of processor time a decision, the median of rounds. */
function decisionNs(limiter) {
  const clients = Array.from({ length: 256 }, (_, i) => `address 10.0.${i}.7`);
  const rounds = Array.from({ length: 31 }, () => {
    const from = process.cpuUsage();
    for (let i = 0; i < 100_000; i++) limiter.admit(clients[i & 255]);
    const { user, system } = process.cpuUsage(from);
    return (1000 * (user + system)) / 100_000;
  });
  return median(rounds);
}

/** In a worker: waits for decisions that the primary must make, and decisions by a lease. */
async function work() {
  const colleagues = new Colleagues();
  // So small a limit that every first request of a client asks.
  const asking = new LeasedLimiter(1, 2, colleagues);
  colleagues.join({ own: () => ({}) }, asking);
  const waits = [];
  for (let i = 0; i < 3000; i++) {
    const from = performance.now();
    check((await asking.settle(`client ${i}`)) === 0, 'a first request is refused');
    waits.push(performance.now() - from);
  }
  check((await asking.settle('client 1')) > 0, 'a second request passes');
  const lender = { ask: () => {}, giveBack: () => {} };
  const leased = new LeasedLimiter(1e9, 2, lender);
  for (let i = 0; i < 256; i++) leased.grant([[`address 10.0.${i}.7`, 1e8, 0]]);
  const ns = decisionNs(leased);
  waits.sort((a, b) => a - b);
  console.log(`decision in a worker, by a lease     ${ns.toFixed(0)} ns`);
  console.log(
    `decision that asks the primary       ${waits[1500].toFixed(3)} ms, p99 ${waits[2970].toFixed(3)} ms`,
  );
  process.exit(0);
}

/** The part of a core that this process uses while its clients ask. */
async function load(limiter) {
  const [cpu, from] = [process.cpuUsage(), performance.now()];
  for (let tick = 0; tick < 10 * SECONDS; tick++) {
    for (let i = 0; i < PER_TICK; i++) {
      const client = (tick * PER_TICK + i) % CLIENTS;
      check(limiter.admit(`address 10.${client >> 8}.${client & 255}.7`) === 0, 'refused');
    }
    await pause(100);
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1000 / (performance.now() - from);
}

async function shareCost() {
  const valkey = await startValkey();
  if (valkey === undefined) return console.log('no Valkey here: sharing is not measured');
  try {
    const connection = await connectValkey(valkey.url, 1000);
    await once(connection, 'ready');
    const [one, other] = [new RateLimiter(10), new RateLimiter(10)];
    for (let i = 0; i < 9; i++) one.admit('a');
    await one.share(new ValkeyCounts(connection));
    other.admit('a');
    await other.share(new ValkeyCounts(connection));
    check(other.admit('a') > 0, 'a machine does not know what another let pass');
    await endConnection(connection);

    const alone = await load(new RateLimiter(LIMIT));
    const limiter = new RateLimiter(LIMIT);
    const end = await shareLimits(valkey.url, limiter, silent);
    const shared = await load(limiter);
    await end();
    const percent = (share) => `${(100 * share).toFixed(1)} % of a core`;
    console.log(`${CLIENTS} clients, ${10 * PER_TICK} requests a second`);
    console.log(`  by itself                          ${percent(alone)}`);
    console.log(`  with counts shared through Valkey  ${percent(shared)}`);
  } finally {
    valkey.stop();
  }
}

async function main() {
  const limiter = new RateLimiter(1e9);
  console.log(`decision in one process              ${decisionNs(limiter).toFixed(0)} ns`);
  const exchange = new Exchange(new RateLimiter(1));
  const worker = cluster.fork();
  worker.on('message', (message) => exchange.hear(worker, message));
  const [code] = await once(worker, 'exit');
  check(code === 0, 'the worker failed');
  await shareCost();
}

await (cluster.isWorker ? work() : main());
