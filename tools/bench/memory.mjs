/* node tools/bench/memory.mjs: whether the service's memory stays flat, whatever it is asked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './machine.mjs';
import { count, table } from './report.mjs';
import { SEED, trainedRegistry, uniqueBody } from './servers/registry.mjs';
import { ServerProcess } from './servers/server_process.mjs';
import { requestBytes, sendAll } from './wire_client.mjs';

const help = `node tools/bench/memory.mjs [options]

Sends the service requests of which no two are alike and reads its live heap, after garbage
collection, five times on the way: from a fifth of the requests on it must stay within 5 %.

  --requests N  at most 5,000,000; default 2,000,000
  --smoke       5,000 requests: checks that it runs, judges nothing
  --help        this text
`;

const MOST = 5_000_000;
const CONNECTIONS = 50;
const PARTS = 5;
/** So few that the cache is full, and pushes out as much as it takes in, from early on. */
const CACHE_ENTRIES = '10000';
/** Looked at and never reached, also where others use the machine. */
const MAX_LAG_MS = '60000';
const TOLERANCE = 0.05;

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const flag = { type: 'boolean', default: false };
  const options = { requests: { type: 'string' }, smoke: flag, help: flag };
  const { values } = parseArgs({ options });
  const requests = Number(values.requests ?? (values.smoke ? 5_000 : 2_000_000));
  if (Number.isInteger(requests) && requests >= PARTS && requests <= MOST) {
    return { ...values, requests };
  }
  throw new Error(
    `--requests is ${values.requests}, wanted a whole number from ${PARTS} to ${MOST}`,
  );
}

/** Sends requests `from` to `to`, that one left out. */
async function sendPart(server, from, to) {
  const next = (i) =>
    from + i < to ? requestBytes('/predict_ctr', uniqueBody(from + i)) : undefined;
  const { count: answered, failed } = await sendAll({
    port: server.port,
    next,
    connections: CONNECTIONS,
  });
  if (failed > 0 || answered !== to - from) {
    throw new Error(`of ${to - from} requests ${answered} were answered, ${failed} with an error`);
  }
}

async function readings(server, requests) {
  const seen = [];
  for (let part = 0; part < PARTS; part++) {
    const to = Math.round((requests * (part + 1)) / PARTS);
    await sendPart(server, Math.round((requests * part) / PARTS), to);
    const { cache } = await server.stats();
    seen.push({ requests: to, cells: cache.size, ...(await server.memory()) });
  }
  return seen;
}

function report(seen) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = seen.map(({ requests, heap, external, resident, cells }) => [
    count(requests),
    megabytes(heap),
    `${(100 * (heap / seen[0].heap - 1)).toFixed(1)} %`,
    megabytes(external),
    megabytes(resident),
    count(cells),
  ]);
  const head = ['requests', 'heap after GC', 'change', 'buffers', 'resident', 'cells cached'];
  console.log(table(head, rows));
  console.log(`\n(${machineLine(describeMachine(), SEED)})`);
}

/** The largest difference between two readings, of the first. */
function variation(seen) {
  const heaps = seen.map(({ heap }) => heap);
  return (Math.max(...heaps) - Math.min(...heaps)) / heaps[0];
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  const settings = { MODEL_DIR: folder, MODEL_POLL_MS: '0', CACHE_ENTRIES, MAX_LAG_MS };
  const server = new ServerProcess('api', settings);
  try {
    await trainedRegistry(folder);
    await server.start();
    const seen = await readings(server, options.requests);
    report(seen);
    if (options.smoke) return;
    const flat = variation(seen) <= TOLERANCE;
    const share = `${(100 * variation(seen)).toFixed(1)} %`;
    console.log(`\nThe heap varied by ${share}: ${flat ? 'flat' : 'NOT flat'} (goal: 5 %).`);
    if (!flat) process.exitCode = 1;
  } finally {
    server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
