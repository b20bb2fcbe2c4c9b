// `node tools/bench/batch_serving.mjs`: predictions a second that one core serves in batches and in
// streams, over HTTP with everything on, and what a batch's time goes into. Beside it a raw
// node:http server that does nothing but parse the batch and stringify as many numbers.
//
// Both servers are processes of their own and tell their processor time; the clients' is not in it.
// Runs the API as built: `npx nx build api`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CtrModel, defaultSchema, Registry, trainCtr } from '@adscale/ctr';
import { Random } from '@adscale/forest';
import { busyLine, describeMachine, machineLine } from './machine.mjs';
import { count, duration, rate, shown, table } from './report.mjs';
import { generated } from './samples.mjs';
import { spread } from './stopwatch.mjs';

const help = `Batches and streams of predictions over HTTP.

  node tools/bench/batch_serving.mjs [options]

  --smoke          a few requests: checks correctness, says nothing of speed
  --runs <n>       rounds of each contestant, in turn (default 5)
  --batch <n>      records of a batch (default 1000)
  --records <n>    records sent in each round (default 400000)
  --seed <n>       of training and requests (default 42)
`;

/** Of the records that raw node:http answers in a CPU second. */
const GOALS = { 'API, batches': 0.8, 'API, streams': 0.6 };
const RAW = 'raw node:http, JSON.parse and JSON.stringify';
const BODIES = 16;
const CONNECTIONS = 4;

function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const options = { smoke: flag, help: flag, runs: text, batch: text, records: text, seed: text };
  const { values } = parseArgs({ options });
  const whole = (name, fallback) => {
    const number = Number(values[name] ?? fallback);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new Error(`--${name} is ${values[name]}, wanted a whole number ≥ 1`);
  };
  return {
    help: values.help,
    smoke: values.smoke,
    runs: whole('runs', values.smoke ? 1 : 5),
    batch: whole('batch', 1000),
    records: whole('records', values.smoke ? 20_000 : 400_000),
    seed: whole('seed', 42),
  };
}

/** Placements that all differ. */
function placements(n, random) {
  const { categories } = defaultSchema.features.find(({ name }) => name === 'device_type');
  return Array.from({ length: n }, () => ({
    impressions: 1 + random.below(50_000),
    ad_position: 1 + random.below(10),
    device_type: categories[random.below(categories.length)],
    budget: (1 + random.below(2_000_000)) / 100,
  }));
}

async function trained(folder, { seed, smoke }) {
  const sample = generated('realistic', smoke ? 2_000 : 50_000, seed);
  const { bytes, card } = await trainCtr(sample, { fit: { trees: smoke ? 10 : 100, seed } });
  await new Registry(folder).publish(bytes, card);
  return CtrModel.load(bytes, card);
}

/** A server in a process of its own; see `batch_server.mjs`. */
class ServerProcess {
  constructor(kind, folder) {
    const script = fileURLToPath(new URL('batch_server.mjs', import.meta.url));
    this.child = fork(script, [kind, folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  }

  async ask(question) {
    this.child.send(question);
    const [answer] = await once(this.child, 'message');
    return answer;
  }

  async up() {
    [this.port] = await once(this.child, 'message');
    return this;
  }

  async post(path, type, body) {
    const headers = { 'content-type': type, 'content-length': body.length };
    const { port, agent } = this;
    const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent });
    asked.end(body);
    const [answer] = await once(asked, 'response');
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
    return text;
  }

