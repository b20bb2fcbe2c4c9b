/* npm run bench:service: what a request costs the service, beside what Node and Fastify cost. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CtrModel, Registry, defaultSchema, trainCtr } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { busyLine, describeMachine, machineLine } from './machine.mjs';
import { duration, rate, shown, table } from './report.mjs';
import { spread } from './stopwatch.mjs';
import { requestBytes, sendFor } from './wire_client.mjs';

const help = `npm run bench:service -- [options]

Processor time, throughput and latency of POST /predict_ctr with everything on, beside a bare
node:http server that parses and answers JSON, and bare Fastify; in turn, on the same requests.

  --seconds N      of load a round and server; default 5
  --rounds N       default 5
  --connections N  default 50
  --smoke          one short round: checks that it runs and that the answers are right
  --help           this text
`;

const SEED = 42;
const BODIES = 20_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '50' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const rounds = values.smoke ? 1 : Number(values.rounds);
const seconds = values.smoke ? 0.5 : Number(values.seconds);
const connections = Number(values.connections);

/** A registry with the model that `npm start` trains. */
async function trainedRegistry(folder) {
  const { columns } = generate({ rows: 5_000, seed: SEED, profile: 'realistic' });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  const features = columnsFrom(defaultSchema, columns);
  const { bytes, card } = await trainCtr({ features, impressions, clicks, trueCtr });
  await new Registry(folder).publish(bytes, card);
  return CtrModel.load(bytes);
}

/** Requests of which no two are alike, as the generator makes placements. */
function bodies() {
  const { columns } = generate({ rows: BODIES, seed: SEED + 1, profile: 'realistic' });
  const names = defaultSchema.features.map(({ name }) => name);
  return Array.from({ length: BODIES }, (_, row) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, columns[name][row]]))),
  );
}

class Server {
  constructor(label, script, environment = {}) {
    Object.assign(this, { label, script, environment, rounds: [] });
  }

  async start() {
    const script = fileURLToPath(new URL(`servers/${this.script}`, import.meta.url));
    this.process = fork(script, {
      env: { PATH: process.env.PATH, ...this.environment },
      execArgv: ['--expose-gc'],
      // The log is written and read by nobody, as in production it goes elsewhere.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ port }] = await once(this.process, 'message');
    this.port = port;
  }

  async usage() {
    this.process.send('usage');
    return (await once(this.process, 'message'))[0];
  }

  async load(requests, length, onAnswer) {
    const before = await this.usage();
    const load = await sendFor({
      port: this.port,
      requests,
      connections,
      seconds: length,
      onAnswer,
    });
    const after = await this.usage();
    if (load.failed > 0) throw new Error(`${this.label}: ${load.failed} requests failed`);
    return {
      cpu: (after.cpu - before.cpu) / load.count,
      throughput: load.count / load.seconds,
      p50: load.latencies[Math.floor(load.count * 0.5)] / 1e3,
      p99: load.latencies[Math.floor(load.count * 0.99)] / 1e3,
    };
  }
}

/** Every answer must be the one that the model gives, before anything is timed. */
async function checkAnswers(server, texts, model) {
  const some = texts.slice(0, 500);
  const wanted = new Set(some.map((text) => model.predict(JSON.parse(text))));
  const onAnswer = ({ body }) => {
    const { predicted_ctr: ctr } = JSON.parse(body());
    if (!wanted.has(ctr)) throw new Error(`${server.label} answered ${ctr}`);
  };
  const requests = some.map((text) => requestBytes('/predict_ctr', text));
  await server.load(requests, 0.3, onAnswer);
}

const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
const servers = [];
try {
  const model = await trainedRegistry(folder);
  const ours = { MODEL_DIR: folder, MODEL_POLL_MS: '0', RATE_LIMIT_PER_MINUTE: '100000000' };
  servers.push(
    new Server('node:http, JSON in and out', 'raw_http.mjs'),
    new Server('Fastify, nothing added', 'bare_fastify.mjs'),
    new Server('AdScale, everything on', 'adscale_api.mjs', ours),
    new Server('AdScale, no cache: all misses', 'adscale_api.mjs', { ...ours, CACHE_ENTRIES: '0' }),
  );
  const texts = bodies();
  const requests = texts.map((text) => requestBytes('/predict_ctr', text));
  for (const server of servers) {
    await server.start();
    if (server.script === 'adscale_api.mjs') await checkAnswers(server, texts, model);
    await server.load(requests, values.smoke ? 0.2 : 2);
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round) % servers.length];
      server.rounds.push(await server.load(requests, seconds));
    }
  }
  report();
} finally {
  for (const server of servers) server.process?.disconnect();
  await rm(folder, { recursive: true, force: true });
}

function report() {
  const machine = describeMachine();
  const of = (server, figure) => spread(server.rounds.map((round) => round[figure]));
  // Of the same round, so that what else the machine did then falls on both.
  const raw = servers[0];
  const share = (server, of) => spread(server.rounds.map((round, i) => of(round, raw.rounds[i])));
  const plain = (x) => x.toFixed(2);
  const rows = servers.map((server) => [
    server.label,
    shown(of(server, 'cpu'), duration),
    shown(
      share(server, (round, floor) => floor.cpu / round.cpu),
      plain,
    ),
    shown(of(server, 'throughput'), rate),
    shown(
      share(server, (round, floor) => round.throughput / floor.throughput),
      plain,
    ),
    shown(of(server, 'p50'), duration),
    shown(of(server, 'p99'), duration),
  ]);
  console.log(busyLine(machine));
  console.log(
    table(['', 'cpu a request', 'of node:http', 'requests/s', 'of node:http', 'p50', 'p99'], rows),
  );
  console.log(`\n(${machineLine(machine, SEED)})`);
}
