// What things cost on this machine: processor time and bytes of a prediction in each way to ask for it, of
// an outcome, of a retraining, and of what stands beside the service. All seeded, in about two minutes.
//
// Runs the API and the trainer as built.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSchema } from '@adscale/ctr';
import { generatedBodies, trainedRegistry } from '../servers/registry.mjs';
import { ServerProcess } from '../servers/server_process.mjs';
import { spread } from '../stopwatch.mjs';
import { requestBytes, sendAll, sendFor } from '../wire_client.mjs';
import { cpuOf, startBalancer, startPostgres, startValkey } from './neighbours.mjs';

/** Records of a batch, outcomes of a body. */
const BATCH = 1000;
const BODY = 500;
/** Addresses that ask, where Valkey is told what each of them did. */
const CLIENTS = 1000;
/** Rows of the retraining that is measured. */
export const RETRAIN_ROWS = 20_000;

const trainer = fileURLToPath(new URL('../../../apps/trainer/dist/main.js', import.meta.url));

/** One call as it goes over the wire, for each way to ask for predictions. */
function waysToAsk(bodies) {
  const arrays = [];
  const tensors = [];
  for (let from = 0; from < bodies.length; from += BATCH) {
    const records = bodies.slice(from, from + BATCH);
    arrays.push(requestBytes('/predict_ctr/batch', `[${records.join(',')}]`));
    tensors.push(tensorRequest(records.map((text) => JSON.parse(text))));
  }
  return {
    single: { requests: bodies.map((text) => requestBytes('/predict_ctr', text)), records: 1 },
    batch: { requests: arrays, records: BATCH },
    tensor: { requests: tensors, records: BATCH },
  };
}

/** One tensor of numbers, categories by their place, in the binary form that Triton's clients send. */
function tensorRequest(records) {
  const { features } = defaultSchema;
  const data = new Float64Array(records.length * features.length);
  records.forEach((record, row) => {
    features.forEach(({ name, categories }, column) => {
      const value = record[name];
      data[row * features.length + column] = categories?.indexOf(value) ?? value;
    });
  });
  const input = {
    ...{ name: 'records', datatype: 'FP64', shape: [records.length, features.length] },
    parameters: { binary_data_size: data.byteLength },
  };
  const asked = { inputs: [input], parameters: { binary_data_output: true } };
  const json = JSON.stringify(asked);
  const body = Buffer.concat([Buffer.from(json), Buffer.from(data.buffer)]);
  const head =
    'POST /v2/models/ctr/infer HTTP/1.1\r\nhost: 127.0.0.1\r\n' +
    `content-type: application/octet-stream\r\ninference-header-content-length: ${json.length}\r\n` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Load for some seconds. @returns seconds of processor time, of latency and bytes, each of a call */
async function load(server, requests, { connections, seconds, port = server.port, pid }) {
  let bytesOut = 0;
  let refusal;
  const onAnswer = ({ end, status, body }) => {
    bytesOut += end;
    if (status !== 200) refusal ??= `${status} ${body()}`;
  };
  const cpuNow = async () => [(await server.cpu()).cpu, pid === undefined ? 0 : cpuOf(pid)];
  const before = await cpuNow();
  const sent = await sendFor({ port, requests, connections, seconds, onAnswer });
  const after = await cpuNow();
  if (refusal) throw new Error(`${sent.failed} of ${sent.count} requests failed: ${refusal}`);
  return {
    cpu: (after[0] - before[0]) / sent.count,
    beside: (after[1] - before[1]) / sent.count,
    bytesIn: requests.reduce((sum, each) => sum + each.length, 0) / requests.length,
    bytesOut: bytesOut / sent.count,
    p50: sent.latencies[Math.floor(sent.count / 2)] / 1e3,
  };
}

/** Several rounds of it, after a warm-up; figures of a record, as median and range. */
async function costOfAsking(server, { requests, records }, { rounds, seconds }) {
  const connections = records === 1 ? 50 : 4;
  await load(server, requests, { connections, seconds });
  const found = [];
  for (let round = 0; round < rounds; round++) {
    found.push(await load(server, requests, { connections, seconds }));
  }
  const of = (figure) => spread(found.map((each) => each[figure] / records));
  return {
    cpu: of('cpu'),
    in: of('bytesIn').median,
    out: of('bytesOut').median,
    requests: 1 / records,
    p50: spread(found.map(({ p50 }) => p50)),
  };
}

/** Ids of predictions, told back as outcomes in bodies of many. */
async function outcomeRequests(port, bodies, count) {
  const requests = [];
  for (let from = 0; from < count; from += BODY) {
    const records = bodies.slice(from % bodies.length, (from % bodies.length) + BODY);
    const answer = await fetch(`http://127.0.0.1:${port}/predict_ctr/batch?ids=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `[${records.join(',')}]`,
    });
    const { predictions } = await answer.json();
    const outcomes = predictions.map(
      ({ prediction_id: id }) => `{"prediction_id":"${id}","impressions":1,"clicks":0}`,
    );
    requests.push(requestBytes('/outcomes', `[${outcomes.join(',')}]`));
  }
  return requests;
}

/** Waits for the store, which opens in the background. */
async function storeIsOpen(port, body) {
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  for (let tries = 0; tries < 10_000; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/predict_ctr`, asked);
    await answer.text();
    if (answer.headers.has('x-prediction-id')) return;
  }
  throw new Error('the store of outcomes did not open');
}

async function costOfOutcomes(server, postgres, bodies, { rounds, outcomes }) {
  await storeIsOpen(server.port, bodies[0]);
  const found = [];
  for (let round = 0; round <= rounds; round++) {
    const requests = await outcomeRequests(server.port, bodies, outcomes);
    const before = [(await server.cpu()).cpu, postgres ? cpuOf(postgres.pid) : 0];
    const size = postgres?.bytes() ?? 0;
    let taken = 0;
    await sendAll({
      port: server.port,
      next: (i) => requests[i],
      connections: 4,
      onAnswer: ({ body }) => (taken += JSON.parse(body()).new),
    });
    if (taken !== outcomes) throw new Error(`${taken} of ${outcomes} outcomes were new`);
    const after = [(await server.cpu()).cpu, postgres ? cpuOf(postgres.pid) : 0];
    const [cpu, beside] = after.map((seconds, i) => (seconds - before[i]) / outcomes);
    const bytes = requests.reduce((sum, each) => sum + each.length, 0) / outcomes;
    found.push({ cpu, beside, bytes, disk: ((postgres?.bytes() ?? 0) - size) / outcomes });
  }
  // The first round warms up.
  const of = (figure) => spread(found.slice(1).map((each) => each[figure]));
  const stored = postgres && { cpu: of('beside'), disk: of('disk').median };
  return { cpu: of('cpu'), bytes: found[0].bytes, postgres: stored };
}

/** Of a record, in each way to ask. */
async function costOfBalancing(server, folder, ways, { rounds, seconds }) {
  const balancer = await startBalancer(folder, server.port);
  if (balancer === undefined) return undefined;
  try {
    const place = { port: balancer.port, pid: balancer.pid, seconds };
    const costs = {};
    for (const [name, { requests, records }] of Object.entries(ways)) {
      const connections = records === 1 ? 50 : 4;
      const found = [];
      for (let round = 0; round < rounds; round++) {
        found.push(await load(server, requests, { ...place, connections }));
      }
      costs[name] = spread(found.map(({ beside }) => beside / records));
    }
    return costs;
  } finally {
    balancer.stop();
  }
}

/** What one process of the service asks of Valkey in a second, under load of one client and of many. */
async function costOfSharing(environment, bodies, options) {
  const valkey = await startValkey();
  if (valkey === undefined) return undefined;
  const shared = { ...environment, VALKEY_URL: valkey.url, TRUST_PROXY: '1' };
  const server = new ServerProcess('api', shared);
  const of = (clients) => {
    const requests = bodies.map((text, i) => {
      const address = `10.0.${(i % clients) >> 8}.${(i % clients) & 255}`;
      return requestBytes('/predict_ctr', text, { 'x-forwarded-for': address });
    });
    return sharing(server, valkey, requests, options);
  };
  try {
    await server.start();
    return { one: await of(1), many: await of(CLIENTS), clients: CLIENTS };
  } finally {
    server.stop();
    valkey.stop();
  }
}

/** Commands, bytes and processor time of Valkey, of each second of load. */
async function sharing(server, valkey, requests, { seconds }) {
  await load(server, requests, { connections: 50, seconds });
  const first = await commandsOf(valkey.url);
  const [cpu, from] = [cpuOf(valkey.pid), performance.now()];
  await load(server, requests, { connections: 50, seconds: 2 * seconds });
  const passed = (performance.now() - from) / 1e3;
  const last = await commandsOf(valkey.url);
  return {
    commands: (last.commands - first.commands) / passed,
    bytes: (last.bytes - first.bytes) / passed,
    cpu: (cpuOf(valkey.pid) - cpu) / passed,
  };
}

async function commandsOf(url) {
  const { port } = new URL(url);
  const text = spawnSync('redis-cli', ['-p', port, 'info', 'stats'], { encoding: 'utf8' }).stdout;
  const of = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)[1]);
  const bytes = of('total_net_input_bytes') + of('total_net_output_bytes');
  return { commands: of('total_commands_processed'), bytes };
}

