import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Connections } from '../../src/connections.js';
import { Door } from '../../src/door/door.js';
import { Wire } from '../../src/door/wire.js';
import { Gate, type Refusal } from '../../src/security/gate.js';
import { ServiceFigures } from '../../src/stats/figures.js';
import { connectInMemory } from '../batch/memory-connection.js';
import { RawClient, postText } from '../raw-client.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { waitFor, within } from '../wait-for.js';

const prediction = postText('/predict_ctr', JSON.stringify(sample));

let api: RunningApp | undefined;
afterEach(async () => {
  jest.restoreAllMocks();
  await api?.close();
  api = undefined;
});
const inFlight = () => api!.app.get(ServiceFigures).own().processes[0].in_flight;

describe('a connection that is read off the wire', () => {
  it('takes nothing more while its client does not read, and gives its slot back with its end', async () => {
    api = await runApp({ MODEL_DIR: await modelFolder() });
    const { client } = connectInMemory(api.server);
    client.on('error', () => {});
    for (let i = 0; i < 200; i++) client.write(prediction);
    await waitFor('an answer that does not leave', () => inFlight() === 1);
    expect(client.writableLength).toBeGreaterThan(0);
    client.destroy();
    await waitFor('the slot to be free', () => inFlight() === 0);
  });

  it('goes on where its client reads on', async () => {
    api = await runApp({ MODEL_DIR: await modelFolder() });
    const { client } = connectInMemory(api.server);
    for (let i = 0; i < 200; i++) client.write(prediction);
    await waitFor('an answer that does not leave', () => inFlight() === 1);
    let text = '';
    client.on('data', (piece) => (text += piece));
    await waitFor('all answers', () => text.split('"predicted_ctr"').length === 201);
    await waitFor('the slot to be free', () => inFlight() === 0);
    expect(text.match(/HTTP\/1.1 200 OK/g)).toHaveLength(200);
    client.destroy();
  });

  /** The gate's word is awaited, as while another process is asked for a client's count. */
  async function waitAtTheGate() {
    let open!: (refusal?: Refusal) => void;
    const asked = new Promise<Refusal | undefined>((resolve) => (open = resolve));
    jest.spyOn(Gate.prototype, 'refusalOf').mockReturnValueOnce(asked);
    api = await runApp({ MODEL_DIR: await modelFolder() });
    const client = await RawClient.connect(api.server);
    client.send(prediction);
    await waitFor('the request to be let in', () => inFlight() === 1);
    return { client, open };
  }

  it('gives its slot back when its client leaves while the gate waits for word', async () => {
    const { client, open } = await waitAtTheGate();
    client.socket.resetAndDestroy();
    // A paused connection hears of its client's end when it is to be written to.
    open();
    await waitFor('the slot to be free', () => inFlight() === 0);
  });

  it('brings its next request when the gate has refused one', async () => {
    const { client, open } = await waitAtTheGate();
    client.send(prediction);
    open({ code: 'RATE_LIMITED', headers: { 'retry-after': '7' } });
    await client.receives(/429 Too Many Requests[^]*retry-after: 7[^]*HTTP\/1.1 200 OK/);
    client.socket.destroy();
  });

  it('ends with the answer that is under way when the service closes', async () => {
    const { client, open } = await waitAtTheGate();
    const { server, close } = api!;
    const closed = close();
    await waitFor('the service to listen no more', () => !server.listening);
    open();
    await client.receives(/200 OK[^]*connection: close[^]*"predicted_ctr"/i);
    await client.ended();
    await closed;
    client.socket.destroy();
    api = undefined;
  });

  it('is answered in turn when it sends half a request behind one that waits', async () => {
    const { client, open } = await waitAtTheGate();
    client.send(prediction.slice(0, 30));
    open();
    await client.receives(/"predicted_ctr"/);
    client.send(prediction.slice(30));
    await client.receives(/"predicted_ctr"[^]*"predicted_ctr"/);
    client.socket.destroy();
  });
});

describe('a silent connection', () => {
  let server: Server;
  afterEach(() => server.close());

  async function listen(firstMs: number, keepAliveMs: number) {
    api = await runApp({ MODEL_DIR: await modelFolder() });
    const door = Door.of(api.app.getHttpAdapter().getInstance());
    const connections = new Connections(60_000);
    server = createServer();
    new Wire(() => door, connections, { firstMs, keepAliveMs }).watch(server);
    connections.watch(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return connect((server.address() as AddressInfo).port, '127.0.0.1');
  }

  it('is told so before its first request', async () => {
    const socket = await listen(20, 60_000);
    server.on('clientError', (error: NodeJS.ErrnoException, late) => late.end(error.code));
    const [text] = await within('the answer', once(socket, 'data'));
    expect(String(text)).toBe('ERR_HTTP_REQUEST_TIMEOUT');
  });

  it('is closed after its last answer', async () => {
    const socket = await listen(60_000, 20);
    socket.write(prediction);
    let text = '';
    socket.on('data', (piece) => (text += piece));
    await within('the end', once(socket, 'close'));
    expect(text).toMatch(/keep-alive: timeout=0[^]*"predicted_ctr"/i);
  });
});
