/* npm run bench:service: what a request costs the service, beside what Node and Fastify cost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyLine, describeMachine, machineLine } from './machine.mjs';
import { duration, rate, shown, table } from './report.mjs';
import { leftOut } from './servers/left_out.mjs';
import { SEED, generatedBodies, trainedRegistry } from './servers/registry.mjs';
import { PythonProcess, ServerProcess } from './servers/server_process.mjs';
import { spread } from './stopwatch.mjs';
import { requestBytes, sendFor } from './wire_client.mjs';

const help = `npm run bench:service -- [options]

Processor time, throughput and latency of POST /predict_ctr with everything on, beside a bare
node:http server that parses and answers JSON, and bare Fastify; in turn, on the same requests.

  --seconds N      of load a round and server; default 5
  --rounds N       default 5
  --connections N  default 50
  --python PATH    of a Python with fastapi, uvicorn and scikit-learn: also the service that ours
                   replaces, all misses and all hits
  --alternatives   instead: node:http as it is, and with each of its own settings changed
  --parts          instead: what each part of a request costs, by leaving it out
  --smoke          one short round: checks that it runs and that the answers are right
  --help           this text
`;

/** Limits that are looked at and never reached, also where others use the machine. */
const GENEROUS = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_LAG_MS: '60000' };
const BODIES = 20_000;
/** So few that each is in the cache before anything is timed. */
const FAMILIAR = 500;
/** So few that also FastAPI has answered each before. */
const FEW = 50;
/** Of so few cells kept, hardly one is there when it is asked about again. */
const SMALL_CACHE = '10';

/** What the service must reach. */
const GOALS = { ofRaw: 0.75, p99: 1.5, miss: 1.05, pythonMiss: 100, pythonHit: 3 };

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const options = { seconds: text, rounds: text, connections: text, python: text };
  Object.assign(options, { parts: flag, alternatives: flag, smoke: flag, help: flag });
  const { values } = parseArgs({ options });
  const above0 = (name, fallback) => {
    const number = Number(values[name] ?? fallback);
    if (number > 0 && number < 1e6) return number;
    throw new Error(`--${name} is ${values[name]}, wanted a number above 0`);
  };
  const { smoke } = values;
  return {
    help: values.help,
    python: values.python,
    parts: values.parts,
    alternatives: values.alternatives,
    smoke,
    seconds: above0('seconds', smoke ? 0.5 : 5),
    warmUp: smoke ? 0.2 : 2,
    rounds: Math.ceil(above0('rounds', smoke ? 1 : 5)),
    connections: Math.ceil(above0('connections', 50)),
  };
}

/** One server, the requests it gets, and what its rounds showed. */
class Contestant {
  rounds = [];

  constructor(label, requests, server) {
    Object.assign(this, { label, requests, server });
    this.isOurs = server.kind === 'api';
  }

  /** Sends load for some seconds. Processor time is in seconds a request, latency in seconds. */
  async load({ seconds, connections }, requests = this.requests, onAnswer) {
    const { server, label } = this;
    const before = await server.cpu();
    const load = await sendFor({ port: server.port, requests, connections, seconds, onAnswer });
    const after = await server.cpu();
    if (load.failed > 0) throw new Error(`${label}: ${load.failed} requests failed`);
    return {
      cpu: (after.cpu - before.cpu) / load.count,
      throughput: load.count / load.seconds,
      p50: load.latencies[Math.floor(load.count * 0.5)] / 1e3,
      p99: load.latencies[Math.floor(load.count * 0.99)] / 1e3,
    };
  }

  async cacheCounts() {
    const { cache } = this.isOurs ? await this.server.stats() : {};
    return { hits: cache?.hits ?? 0, misses: cache?.misses ?? 0 };
  }

  /** From here on lookups count for `hitRate`. */
  async warm() {
    this.before = await this.cacheCounts();
  }

  /** In [0, 1]; NaN of a server without a cache. */
  async hitRate() {
    const { hits, misses } = await this.cacheCounts();
    const hit = hits - this.before.hits;
    return hit / (hit + misses - this.before.misses);
  }
}

function contestants(requests, folder, python) {
  const ours = { MODEL_DIR: folder, MODEL_POLL_MS: '0', ...GENEROUS };
  const familiar = requests.slice(0, FAMILIAR);
  const api = (label, asked, environment) =>
    new Contestant(label, asked, new ServerProcess('api', { ...ours, ...environment }));
  const fastapi = (label, asked, ...options) =>
    new Contestant(label, asked, new PythonProcess(python, options));
  return [
    new Contestant('node:http, JSON in and out', requests, new ServerProcess('raw')),
    new Contestant('Fastify, nothing added', requests, new ServerProcess('fastify')),
    api('AdScale, everything on', requests),
    api('AdScale, all hits', familiar),
    api('AdScale, all misses, each kept', requests, { CACHE_ENTRIES: SMALL_CACHE }),
    api('AdScale, no cache: all misses', requests, { CACHE_ENTRIES: '0' }),
    ...(python === undefined
      ? []
      : [
          fastapi('FastAPI, scikit-learn: all misses', requests, '--no-cache'),
          fastapi('FastAPI, scikit-learn: all hits', requests.slice(0, FEW)),
        ]),
  ];
}

/** The service whole, and without each part in turn. */
function withoutParts(requests, folder) {
  const ours = { MODEL_DIR: folder, MODEL_POLL_MS: '0', ...GENEROUS };
  return [
    new Contestant('node:http, JSON in and out', requests, new ServerProcess('raw')),
    new Contestant('AdScale, everything on', requests, new ServerProcess('api', ours)),
    ...Object.keys(leftOut).map(
      (part) => new Contestant(`without ${part}`, requests, new ServerProcess('api', ours, part)),
    ),
  ];
}

