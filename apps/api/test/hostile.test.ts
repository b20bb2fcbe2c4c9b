import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fc from 'fast-check';
import { OpenStreams } from '../src/batch/open-streams.js';
import { EventFeed } from '../src/stats/event-feed.js';
import { ServiceFigures } from '../src/stats/figures.js';
import { connectInMemory } from './batch/memory-connection.js';
import { RawClient, postText, requestText } from './raw-client.js';
import { type RunningApp, runApp, sample } from './running-app.js';
import { modelFolder } from './trained-models.js';
import { waitFor, within } from './wait-for.js';

let api: RunningApp;
async function start(environment: Record<string, string> = {}): Promise<void> {
  api = await runApp({ MODEL_DIR: await modelFolder(), ...environment });
}
afterEach(() => api.close());

const record = JSON.stringify(sample);
const prediction = postText('/predict_ctr', record);
const events = requestText('GET /stats/stream');
const batchOf = (records: number) => postText('/predict_ctr/batch', `[${'{},'.repeat(records)}{}]`);
const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
const lines = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' };
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Everything that requests can take. */
function gauges() {
  const { app } = api;
  const [{ in_flight, in_flight_bytes }] = app.get(ServiceFigures).own().processes;
  const [streams, watchers] = [app.get(OpenStreams).size, app.get(EventFeed).size];
  return { in_flight, in_flight_bytes, streams, watchers };
}

const nothing = { in_flight: 0, in_flight_bytes: 0, streams: 0, watchers: 0 };

/** Waits until all is given back. */
async function allGivenBack(): Promise<void> {
  const isNothing = () => Object.values(gauges()).every((value) => value === 0);
  // Should the wait be in vain, what is left says more than that.
  await waitFor('everything to be given back', isNothing).catch(() => {});
  expect(gauges()).toEqual(nothing);
}

describe('a connection that is lost', () => {
  it('gives back the slots of requests that waited behind an answer without end', async () => {
    await start({ MAX_IN_FLIGHT: '50' });
    const client = await RawClient.connect(api.server);
    client.send(events + requestText('GET /stats').repeat(1000));
    await client.receives(/data: /);
    expect(gauges()).toMatchObject({ in_flight: 0, watchers: 1 });
    client.socket.resetAndDestroy();
    await allGivenBack();
    await api.post(sample).expect(200);
  });

  it('gives back the slots of requests that waited behind one that is not answered', async () => {
    await start();
    const { client } = connectInMemory(api.server);
    client.on('error', () => {});
    // The answer to the first waits for its client to read; the others stand in line.
    client.write(requestText('GET /docs-json') + requestText('GET /stats').repeat(20));
    await waitFor('requests to wait', () => gauges().in_flight === 21);
    client.destroy();
    await allGivenBack();
  });

  it('ends with the request that fills it, so that nobody takes all slots by one', async () => {
    await start();
    const client = await RawClient.connect(api.server);
    client.send(requestText('GET /health/live').repeat(500));
    await client.ended();
    const answers = client.received.match(/HTTP\/1.1 200/g)!;
    expect(answers).toHaveLength(64);
    expect(client.received.match(/connection: close/gi)).toHaveLength(1);
  });
});

describe('a client that is slow', () => {
  it('is answered 408, hung up on, and holds its slot no longer', async () => {
    await start({ MAX_IN_FLIGHT: '10', REQUEST_TIMEOUT_MS: '300' });
    const half = postText('/predict_ctr', record.slice(0, 9), record.length);
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => RawClient.connect(api.server)),
    );
    for (const client of clients) client.send(half);
    for (const client of clients) await client.receives(/^HTTP\/1.1 408 [^]*REQUEST_TIMEOUT/);
    await allGivenBack();
    await api.post(sample).expect(200);
    for (const client of clients) {
      expect(client.received).toMatch(/connection: close/i);
      await client.ended();
    }
    const { body } = await api.get('/stats').expect(200);
    const { statuses } = body.routes.find(({ path }: { path: string }) => path === '/predict_ctr');
    expect(statuses).toEqual({ 200: 1, 408: 10 });
  });

  it('is cut off when it does not read its answer in time', async () => {
    await start({ REQUEST_TIMEOUT_MS: '300' });
    const { client } = connectInMemory(api.server);
    const broken = once(client, 'close');
    client.on('error', () => {});
    client.write(batchOf(9999));
    await waitFor('the batch to begin', () => gauges().in_flight === 1);
    await within('the connection to break', broken);
    await allGivenBack();
  });

  it('may take its time with an answer that it does read', async () => {
    await start({ REQUEST_TIMEOUT_MS: '300' });
    const { client } = connectInMemory(api.server);
    client.write(batchOf(9999));
    let text = '';
    for await (const bytes of client) {
      text += String(bytes);
      if (text.includes('}}]}')) break;
      await new Promise(setImmediate);
    }
    expect(text).toContain('"failed":10000');
  });

  it('that watches the statistics is dropped when it does not take an event', async () => {
    await start();
    const { client } = connectInMemory(api.server);
    client.on('error', () => {});
    const broken = once(client, 'close');
    client.write(events);
    const feed = api.app.get(EventFeed);
    await waitFor('a watcher', () => feed.size === 1);
    await waitFor('the watcher to be dropped', async () => {
      await feed.send();
      return feed.size === 0;
    });
    await within('the connection to break', broken);
  });
});

