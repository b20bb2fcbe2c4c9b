// What is done to the hosts, and what must hold of it. Each drill has a service of its own, whose load
// begins with it, and takes a little more than a minute, because a limit is one of a minute.
import { setTimeout as pause } from 'node:timers/promises';
import { figuresOf, judge, statisticsHold } from './figures.mjs';
import { replicas } from './network.mjs';
import { LIMIT, POLL_MS } from './services.mjs';

/** Requests a second: the greedy client asks for twice its limit. */
const RATES = { prediction: 150, greedy: 40, outcome: 10 };
const BEFORE_MS = 8000;
const WHOLE_MS = 68_000;
/** How long all may take to be as before, once what was drilled is over, in milliseconds. */
const RECOVERY_MS = 5000;
/** How long replicas may take to tell each other the last figures, in milliseconds. */
const SETTLE_MS = 15_000;
/** Long enough that the greedy client passes its limit meanwhile, as replicas do not hear of each other. */
const VALKEY_MS = 35_000;
/** What a model takes to be read, checked and compiled, beside the wait for the next look. */
const LOAD_MS = 2000;

/**
 * By name: `title`, `strike`, which does it and undoes it and may return claims, and what is `expected`
 * otherwise than always; see `judge`.
 */
export const drills = {
  'rolling-restart': {
    title: 'Rolling restart',
    expected: {},
    async strike({ service, balancer }) {
      const codes = [];
      for (const replica of service) {
        codes.push(await replica.stop());
        await replica.start();
        await balancer.untilUp(service.length);
      }
      const inOrder = codes.every((code) => code === 0);
      return [{ name: 'exit codes', holds: inOrder, wanted: '0', got: codes.join(', ') }];
    },
  },
  'replica-cut': {
    title: 'Replica cut off for 15 s',
    // Those that are under way there: nobody can know what came of them, so the balancer gives them up
    // after its `timeout server` and does not send them again.
    expected: { outcomesFail: 0.05, outcomeMs: 21_000 },
    async strike({ network, balancer }) {
      await network.cut('replica-2');
      await pause(15_000);
      await network.join('replica-2');
      await balancer.untilUp(replicas.length);
    },
  },
  'valkey-killed': {
    title: 'Valkey killed for 35 s',
    expected: { limitTimes: replicas.length },
    async strike({ valkey }) {
      await valkey.kill();
      await pause(VALKEY_MS);
      await valkey.start();
    },
  },
  'valkey-cut': {
    title: 'Valkey cut off for 35 s',
    expected: { limitTimes: replicas.length },
    async strike({ network }) {
      await network.cut('valkey');
      await pause(VALKEY_MS);
      await network.join('valkey');
    },
  },
  'postgres-killed': {
    title: 'PostgreSQL killed for 15 s',
    // All that are sent meanwhile, and until it has recovered.
    expected: { outcomesFail: 0.4 },
    async strike({ postgres }) {
      await postgres.kill();
      await pause(15_000);
      await postgres.start();
    },
  },
  'postgres-cut': {
    title: 'PostgreSQL cut off for 15 s',
    expected: { outcomesFail: 0.4 },
    async strike({ network }) {
      await network.cut('postgres');
      await pause(15_000);
      await network.join('postgres');
    },
  },
  'slow-host': {
    title: 'Slow host: 200 ms later, 5 % lost',
    expected: {},
    async strike({ network, note }) {
      note(`slowed by ${await network.slow('replica-3', { delayMs: 200, loss: 0.05 })}`);
      await pause(25_000);
      await network.quicken('replica-3');
    },
  },
  promotion: {
    title: 'Another model promoted',
    expected: {},
    async strike({ client, keys, balancer, versions, service }) {
      const current = await servedBy(client, keys, service[0]);
      const next = versions.find((version) => version !== current);
      const url = `${balancer.url}/models/${next}/promote`;
      const answer = await client.ask({ url, method: 'POST', key: keys.operator });
      const promoted = performance.now();
      const claims = [
        { name: 'promoted', holds: answer.status === 200, wanted: 200, got: answer.status },
      ];
      while (performance.now() - promoted < 2 * (POLL_MS + LOAD_MS)) {
        const served = await Promise.all(service.map((each) => servedBy(client, keys, each)));
        if (served.every((version) => version === next)) break;
        await pause(50);
      }
      const took = Math.round(performance.now() - promoted);
      const most = POLL_MS + LOAD_MS;
      claims.push({
        name: 'all serve it, ms',
        holds: took <= most,
        wanted: `≤ ${most}`,
        got: took,
      });
      const agree = await agreement(client, keys, service);
      claims.push({ name: 'answers alike', holds: agree === 100, wanted: 100, got: agree });
      return claims;
    },
  },
};

