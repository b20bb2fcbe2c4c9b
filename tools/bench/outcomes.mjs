/* npm run bench:outcomes: what outcomes cost to take in, and what predictions wait for them. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { busyLine, describeMachine, machineLine } from './machine.mjs';
import { duration, rate, shown, table } from './report.mjs';
import { SEED, generatedBodies, trainedRegistry } from './servers/registry.mjs';
import { ServerProcess } from './servers/server_process.mjs';
import { spread } from './stopwatch.mjs';
import { requestBytes, sendAll } from './wire_client.mjs';

const help = `npm run bench:outcomes -- [options]

How many outcomes a second the service commits with one core to itself, told by record and by
prediction id, new and again; and the latency of POST /predict_ctr alone and beside 10,000
outcomes a second.

  --seconds N   of predictions a round; default 5
  --rounds N    default 5
  --url URL     of a PostgreSQL database that is empty; default: a file of SQLite
  --smoke       one short round: checks that it runs and that the counts are right
  --help        this text
`;

const GOALS = { rate: 10_000, p99: 1.5 };
/** Outcomes a second beside predictions, and how often some are sent, in milliseconds. */
const BESIDE = 10_000;
const EVERY_MS = 20;
/** Predictions a second. */
const PREDICTIONS = 1000;
/** Outcomes of a body. */
const BODY = 500;

function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const options = { seconds: text, rounds: text, url: text, smoke: flag, help: flag };
  const { values } = parseArgs({ options });
  const { smoke } = values;
  const above0 = (name, fallback) => {
    const number = Number(values[name] ?? fallback);
    if (number > 0 && number < 1e6) return number;
    throw new Error(`--${name} is ${values[name]}, wanted a number above 0`);
  };
  return {
    ...values,
    seconds: above0('seconds', smoke ? 0.5 : 5),
    rounds: Math.ceil(above0('rounds', smoke ? 1 : 5)),
    outcomes: smoke ? 2000 : 40_000,
  };
}

const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** Outcomes by record, all of different keys; `start` tells those of one call from those of another. */
function reported(bodies, count, start, clicks = 3) {
  const period = yesterday();
  return Array.from({ length: count }, (_, i) => {
    const record = bodies[(start + i) % bodies.length];
    const rest = `"period":"${period}","key":"${start + i}","impressions":100,"clicks":${clicks}`;
    return `{"record":${record},${rest},"campaign":"c${i % 50}","spend":1.25}`;
  });
}

/** Outcomes by the ids of predictions made for it. */
async function predicted(port, bodies, count) {
  const outcomes = [];
  for (let from = 0; from < count; from += BODY) {
    const records = bodies.slice(from % bodies.length, (from % bodies.length) + BODY);
    const response = await fetch(`http://127.0.0.1:${port}/predict_ctr/batch?ids=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `[${records.join(',')}]`,
    });
    for (const { prediction_id: id } of (await response.json()).predictions) {
      outcomes.push(`{"prediction_id":"${id}","impressions":1,"clicks":0}`);
    }
  }
  return outcomes.slice(0, count);
}

/** Requests of `BODY` outcomes each, as arrays. */
function requestsOf(outcomes) {
  const requests = [];
  for (let from = 0; from < outcomes.length; from += BODY) {
    requests.push(requestBytes('/outcomes', `[${outcomes.slice(from, from + BODY).join(',')}]`));
  }
  return requests;
}

/** Sends all of them, four bodies at once. @returns outcomes a second, and seconds of processor time of one */
async function takeIn(server, outcomes, fate) {
  const requests = requestsOf(outcomes);
  const kept = [];
  const before = await server.cpu();
  const { failed, seconds } = await sendAll({
    port: server.port,
    next: (i) => requests[i],
    connections: 4,
    onAnswer: ({ body }) => kept.push(JSON.parse(body())),
  });
  const after = await server.cpu();
  const total = kept.reduce((sum, receipt) => sum + receipt[fate], 0);
  if (failed > 0 || total !== outcomes.length) {
    throw new Error(
      `${total} of ${outcomes.length} outcomes were ${fate}, ${failed} requests failed`,
    );
  }
  return { rate: outcomes.length / seconds, cpu: (after.cpu - before.cpu) / outcomes.length };
}

/** The counts that the store tells must be those that were sent. */
async function checkCounts(server, sent) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/outcomes?from=${yesterday()}`);
  const lines = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const sums = { rows: 0, impressions: 0, clicks: 0 };
  for (const line of lines) if (!line.end) for (const name in sums) sums[name] += line[name];
  if (JSON.stringify(sums) !== JSON.stringify(sent)) {
    throw new Error(`sent ${JSON.stringify(sent)}, kept ${JSON.stringify(sums)}`);
  }
}

/** Gives the process one core, where the system can; the client has the others. */
function pin(server) {
  try {
    const keep = (cores, pid) => execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)]);
    keep('0', server.child.pid);
    if (cpus().length > 1) keep(`1-${cpus().length - 1}`, process.pid);
    return true;
  } catch {
    return false;
  }
}