describe('an upload that nobody wants', () => {
  const KEY = 'a key';
  const hash = createHash('sha256').update(KEY).digest('hex');

  it.each([
    [
      'without key, in chunks',
      { API_KEYS: `a:predict:${hash}` },
      401,
      lines,
      '/predict_ctr/stream',
    ],
    ['that is announced too long', {}, 413, { 'content-length': 2 ** 24 }, '/predict_ctr'],
    [
      'when there is too much to do',
      { MAX_IN_FLIGHT_BYTES: '1' },
      503,
      { 'content-length': 2 ** 20 },
      '/predict_ctr',
    ],
  ])(
    '%s, is answered and then not read to its end',
    async (_what, settings, status, headers, path) => {
      await start(settings);
      const holder = await RawClient.connect(api.server);
      holder.send(postText('/predict_ctr', '', 2 ** 19));
      const client = await RawClient.connect(api.server);
      if (status === 503) await waitFor('room to be taken', () => gauges().in_flight_bytes > 0);
      client.send(requestText(`POST ${path}`, { 'content-type': 'application/json', ...headers }));
      const isChunked = 'transfer-encoding' in headers;
      const sending = setInterval(() => client.send(isChunked ? chunk('\n\n\n') : '   '), 5);
      try {
        await client.receives(new RegExp(`^HTTP/1.1 ${status} `));
        await client.receives(/connection: close/i);
        await client.cut();
      } finally {
        clearInterval(sending);
        holder.socket.destroy();
      }
      await allGivenBack();
    },
  );

  it('leaves the connection open when it is short', async () => {
    await start({ API_KEYS: `a:predict:${hash}` });
    const client = await RawClient.connect(api.server);
    client.send(prediction + requestText('GET /health/live'));
    await client.receives(/^HTTP\/1.1 401 [^]*HTTP\/1.1 200 /);
    client.socket.destroy();
  });
});

describe('bodies under way', () => {
  it('are let in as far as there is room, announced or not, and small ones always', async () => {
    await start({ MAX_IN_FLIGHT_BYTES: '300000' });
    const holder = await RawClient.connect(api.server);
    holder.send(postText('/predict_ctr/batch', '[', 200_000));
    await waitFor('room to be taken', () => gauges().in_flight_bytes === 200_000);
    const announced = await RawClient.connect(api.server);
    announced.send(postText('/predict_ctr/batch', '[', 200_000));
    await announced.receives(/^HTTP\/1.1 503 [^]*retry-after: 1[^]*MAX_IN_FLIGHT_BYTES/i);
    const growing = await RawClient.connect(api.server);
    growing.send(requestText('POST /predict_ctr/batch', chunked, chunk(`[${' '.repeat(50_000)}`)));
    await waitFor('more room to be taken', () => gauges().in_flight_bytes > 250_000);
    growing.send(chunk(' '.repeat(60_000)));
    await growing.receives(/^HTTP\/1.1 503 [^]*MAX_IN_FLIGHT_BYTES/);
    await api.post(sample).expect(200);
    holder.socket.destroy();
    await allGivenBack();
    expect((await api.get('/stats')).body.counters.requests_shed).toBe(2);
  });

  it('count lines of a stream as they are held, and stop it with the line to go on from', async () => {
    await start({ MAX_IN_FLIGHT_BYTES: '300000' });
    const holder = await RawClient.connect(api.server);
    holder.send(postText('/predict_ctr/batch', '[', 200_000));
    await waitFor('room to be taken', () => gauges().in_flight_bytes === 200_000);
    const stream = await RawClient.connect(api.server);
    const first = chunk(`${record}\n${' '.repeat(60_000)}`);
    stream.send(requestText('POST /predict_ctr/stream', lines, first + chunk(' '.repeat(60_000))));
    await stream.receives(/predicted_ctr[^]*"line":2,"code":"OVERLOADED".*Go on from line 2/);
    holder.socket.destroy();
    await allGivenBack();
  });
});