/** Seconds of processor time of a training, the reading and judging of its rows included. */
function costOfRetraining(folder) {
  const before = cpuOf(process.pid);
  const flags = ['train', '--rows', String(RETRAIN_ROWS), '--output', join(folder, 'retrained')];
  const { status, stderr } = spawnSync(process.execPath, [trainer, ...flags], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no model was trained: ${stderr}`);
  return { cpu: cpuOf(process.pid) - before, rows: RETRAIN_ROWS };
}

/**
 * @param folder an empty one
 * @param options `rounds`, `seconds` of load a round, `outcomes` a round
 * @returns figures in seconds and bytes; without those of servers that are not installed
 */
export async function measure(folder, options) {
  await trainedRegistry(folder);
  const bodies = generatedBodies(20_000);
  const ways = waysToAsk(bodies);
  // Before there are other children, whose time would be counted with it.
  const retrain = costOfRetraining(folder);
  const postgres = await startPostgres(folder);
  const environment = { MODEL_DIR: folder, MODEL_POLL_MS: '0', MAX_LAG_MS: '0' };
  Object.assign(environment, { RATE_LIMIT_PER_MINUTE: '100000000', LOG_LEVEL: 'info' });
  const OUTCOMES_URL = postgres?.url ?? `file:${join(folder, 'outcomes.db')}`;
  const server = new ServerProcess('api', { ...environment, OUTCOMES_URL });
  try {
    await server.start();
    const asking = {};
    for (const [name, way] of Object.entries(ways)) {
      asking[name] = await costOfAsking(server, way, options);
    }
    const outcome = await costOfOutcomes(server, postgres, bodies, options);
    const balancer = await costOfBalancing(server, folder, ways, options);
    const { resident } = await server.memory();
    const alone = { ...environment, OUTCOMES_URL: 'off' };
    const valkey = await costOfSharing(alone, bodies, options);
    return { asking, outcome, balancer, valkey, retrain, resident };
  } finally {
    server.stop();
    await postgres?.stop();
  }
}
