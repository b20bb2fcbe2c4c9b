/* node tools/bench/cache_truth.mjs: what the cache hits on the load scenarios' traffic, by either
   key, and whether any answer of it differs from a prediction made without it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './machine.mjs';
import { count, table } from './report.mjs';
import { SEED, loadTraffic, trainedRegistry } from './servers/registry.mjs';

/** A module of the API as built: apps are no packages to import. */
const builtApi = (file) => import(new URL(`../../apps/api/dist/${file}`, import.meta.url));

const { createApp } = await builtApi('app.js');
const { readConfig } = await builtApi('config.js');
const { ServedModel } = await builtApi('model/served-model.js');
const { Predictions } = await builtApi('predict/predictions.js');

const help = `node tools/bench/cache_truth.mjs [options]

Asks the service, in this process, about the traffic of the load scenarios, cold: the first
requests through all of it, the others from where a record is validated. Every answer is
compared with CtrModel.predict of a second copy of the model, which has no cache. Once with each
kind of key.

  --requests N  default 1,000,000
  --smoke       60,000 requests
  --help        this text
`;

/** Requests that go through the whole service, HTTP parsing and serialisation included. */
const WHOLE = 2_000;

/** Hit rates, in [0, 1]: what the README says of this traffic. */
const GOALS = { cell: [0.95, 1], exact: [0.6, 0.8] };

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const flag = { type: 'boolean', default: false };
  const options = { requests: { type: 'string' }, smoke: flag, help: flag };
  const { values } = parseArgs({ options });
  const requests = Number(values.requests ?? (values.smoke ? 60_000 : 1_000_000));
  if (Number.isInteger(requests) && requests > WHOLE) return { ...values, requests };
  throw new Error(`--requests is ${values.requests}, wanted a whole number above ${WHOLE}`);
}

/** Answers that are not the model's, and pairs of answers that share an ETag and differ. */
class Judge {
  different = 0;
  collisions = 0;
  #byTag = new Map();

  constructor(model) {
    this.model = model;
  }

  judge(record, { body, etag }) {
    const ctr = this.model.predict(record);
    if (body !== JSON.stringify({ predicted_ctr: ctr })) this.different++;
    if ((this.#byTag.get(etag) ?? ctr) !== ctr) this.collisions++;
    this.#byTag.set(etag, ctr);
  }
}

async function ask(app, traffic, requests, judge) {
  const headers = { 'content-type': 'application/json' };
  for (let i = 0; i < WHOLE; i++) {
    const record = traffic.recordAt(i);
    const asked = { method: 'POST', url: '/predict_ctr', headers, payload: JSON.stringify(record) };
    const answer = await app.inject(asked);
    judge.judge(record, { body: answer.body, etag: answer.headers.etag });
  }
  const predictions = app.get(Predictions);
  const served = app.get(ServedModel);
  const row = new Float64Array(served.contract.width);
  for (let i = WHOLE; i < requests; i++) {
    const record = traffic.recordAt(i);
    judge.judge(record, predictions.of(served.servingFor(record, row), row, record));
  }
}

/** Serves all requests with one kind of key, from an empty cache; what came of it. */
async function run(key, folder, model, requests) {
  const OUTCOMES_URL = `file:${join(folder, 'outcomes.db')}`;
  const settings = {
    ...{ MODEL_DIR: folder, MODEL_POLL_MS: '0', LOG_LEVEL: 'silent', CACHE_KEY: key },
    OUTCOMES_URL,
  };
  const app = await createApp(readConfig(settings));
  try {
    const judge = new Judge(model);
    await ask(app, await loadTraffic(), requests, judge);
    const { cache } = (await app.inject({ url: '/stats' })).json();
    return { key, cache, different: judge.different, collisions: judge.collisions };
  } finally {
    await app.close();
  }
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

function report(runs, requests) {
  const rows = runs.map(({ key, cache, different, collisions }) => [
    key,
    count(cache.hits + cache.misses),
    percent(cache.hit_rate),
    percent(cache.exact_key_hit_rate),
    count(cache.size),
    count(different),
    count(collisions),
  ]);
  const head = ['key', 'requests', 'hit rate', 'exact key, estimated', 'answers kept'];
  console.log(table([...head, 'answers that differ', 'ETags that lie'], rows));
  console.log(`\n(${count(requests)} requests, cold; ${machineLine(describeMachine(), SEED)})`);
}

function failuresOf({ key, cache, different, collisions }, requests) {
  const [low, high] = GOALS[key];
  const estimate = cache.exact_key_hit_rate;
  return [
    different > 0 && `${different} answers differ from the model's`,
    collisions > 0 && `${collisions} answers have the ETag of another`,
    cache.hits + cache.misses !== requests && 'not every request was looked up',
    !(cache.hit_rate >= low && cache.hit_rate <= high) && `hit rate ${cache.hit_rate}`,
    !(estimate >= GOALS.exact[0] && estimate <= GOALS.exact[1]) && `estimate ${estimate}`,
  ].flatMap((failure) => (failure ? [`${key} key: ${failure}`] : []));
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  const { requests } = options;
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  try {
    const model = await trainedRegistry(folder);
    const runs = [];
    for (const key of Object.keys(GOALS)) runs.push(await run(key, folder, model, requests));
    report(runs, requests);
    const failures = runs.flatMap((each) => failuresOf(each, requests));
    console.log(failures.length === 0 ? '\nAll answers are true.' : `\n${failures.join('\n')}`);
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