/** The version that a replica serves. */
async function servedBy(client, keys, { url }) {
  const { body } = await client.ask({ url: `${url}/stats`, key: keys.operator });
  return JSON.parse(body).model_version;
}

/** Of a hundred records, how many all replicas answer alike. */
async function agreement(client, keys, service) {
  const records = await client.bodies(100);
  const body = `[${records.join(',')}]`;
  const answers = await Promise.all(
    service.map(({ url }) =>
      client.ask({ url: `${url}/predict_ctr/batch`, method: 'POST', key: keys.operator, body }),
    ),
  );
  const all = answers.map((answer) => JSON.parse(answer.body).predictions);
  return records.filter((_, i) =>
    all.every((each) => JSON.stringify(each[i]) === JSON.stringify(all[0][i])),
  ).length;
}

/** Runs one on fresh replicas. @returns its figures and its claims */
export async function runDrill(name, hosts) {
  const { service, balancer, valkey, client, keys } = hosts;
  const { strike, expected, title } = drills[name];
  await Promise.all(service.map((replica) => replica.stop()));
  await valkey.kill();
  await valkey.start();
  // One after another, as they share the cores.
  for (const replica of service) await replica.start();
  await balancer.untilUp(service.length);
  const retriesBefore = await balancer.retries();
  const notes = [];
  const marks = { start: Date.now() };
  await client.start({ url: balancer.url, keys, rates: RATES, name: `${name}-${marks.start}` });
  await pause(BEFORE_MS);
  marks.from = Date.now();
  const more = await strike({ ...hosts, note: (text) => notes.push(text) });
  marks.over = Date.now();
  marks.until = marks.over + RECOVERY_MS;
  await pause(Math.max(2 * RECOVERY_MS, marks.start + WHOLE_MS - marks.over));
  marks.end = Date.now();
  const { samples, committed } = await client.end();
  const figures = figuresOf(samples, marks);
  const retries = (await balancer.retries()) - retriesBefore;
  const statistics = await settled(hosts, figures, retries);
  const kept = await client.kept();
  const facts = { figures, limit: LIMIT, committed, kept, statistics, more };
  const lengthMs = marks.over - marks.from;
  const claims = judge(facts, expected);
  return { name, title, lengthMs, retries, notes, committed, kept, statistics, figures, claims };
}

/** Asks all replicas for what the service did, until all say what the client saw, for a bounded time. */
async function settled({ client, keys, service }, { predictions, greedy, outcomes }, retries) {
  const seen = { ...predictions.statuses };
  for (const [status, count] of Object.entries(greedy.statuses)) {
    seen[status] = (seen[status] ?? 0) + count;
  }
  const begun = performance.now();
  for (;;) {
    const told = await Promise.all(service.map((replica) => toldBy(client, keys, replica)));
    const hold = told.every(
      (routes) =>
        statisticsHold(routes['/predict_ctr'], seen, retries) &&
        statisticsHold(
          { 200: routes['/outcomes'][200] },
          { 200: outcomes.statuses[200] },
          outcomes.failed,
        ),
    );
    const ms = Math.round(performance.now() - begun);
    const got = `${JSON.stringify(told)} after ${ms} ms, seen ${JSON.stringify(seen)}, retries ${retries}`;
    if (hold) return { hold, ms, got };
    if (ms > SETTLE_MS) return { hold, ms, got };
    await pause(250);
  }
}

/** What a replica says of the whole service: by route, how often each status. */
async function toldBy(client, keys, { url }) {
  const { status, body } = await client.ask({ url: `${url}/stats`, key: keys.operator });
  if (status !== 200) throw new Error(`${url}/stats answered ${status}: ${body}`);
  const routes = { '/predict_ctr': {}, '/outcomes': {} };
  for (const { method, path, statuses } of JSON.parse(body).routes) {
    if (method === 'POST' && path in routes) routes[path] = statuses;
  }
  return routes;
}
