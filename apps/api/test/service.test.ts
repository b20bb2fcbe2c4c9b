import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Registry, defaultSchema } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import { ModelFollower } from '../src/model/follower.js';
import { connectInMemory } from './batch/memory-connection.js';
import { type RunningApp, runApp, sample } from './running-app.js';
import { emptyFolder, otherSchema, trainModel } from './trained-models.js';
import { waitFor, within } from './wait-for.js';

const other = { hour: 7, weight: 0.25, bid: 1, age: 40, country: 'de' };
/** A request cannot have a field of this name, so no routes can be made for it. */
const impossibleSchema: Schema = { features: [{ name: 'constructor', kind: 'numeric' }] };

let api: RunningApp;
let folder: string;
let registry: Registry;

beforeEach(async () => {
  folder = await emptyFolder();
  registry = new Registry(folder);
  api = await runApp({ MODEL_DIR: folder });
});
afterEach(() => api.close());

async function publish(schema: Schema): Promise<string> {
  const { bytes, card } = await trainModel(schema);
  return registry.publish(bytes, card);
}

const look = () => api.app.get(ModelFollower).look();
const logged = (message: string) => api.logs.filter(({ msg }) => String(msg).startsWith(message));

async function expectServing(version: string): Promise<void> {
  const { headers } = await api.post(other).expect(200);
  expect(headers['x-model-version']).toBe(version);
  await api.get('/health/ready').expect(200);
}

/** Opens a request through a connection of its own and resolves with its answer. */
function open(path: string, method: string, body?: string) {
  const { port } = api.server.address() as { port: number };
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: new Agent() });
  return sent;
}

describe('a service whose first model has other features', () => {
  it('serves it at the next look, with routes, rules and documentation of its features', async () => {
    await api.post(sample).expect(503);
    const version = await publish(otherSchema);
    await look();
    await expectServing(version);
    await api.post(sample).expect(422);
    const { body } = await api.get('/docs-json').expect(200);
    const { properties } = body.components.schemas.PredictRequest;
    expect(Object.keys(properties)).toEqual(Object.keys(other));
    expect((await api.get('/models')).body).toMatchObject({ serving: version, current: version });
  });

  it('makes its routes anew once, however many looks there are at once', async () => {
    const version = await publish(otherSchema);
    const follower = api.app.get(ModelFollower);
    await Promise.all([follower.look(), follower.look(), follower.look()]);
    await follower.look();
    await expectServing(version);
    expect(logged('AdScale is up')).toHaveLength(2);
    expect(logged('model refused')).toEqual([]);
  });

  it('refuses no connection and drops no request meanwhile', async () => {
    const { port } = api.server.address() as { port: number };
    let asking = true;
    const statuses = new Set<number>();
    const clients = ['close', 'keep-alive', 'close', 'keep-alive'].map(async (connection) => {
      while (asking) {
        const headers = { connection };
        const { status } = await fetch(`http://127.0.0.1:${port}/health/ready`, { headers });
        statuses.add(status);
      }
    });
    await waitFor('a first answer', () => statuses.has(503));
    await publish(otherSchema);
    await look();
    await waitFor('an answer of the new routes', () => statuses.has(200));
    asking = false;
    await Promise.all(clients);
    expect(statuses).toEqual(new Set([503, 200]));
  });

  it('still answers a request that began before, and ends event streams', async () => {
    const stream = open('/stats/stream', 'GET').end();
    const [events] = (await within('events', once(stream, 'response'))) as [IncomingMessage];
    const ended = once(events.resume(), 'end');
    const text = JSON.stringify(sample);
    const slow = open('/predict_ctr', 'POST', text);
    slow.setHeader('content-length', text.length);
    slow.write(text.slice(0, 5));
    await within('the slow request', once(api.server, 'request'));

    const version = await publish(otherSchema);
    await look();
    await expectServing(version);
    await within('the end of the event stream', ended);
    slow.end(text.slice(5));
    const [answer] = (await within('the answer', once(slow, 'response'))) as [IncomingMessage];
    expect(answer.resume().statusCode).toBe(503);
  });

  it('is not held up by a client that watches the statistics and does not read', async () => {
    const { client } = connectInMemory(api.server);
    client.on('error', () => {});
    client.write('GET /stats/stream HTTP/1.1\r\nhost: x\r\n\r\n');
    await within('the watcher', once(api.server, 'request'));
    const version = await publish(otherSchema);
    await within('the new routes', look());
    await expectServing(version);
    client.destroy();
  });

  it('goes on counting from where it was', async () => {
    await api.post(sample).expect(503);
    await publish(otherSchema);
    await look();
    await api.post(other).expect(200);
    const { body } = await api.get('/stats').expect(200);
    expect(body).toMatchObject({ requests: 2, errors: 1, predictions: 1 });
    expect(body.processes).toHaveLength(1);
  });

  it('goes on without a model, and says why, while no routes can be made for it', async () => {
    const version = await publish(impossibleSchema);
    await look();
    await look();
    await api.get('/health/ready').expect(503);
    await api.get('/health/live').expect(200);
    expect(logged('model refused')).toEqual([
      expect.objectContaining({
        refused_version: version,
        reason: 'no routes could be made for it',
        err: expect.objectContaining({ message: expect.stringContaining('constructor') }),
      }),
    ]);
    const { body } = await api.get('/models').expect(200);
    expect(body).toMatchObject({ serving: null, current: version });
    expect(body.versions[0].refused).toBe('no routes could be made for it');
    const servable = await publish(otherSchema);
    await look();
    await expectServing(servable);
  });

  it('serves the model that it loaded although its files vanish meanwhile', async () => {
    const version = await publish(otherSchema);
    const looking = look();
    await waitFor('new routes to be begun', () => logged('the first model has').length > 0);
    await rm(join(folder, 'current'));
    await rm(join(folder, 'versions'), { recursive: true });
    await looking;
    await expectServing(version);
    await look();
    await expectServing(version);
  });

  it('waits for the next one when the version that is wanted is gone', async () => {
    const gone = await publish(otherSchema);
    await rm(join(folder, 'versions', gone), { recursive: true });
    await look();
    await api.get('/health/ready').expect(503);
    await writeFile(join(folder, 'current'), '');
    await look();
    const version = await publish(otherSchema);
    await look();
    await expectServing(version);
  });

  it('does not start anew once it is told to stop', async () => {
    await publish(otherSchema);
    const looking = look();
    const closing = api.close();
    await within('both', Promise.all([looking, closing]));
    expect(logged('AdScale is up')).toHaveLength(1);
  });

  it('refuses other features once it serves', async () => {
    const version = await publish(otherSchema);
    await look();
    await publish(defaultSchema);
    await look();
    await expectServing(version);
    expect(logged('model refused')).toEqual([
      expect.objectContaining({ reason: expect.stringMatching(/^feature hour is missing; .*/) }),
    ]);
  });
});
