// The client host: sends steady load whether or not it is answered, writes down what came of each
// request, and asks what `hosts.mjs` has it ask. It speaks to that by messages of Node, not over the
// network of the hosts.
import { Agent, request } from 'node:http';
import { setInterval, clearInterval } from 'node:timers';
import { generatedBodies } from '../bench/servers/registry.mjs';

/** As a caller's own patience: whoever is not answered by then has failed. */
const PATIENCE_MS = 30_000;
const agent = new Agent({ keepAlive: true });
const bodies = generatedBodies(5000);
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** Sends a request. Resolves to what was answered; of a lost one the status is 0. */
function ask({ url, method = 'GET', key, body }) {
  return new Promise((resolve) => {
    const fail = (error) => resolve({ status: 0, body: error.message, version: undefined });
    const headers = { 'x-api-key': key };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const sent = request(url, { method, headers, agent, timeout: PATIENCE_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('error', fail);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode,
          body: text,
          version: answer.headers['x-model-version'],
        }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', fail);
    sent.end(body);
  });
}

/** One load: kinds of requests, each at a rate of its own. */
class Load {
  samples = [];
  underWay = new Set();
  timers = [];
  committed = [];
  sent = { prediction: 0, greedy: 0, outcome: 0 };

  constructor({ url, keys, rates, name }) {
    Object.assign(this, { url, keys, name });
    for (const [kind, rate] of Object.entries(rates)) this.sendEvery(kind, rate);
  }

  /** Open loop: a request that waits holds up no other, and what a late timer missed is sent at once. */
  sendEvery(kind, rate) {
    const start = performance.now();
    const timer = setInterval(() => {
      const due = ((performance.now() - start) / 1000) * rate;
      while (this.sent[kind] < due) this.send(kind, this.sent[kind]++);
    }, 5);
    this.timers.push(timer);
  }

  send(kind, n) {
    const at = performance.timeOrigin + performance.now();
    const given = this[kind](n);
    const answered = ask({ method: 'POST', ...given }).then(({ status, body, version }) => {
      const ms = performance.timeOrigin + performance.now() - at;
      this.samples.push({ kind, at, ms, status, version });
      if (kind === 'outcome' && status === 200) this.commit(given.body, JSON.parse(body));
    });
    this.underWay.add(answered);
    void answered.then(() => this.underWay.delete(answered));
  }

  prediction(n) {
    const { bidders } = this.keys;
    const [key, body] = [bidders[n % bidders.length], bodies[n % bodies.length]];
    return { url: `${this.url}/predict_ctr`, key, body };
  }

  greedy(n) {
    const body = bodies[n % bodies.length];
    return { url: `${this.url}/predict_ctr`, key: this.keys.greedy, body };
  }

  outcome(n) {
    const told = Array.from({ length: 5 }, (_, i) => ({
      record: JSON.parse(bodies[(5 * n + i) % bodies.length]),
      ...{ period: yesterday, key: `${this.name}-${n}-${i}`, impressions: 100, clicks: 3 },
    }));
    return { url: `${this.url}/outcomes`, key: this.keys.reporter, body: JSON.stringify(told) };
  }

  commit(body, receipt) {
    if (receipt.accepted === 5) this.committed.push(...JSON.parse(body));
  }

  async end() {
    this.timers.forEach(clearInterval);
    await Promise.all(this.underWay);
    const { samples, committed } = this;
    return { samples, committed: committed.length };
  }

  /** How many outcomes that were answered as committed are there: told again, they change nothing. */
  async kept() {
    let kept = 0;
    for (let from = 0; from < this.committed.length; from += 500) {
      const body = JSON.stringify(this.committed.slice(from, from + 500));
      const url = `${this.url}/outcomes?check=true`;
      const answer = await ask({ url, method: 'POST', key: this.keys.operator, body });
      if (answer.status !== 200)
        throw new Error(`${url} answered ${answer.status}: ${answer.body}`);
      kept += JSON.parse(answer.body).unchanged;
    }
    return kept;
  }
}

let load;
const orders = {
  ask,
  start: (plan) => void (load = new Load(plan)),
  end: () => load.end(),
  kept: () => load.kept(),
  /** Some bodies to compare the answers of replicas by. */
  bodies: (count) => bodies.slice(0, count),
};

process.on('message', async ({ id, order, argument }) => {
  try {
    process.send({ id, result: await orders[order](argument) });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