/** Gives us, and what we start from now on, all cores again. */
function unpin() {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', `0-${cpus().length - 1}`, String(process.pid)]);
  } catch {
    // Then nothing was pinned.
  }
}

/** Sends lines of outcomes in one request, so many a second, until it is told to stop. */
function startStream(port, outcomes) {
  const asked = request({
    ...{ host: '127.0.0.1', port, path: '/outcomes', method: 'POST' },
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const receipt = new Promise((resolve, reject) => {
    asked.on('error', reject).on('response', async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve(JSON.parse(text));
    });
  });
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1000) * BESIDE);
    const lines = outcomes.slice(sent, Math.min(due, outcomes.length));
    sent += lines.length;
    if (lines.length > 0) asked.write(`${lines.join('\n')}\n`);
  }, EVERY_MS);
  /** Resolves when all that was sent is committed; throws unless it is. */
  return async () => {
    clearInterval(timer);
    asked.end();
    const { accepted } = await receipt;
    const seconds = (performance.now() - start) / 1000;
    if (accepted !== sent) throw new Error(`${sent} outcomes were sent, ${accepted} accepted`);
    return { sent, rate: sent / seconds };
  };
}

/**
 * Predictions at a steady rate, whether earlier ones are answered or not: so one that is late makes none
 * of the others wait.
 * @returns latencies in seconds, ascending
 */
async function predict(agent, port, bodies, seconds) {
  const options = {
    ...{ host: '127.0.0.1', port, path: '/predict_ctr', method: 'POST', agent },
    headers: { 'content-type': 'application/json' },
  };
  const count = Math.floor(seconds * PREDICTIONS);
  const answers = [];
  const start = performance.now();
  while (answers.length < count) {
    const due = Math.floor(((performance.now() - start) / 1000) * PREDICTIONS);
    for (let i = answers.length; i < Math.min(due, count); i++) {
      answers.push(latencyOf(options, bodies[i % bodies.length]));
    }
    await pause(1);
  }
  return Float64Array.from(await Promise.all(answers)).sort();
}

function latencyOf(options, body) {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const asked = request({
      ...options,
      headers: { ...options.headers, 'content-length': body.length },
    });
    asked.on('error', reject).on('response', (answer) => {
      if (answer.statusCode !== 200)
        reject(new Error(`a prediction was answered ${answer.statusCode}`));
      answer.resume().on('end', () => resolve((performance.now() - from) / 1000));
    });
    asked.end(body);
  });
}

const at = (latencies, share) => latencies[Math.floor(latencies.length * share)];

/** How fast outcomes are taken in. */
async function ingestion(server, bodies, { rounds, outcomes }) {
  const kinds = {
    'by record, new': [],
    'the same again': [],
    restated: [],
    'by prediction id, new': [],
  };
  let start = 0;
  const sent = { rows: 0, impressions: 0, clicks: 0 };
  const count = (rows, impressions, clicks) => {
    sent.rows += rows;
    sent.impressions += impressions;
    sent.clicks += clicks;
  };
  for (let round = 0; round < rounds; round++) {
    const told = reported(bodies, outcomes, start);
    kinds['by record, new'].push(await takeIn(server, told, 'new'));
    kinds['the same again'].push(await takeIn(server, told, 'unchanged'));
    const newer = reported(bodies, outcomes, start, 4);
    kinds['restated'].push(await takeIn(server, newer, 'restated'));
    count(outcomes, 100 * outcomes, 4 * outcomes);
    const named = await predicted(server.port, bodies, outcomes);
    kinds['by prediction id, new'].push(await takeIn(server, named, 'new'));
    count(outcomes, outcomes, 0);
    start += outcomes;
  }
  await checkCounts(server, sent);
  return kinds;
}