describe('watchers of the statistics', () => {
  it('have a bound of their own and are told the same, made once', async () => {
    await start({ MAX_EVENT_STREAMS: '3', MAX_IN_FLIGHT: '1' });
    const figures = jest.spyOn(api.app.get(ServiceFigures), 'all');
    const watchers = await Promise.all([1, 2, 3].map(() => RawClient.connect(api.server)));
    for (const watcher of watchers) watcher.send(events);
    const texts = await Promise.all(watchers.map((watcher) => watcher.receives(/data: .*\n\n/)));
    expect(new Set(texts.map(([text]) => text)).size).toBe(1);
    expect(figures).toHaveBeenCalledTimes(1);
    const { body } = await api.get('/stats/stream').expect(503).expect('retry-after', '1');
    expect(body).toMatchObject({ code: 'OVERLOADED', detail: expect.stringMatching(/^MAX_EVENT/) });
    await api.post(sample).expect(200);
    watchers[0].socket.destroy();
    await waitFor('room', () => gauges().watchers === 2);
    watchers.forEach(({ socket }) => socket.destroy());
    await allGivenBack();
  });

  it('who ask for the head alone get it', async () => {
    await start();
    const client = await RawClient.connect(api.server);
    client.send(requestText('HEAD /stats/stream'));
    await client.receives(/^HTTP\/1.1 200 [^]*text\/event-stream/);
    await client.ended();
  });
});

describe('whatever clients do', () => {
  const texts: Readonly<Record<string, string>> = {
    health: requestText('GET /health/live'),
    stats: requestText('GET /stats'),
    nowhere: requestText('GET /nowhere'),
    docs: requestText('GET /docs-json'),
    method: requestText('PUT /predict_ctr'),
    events,
    prediction,
    malformed: postText('/predict_ctr', '{'),
    half: postText('/predict_ctr', record.slice(9), 90_000),
    batch: batchOf(3),
    largeBatch: batchOf(9999),
    halfBatch: postText('/predict_ctr/batch', '[', 60_000),
    hugeBatch: postText('/predict_ctr/batch', '', 2 ** 30),
    chunkedBatch: requestText('POST /predict_ctr/batch', chunked, chunk(' '.repeat(40_000))),
    stream: requestText('POST /predict_ctr/stream', lines, chunk(`${record}\n`)),
    line: requestText('POST /predict_ctr/stream', lines, chunk(`\n${'x'.repeat(30_000)}`)),
    patient: requestText('POST /predict_ctr', { ...chunked, expect: '100-continue' }),
    chunk: chunk('0'),
    lastChunk: '0\r\n\r\n',
    head: 'POST /predict_ctr HTTP/1.1\r\n',
    noise: 'no HTTP at all\r\n\r\n',
  };
  const text = fc.constantFrom(...Object.keys(texts));
  type Deed = string | { readonly send: string; readonly times: number };
  const deed: fc.Arbitrary<Deed> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ send: text, times: fc.nat(90) }) },
    { weight: 6, arbitrary: fc.record({ send: text, times: fc.constant(1) }) },
    fc.constantFrom('stops reading', 'reads', 'waits', 'half-closes', 'resets', 'leaves'),
  );

  async function act({ socket }: RawClient, deeds: readonly Deed[]) {
    for (const each of deeds) {
      if (typeof each === 'object') socket.write(texts[each.send].repeat(each.times));
      else if (each === 'stops reading') socket.pause();
      else if (each === 'reads') socket.resume();
      else if (each === 'waits') await new Promise(setImmediate);
      else if (each === 'half-closes') socket.end();
      else if (each === 'resets') socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  it('everything that they took is given back', async () => {
    const limits = { MAX_IN_FLIGHT: '40', MAX_IN_FLIGHT_BYTES: '200000', MAX_EVENT_STREAMS: '3' };
    await start({ ...limits, REQUEST_TIMEOUT_MS: '200' });
    const clients = fc.array(fc.array(deed, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 8,
    });
    const property = fc.asyncProperty(clients, async (deeds) => {
      const all = await Promise.all(deeds.map(() => RawClient.connect(api.server)));
      await Promise.all(all.map((client, i) => act(client, deeds[i])));
      // Until the service has seen all of it.
      for (let i = 0; i < 100; i++) await new Promise(setImmediate);
      // Who watches the statistics may do so for ever, and all others run out of time.
      deeds.forEach((done, i) => {
        const watches = done.some((each) => typeof each === 'object' && each.send === 'events');
        if (watches) all[i].socket.resetAndDestroy();
      });
      await waitFor('room for a request', async () => (await api.post(sample)).status === 200);
      await allGivenBack();
      all.forEach(({ socket }) => socket.destroy());
    });
    await fc.assert(property, { numRuns: 15, endOnFailure: true });
    expect(api.logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