/** Node's own server, and with each of its settings changed that might matter. */
const ALTERNATIVES = [
  ...['highWaterMark 4 KiB', 'highWaterMark 256 KiB', 'noDelay off', 'keepAlive probes'],
  ...['keepAliveTimeout 0', 'no request time-outs', 'cork and uncork'],
  'maxRequestsPerSocket 1000000',
];

function withAlternatives(requests) {
  return [undefined, ...ALTERNATIVES].map(
    (name) => new Contestant(name ?? 'node:http', requests, new ServerProcess('raw', {}, name)),
  );
}

function contestantsOf({ parts, alternatives, python }, requests, folder) {
  if (alternatives) return withAlternatives(requests);
  return parts ? withoutParts(requests, folder) : contestants(requests, folder, python);
}

/** Every answer must be one that the model gives, before anything is timed. */
async function checkAnswers(contestant, texts, model, { connections }) {
  const some = texts.slice(0, FAMILIAR);
  const wanted = new Set(
    some.map((text) => JSON.stringify({ predicted_ctr: model.predict(JSON.parse(text)) })),
  );
  const strange = [];
  const onAnswer = ({ body }) => wanted.has(body()) || strange.push(body());
  const requests = some.map((text) => requestBytes('/predict_ctr', text));
  await contestant.load({ seconds: 0.3, connections }, requests, onAnswer);
  if (strange.length > 0) throw new Error(`${contestant.label} answered ${strange[0]}`);
}

async function measure(all, texts, model, options) {
  for (const contestant of all) {
    await contestant.server.start();
    if (contestant.isOurs && contestant.server.part === undefined)
      await checkAnswers(contestant, texts, model, options);
    await contestant.load({ ...options, seconds: options.warmUp });
    await contestant.warm();
  }
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < all.length; i++) {
      const contestant = all[(i + round) % all.length];
      contestant.rounds.push(await contestant.load(options));
    }
  }
}

/** Ratios are of the same round, so that what else the machine did then falls on both. */
function ratios(contestant, floor, figure) {
  return spread(contestant.rounds.map((round, i) => figure(round, floor.rounds[i])));
}

const plain = (x) => x.toFixed(2);
const ofCpu = (round, floor) => floor.cpu / round.cpu;
const ofThroughput = (round, floor) => round.throughput / floor.throughput;

async function report(all) {
  const machine = describeMachine();
  const rows = [];
  for (const contestant of all) {
    const of = (figure) => spread(contestant.rounds.map((round) => round[figure]));
    const hits = await contestant.hitRate();
    rows.push([
      contestant.label,
      shown(of('cpu'), duration),
      shown(ratios(contestant, all[0], ofCpu), plain),
      shown(of('throughput'), rate),
      shown(ratios(contestant, all[0], ofThroughput), plain),
      shown(of('p50'), duration),
      shown(of('p99'), duration),
      Number.isNaN(hits) ? '' : `${(100 * hits).toFixed(1)} %`,
    ]);
  }
  const latency = ['p50', 'p99'];
  const head = ['', 'cpu a request', 'of node:http', 'requests/s', 'of node:http', ...latency];
  console.log(busyLine(machine));
  console.log(table([...head, 'cache hits'], rows));
  console.log(`\n(${machineLine(machine, SEED)})`);
}

/** What is asked of the medians, and whether it was met. */
function verdicts([raw, , everything, hits, misses, , pythonMisses, pythonHits]) {
  const median = (one, floor, figure) => ratios(one, floor, figure).median;
  const costOf = (round, floor) => round.cpu / floor.cpu;
  const cpu = median(everything, raw, ofCpu);
  const throughput = median(everything, raw, ofThroughput);
  const p99 = median(everything, raw, (round, floor) => round.p99 / floor.p99);
  const miss = median(misses, hits, costOf);
  const againstPython = () =>
    [
      ['CPU of a miss with FastAPI', median(pythonMisses, misses, costOf), GOALS.pythonMiss],
      ['CPU of a hit with FastAPI', median(pythonHits, hits, costOf), GOALS.pythonHit],
    ].map(([name, times, goal]) => [`${name}, times ours`, times, `≥ ${goal}`, times >= goal]);
  return [
    ['CPU a request, of node:http', cpu, `≥ ${GOALS.ofRaw}`, cpu >= GOALS.ofRaw],
    ['throughput, of node:http', throughput, `≥ ${GOALS.ofRaw}`, throughput >= GOALS.ofRaw],
    ['p99, times that of node:http', p99, `≤ ${GOALS.p99}`, p99 <= GOALS.p99],
    ['CPU of a kept miss, times that of a hit', miss, `≤ ${GOALS.miss}`, miss <= GOALS.miss],
    ...(pythonMisses === undefined ? [] : againstPython()),
  ].map(([name, seen, goal, met]) => [name, plain(seen), goal, met ? 'reached' : 'missed']);
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  let all = [];
  try {
    const model = await trainedRegistry(folder);
    const texts = generatedBodies(BODIES);
    const requests = texts.map((text) => requestBytes('/predict_ctr', text));
    all = contestantsOf(options, requests, folder);
    await measure(all, texts, model, options);
    await report(all);
    if (!options.smoke && !options.parts && !options.alternatives)
      console.log(`\n${table(['', 'seen', 'goal', ''], verdicts(all))}`);
  } finally {
    for (const { server } of all) server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