  /** @returns {Promise<{cpu: number, wall: number}>} seconds a record, of the server's process */
  async time(path, type, bodies, recordsEach, records) {
    const requests = Math.max(CONNECTIONS, Math.ceil(records / recordsEach));
    const before = await this.ask('cpu');
    const start = performance.now();
    let next = 0;
    const client = async () => {
      while (next < requests) await this.post(path, type, bodies[next++ % bodies.length]);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    const wall = (performance.now() - start) / 1e3;
    const cpu = (await this.ask('cpu')) - before;
    return { cpu: cpu / (requests * recordsEach), wall: wall / (requests * recordsEach) };
  }

  close() {
    this.child.kill('SIGKILL');
    this.agent.destroy();
  }
}

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';

/** Every answer of a batch and of a stream is the model's own. */
async function check(server, model, batches) {
  const wrong = [];
  for (const records of batches) {
    const expected = records.map((record) => model.predict(record));
    const batch = await server.post('/predict_ctr/batch', JSON_TYPE, arrayOf(records));
    const stream = await server.post('/predict_ctr/stream', LINES_TYPE, linesOf(records));
    const got = {
      batch: JSON.parse(batch).predictions,
      stream: stream
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    };
    for (const [name, answers] of Object.entries(got)) {
      const same = expected.every((ctr, i) => answers[i]?.predicted_ctr === ctr);
      if (!same || answers.length !== expected.length) wrong.push(name);
    }
  }
  return wrong;
}

const arrayOf = (records) => Buffer.from(JSON.stringify(records));
const linesOf = (records) => Buffer.from(records.map((r) => `${JSON.stringify(r)}\n`).join(''));

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  const folder = mkdtempSync(join(tmpdir(), 'adscale-bench-'));
  const servers = [];
  try {
    const model = await trained(folder, options);
    for (const kind of ['api', 'raw']) servers.push(await new ServerProcess(kind, folder).up());
    await measure(servers, model, options);
  } finally {
    servers.forEach((server) => server.close());
    rmSync(folder, { recursive: true });
  }
}

async function measure([api, raw], model, options) {
  const { batch, records, runs, seed } = options;
  const random = new Random(seed, 1);
  const batches = Array.from({ length: BODIES }, () => placements(batch, random));
  const wrong = await check(api, model, batches.slice(0, 4));
  const arrays = batches.map(arrayOf);
  const longStream = [Buffer.concat(batches.map(linesOf))];
  const contestants = {
    'API, batches': () => api.time('/predict_ctr/batch', JSON_TYPE, arrays, batch, records),
    'API, streams': () =>
      api.time('/predict_ctr/stream', LINES_TYPE, longStream, batch * BODIES, records),
    [RAW]: () => raw.time('/', JSON_TYPE, arrays, batch, records),
  };
  const times = Object.fromEntries(Object.keys(contestants).map((label) => [label, []]));
  for (const run of Object.values(contestants)) await run();
  for (let round = 0; round < runs; round++) {
    for (const [label, run] of Object.entries(contestants)) times[label].push(await run());
  }
  const stages = await api.ask({ stages: arrays.map(String), rounds: options.smoke ? 1 : 40 });
  report(times, stages, options);
  for (const name of wrong)
    console.log(`FAILED: a ${name} was answered otherwise than by the model`);
  if (wrong.length > 0) process.exitCode = 1;
}

function report(times, stages, { batch, seed, smoke }) {
  const machine = describeMachine();
  console.log(`${machineLine(machine, seed)}\n${busyLine(machine)}\n`);
  const perCore = (answers) => spread(answers.map(({ cpu }) => 1 / cpu));
  const rows = Object.entries(times).map(([label, answers]) => [
    label,
    shown(perCore(answers), rate),
    shown(spread(answers.map(({ wall }) => 1 / wall)), rate),
  ]);
  console.log(table(['server', 'records a CPU second', 'records a second'], rows));
  const whole = spread(times['API, batches'].map(({ cpu }) => cpu)).median * batch;
  const parts = [
    ['JSON.parse of the body', stages.parse],
    ['validate, encode, predict', stages.predict],
    ['write the answer', stages.write],
    [
      'HTTP, Fastify, Nest, gate, log, statistics',
      whole - stages.parse - stages.predict - stages.write,
    ],
  ];
  console.log(`\nA batch of ${count(batch)}: ${duration(whole)} of CPU, of which\n`);
  const share = (seconds) => `${((100 * seconds) / whole).toFixed(0)} %`;
  const lines = parts.map(([name, seconds]) => [name, duration(seconds), share(seconds)]);
  console.log(table(['part', 'CPU', 'share'], lines));
  if (smoke) return;
  for (const [label, goal] of Object.entries(GOALS)) {
    // Of the same round, so that what else the machine did then falls on both.
    const { median } = spread(times[label].map(({ cpu }, i) => times[RAW][i].cpu / cpu));
    const verdict = median >= goal ? 'reached' : 'missed';
    console.log(`${label}: ${median.toFixed(2)} of raw node:http, goal ${goal}: ${verdict}`);
  }
}

await main();