/** Latency of predictions alone and beside outcomes, in turn. */
async function latencies(server, bodies, { rounds, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const found = { alone: [], beside: [], rates: [] };
  await predict(agent, server.port, bodies, Math.min(2, seconds));
  for (let round = 0; round < rounds; round++) {
    found.alone.push(await predict(agent, server.port, bodies, seconds));
    const outcomes = reported(bodies, Math.ceil(1.5 * seconds * BESIDE), 1e9 + round * 1e6);
    const stop = startStream(server.port, outcomes);
    found.beside.push(await predict(agent, server.port, bodies, seconds));
    found.rates.push((await stop()).rate);
  }
  agent.destroy();
  return found;
}

function report(kinds, { alone, beside, rates }, isPinned) {
  const rows = Object.entries(kinds).map(([name, runs]) => [
    name,
    shown(spread(runs.map(({ rate }) => rate)), rate),
    shown(spread(runs.map(({ cpu }) => cpu)), duration),
    shown(spread(runs.map(({ cpu }) => 1 / cpu)), rate),
  ]);
  const core = isPinned
    ? 'the service has one core'
    : 'taskset is not there: the service has all cores';
  console.log(`\nBodies of ${BODY} outcomes, four at once; ${core}.\n`);
  console.log(table(['outcomes', 'a second', 'processor time each', 'a second of one core'], rows));
  const ratio = spread(beside.map((round, i) => at(round, 0.99) / at(alone[i], 0.99)));
  const line = (name, runs) => [
    name,
    shown(spread(runs.map((run) => at(run, 0.5))), duration),
    shown(spread(runs.map((run) => at(run, 0.99))), duration),
  ];
  console.log(`\n${PREDICTIONS} predictions a second.\n`);
  const besides = `beside ${shown(spread(rates), rate)} outcomes a second`;
  console.log(
    table(['POST /predict_ctr', 'p50', 'p99'], [line('alone', alone), line(besides, beside)]),
  );
  console.log(`\np99 beside outcomes is ${shown(ratio, (x) => x.toFixed(2))} times that alone.`);
  const slowest = Math.min(
    ...Object.values(kinds).map((runs) => spread(runs.map(({ cpu }) => 1 / cpu)).median),
  );
  console.log(
    verdict(
      slowest >= GOALS.rate,
      `${rate(slowest)} outcomes a second of one core, wanted ${rate(GOALS.rate)}`,
    ),
  );
  console.log(
    verdict(
      ratio.median <= GOALS.p99,
      `p99 × ${ratio.median.toFixed(2)}, wanted at most ${GOALS.p99}`,
    ),
  );
}

const verdict = (isReached, what) => `${isReached ? 'reached' : 'MISSED'}: ${what}`;

async function main() {
  const options = readOptions();
  if (options.help) return console.log(help);
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  const environment = { MODEL_DIR: folder, MODEL_POLL_MS: '0', MAX_LAG_MS: '0', LOG_LEVEL: 'warn' };
  const server = (name) => {
    const OUTCOMES_URL = options.url ?? `file:${join(folder, `${name}.db`)}`;
    return new ServerProcess('api', { ...environment, OUTCOMES_URL });
  };
  const machine = describeMachine();
  console.log(machineLine(machine, SEED));
  const [taking, answering] = [server('taking'), server('answering')];
  try {
    await trainedRegistry(folder);
    const bodies = generatedBodies(20_000);
    await taking.start();
    await idsThere(taking.port, bodies[0]);
    const isPinned = pin(taking);
    const kinds = await ingestion(taking, bodies, options);
    taking.stop();
    unpin();
    await answering.start();
    await idsThere(answering.port, bodies[0]);
    report(kinds, await latencies(answering, bodies, options), isPinned);
    console.log(busyLine(machine));
  } finally {
    taking.stop();
    answering.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits for the store, which opens in the background. */
async function idsThere(port, body) {
  const headers = { 'content-type': 'application/json' };
  for (;;) {
    const url = `http://127.0.0.1:${port}/predict_ctr`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    await answer.text();
    if (answer.headers.has('x-prediction-id')) return;
    await pause(20);
  }
}

await main();
