// `node tools/bench/workers.mjs`: what two workers serve beside one, as `WORKERS` starts them.
//
// Two figures, since the load generator shares the machine:
//   capacity  requests a second of all workers when each has a core of its own: workers divided by the
//             processor time a request takes of all their processes. The generator is no part of it.
//   seen      requests a second that were answered. Of batches the generator takes a tenth of the
//             work; of single predictions about half, so that on two cores it is the bound.
//
// Runs the API as built: `npx nx build api`. On Linux, since it reads /proc.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describeMachine, machineLine } from './machine.mjs';
import { rate, shown, table } from './report.mjs';
import { SEED, generatedBodies, trainedRegistry } from './servers/registry.mjs';
import { spread } from './stopwatch.mjs';
import { requestBytes, sendFor } from './wire_client.mjs';

const GOAL = 1.8;
const ROUNDS = process.argv.includes('--smoke') ? 1 : 7;
const SECONDS = process.argv.includes('--smoke') ? 0.3 : 2;
const CONNECTIONS = 48;
const BATCH = 1000;
const TICKS_A_SECOND = 100;
const main = fileURLToPath(new URL('../../apps/api/dist/main.js', import.meta.url));

/** The service in processes of its own, as it is started for real. */
class Service {
  constructor(workers, folder) {
    this.workers = workers;
    const settings = { PORT: '0', HOST: '127.0.0.1', MODEL_DIR: folder, MODEL_POLL_MS: '60000' };
    const limits = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_LAG_MS: '60000' };
    const env = { PATH: process.env.PATH, WORKERS: String(workers), ...settings, ...limits };
    this.child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Resolves once all workers are up. */
  async start() {
    let up = 0;
    for await (const line of createInterface({ input: this.child.stdout })) {
      const { msg, port } = JSON.parse(line);
      if (!String(msg).startsWith('AdScale is up')) continue;
      this.port = port;
      if (++up === this.workers) break;
    }
    // The log is read on, as a collector would.
    this.child.stdout.resume();
  }

  /** Seconds of processor time of all its processes so far. */
  cpu() {
    let ticks = 0;
    for (const pid of treeOf(this.child.pid)) {
      const fields = statOf(pid);
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks / TICKS_A_SECOND;
  }

  stop() {
    this.child.kill();
  }
}

/** What /proc says of a process, behind its name. */
function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** A process and all that it started. */
function treeOf(root) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map();
  for (const pid of pids) {
    try {
      parents.set(Number(pid), Number(statOf(pid)[1]));
    } catch {
      // It has just ended.
    }
  }
  const tree = [root];
  for (const parent of tree) {
    for (const [pid, of] of parents) if (of === parent) tree.push(pid);
  }
  return tree;
}

async function round(service, requests) {
  const before = service.cpu();
  const load = { port: service.port, requests, connections: CONNECTIONS, seconds: SECONDS };
  const { count, failed, seconds } = await sendFor(load);
  if (failed > 0) throw new Error(`${failed} of ${count} requests failed`);
  const cpu = (service.cpu() - before) / count;
  return { capacity: service.workers / cpu, seen: count / seconds };
}

async function measure(name, requests, services) {
  const rounds = services.map(() => []);
  for (const service of services) await round(service, requests);
  for (let i = 0; i < ROUNDS; i++) {
    for (const [s, service] of services.entries()) rounds[s].push(await round(service, requests));
  }
  const rows = services.map(({ workers }, s) => [
    `${name}, ${workers === 1 ? 'one worker' : `${workers} workers`}`,
    ...['capacity', 'seen'].map((figure) => shown(spread(rounds[s].map((r) => r[figure])), rate)),
  ]);
  const ratio = (figure) => spread(rounds[1].map((r, i) => r[figure] / rounds[0][i][figure]));
  const times = ['capacity', 'seen'].map((f) => shown(ratio(f), (x) => x.toFixed(2)));
  rows.push([`${name}, times`, ...times]);
  return { rows, reached: ratio('capacity').median >= GOAL };
}

const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
const services = [];
try {
  await trainedRegistry(folder);
  for (const workers of [1, 2]) {
    services.push(new Service(workers, folder));
    await services.at(-1).start();
  }
  const texts = generatedBodies(20_000);
  const single = texts.map((text) => requestBytes('/predict_ctr', text));
  const batches = Array.from({ length: 16 }, (_, b) => {
    const records = texts.slice(b * BATCH, (b + 1) * BATCH).join(',');
    return requestBytes('/predict_ctr/batch', `[${records}]`);
  });
  const ofSingle = await measure('predictions', single, services);
  const ofBatches = await measure(`batches of ${BATCH}`, batches, services);
  const head = ['', 'capacity, requests/s', 'seen, requests/s'];
  console.log(table(head, [...ofSingle.rows, ...ofBatches.rows]));
  console.log(`\n(${machineLine(describeMachine(), SEED)})`);
  for (const [what, { reached }] of Object.entries({ predictions: ofSingle, batches: ofBatches })) {
    console.log(
      `capacity of two workers ≥ ${GOAL} times one, ${what}: ${reached ? 'reached' : 'missed'}`,
    );
  }
} finally {
  services.forEach((service) => service.stop());
  await rm(folder, { recursive: true, force: true });
}
