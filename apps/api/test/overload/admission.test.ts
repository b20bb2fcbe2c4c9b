import { Agent, type IncomingMessage, type ServerResponse, request } from 'node:http';
import { EventEmitter, once } from 'node:events';
import { Admission } from '../../src/overload/admission.js';
import { EventLoopLag } from '../../src/overload/event-loop-lag.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { waitFor, within } from '../wait-for.js';

describe('the lag of the event loop', () => {
  let now = 0;
  let lag: EventLoopLag;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    now = 0;
    lag = new EventLoopLag(() => now);
  });
  afterEach(() => {
    lag.stop();
    jest.useRealTimers();
  });

  /** The next beat comes `late` milliseconds after it is due. */
  const beat = (late: number) => {
    now += 10 + late;
    jest.advanceTimersByTime(10);
  };

  it('is none while beats are on time', () => {
    [0, 0, 0, 0].forEach(beat);
    expect(lag.current()).toBe(0);
  });

  it('is what several beats in a row were late at least', () => {
    [300, 250, 400].forEach(beat);
    expect(lag.current()).toBe(250);
  });

  it('does not take one late beat for a queue, and ends with the first beat on time', () => {
    [0, 500, 0].forEach(beat);
    expect(lag.current()).toBe(0);
    [300, 300, 300].forEach(beat);
    expect(lag.current()).toBe(300);
    beat(0);
    expect(lag.current()).toBe(0);
  });
});

describe('admission', () => {
  const lagging = (ms: number) => ({ current: () => ms }) as EventLoopLag;
  const aResponse = () => new EventEmitter() as ServerResponse;
  const MEGABYTE = 2 ** 20;

  it('takes as many at once as it may, and another when one is over', () => {
    const admission = new Admission({ inFlight: 2, lagMs: 0, bytes: 0 }, lagging(1e6));
    const first = aResponse();
    expect(admission.enter(first)).toBeDefined();
    expect(admission.enter(aResponse())).toBeDefined();
    expect(admission.enter(aResponse())).toBeUndefined();
    expect(admission.inFlight).toBe(2);
    first.emit('close');
    expect(admission.inFlight).toBe(1);
    expect(admission.enter(aResponse())).toBeDefined();
  });

  it('takes none while the event loop is too late', () => {
    const limits = { inFlight: 0, lagMs: 100, bytes: 0 };
    expect(new Admission(limits, lagging(101)).enter(aResponse())).toBeUndefined();
    expect(new Admission(limits, lagging(100)).enter(aResponse())).toBeDefined();
  });

  it('holds room for bodies as they are announced or come, and gives all back once', () => {
    const admission = new Admission({ inFlight: 0, lagMs: 0, bytes: 3 * MEGABYTE }, lagging(0));
    const response = aResponse();
    const ticket = admission.enter(response)!;
    expect(ticket.reserve(MEGABYTE)).toBe(true);
    expect(ticket.reserve(2 * MEGABYTE)).toBe(true);
    const other = admission.enter(aResponse())!;
    expect(other.reserve(2 * MEGABYTE)).toBe(false);
    expect(other.reserve(MEGABYTE)).toBe(true);
    expect(admission.bytes).toBe(3 * MEGABYTE);
    response.emit('close');
    ticket.giveBack();
    expect([admission.bytes, admission.inFlight]).toEqual([MEGABYTE, 1]);
    expect(ticket.reserve(MEGABYTE)).toBe(true);
    expect(ticket.reserve(3 * MEGABYTE)).toBe(false);
    expect(admission.bytes).toBe(MEGABYTE);
  });

  it('has room for small bodies always, and for one that is larger than all there is', () => {
    const admission = new Admission({ inFlight: 0, lagMs: 0, bytes: MEGABYTE }, lagging(0));
    expect(admission.enter(aResponse())!.reserve(2 * MEGABYTE)).toBe(true);
    expect(admission.enter(aResponse())!.reserve(16_384)).toBe(true);
    expect(admission.enter(aResponse())!.reserve(16_385)).toBe(false);
  });
});

describe('a service with more to do than it may', () => {
  let api: RunningApp;
  beforeEach(async () => {
    api = await runApp({ MODEL_DIR: await modelFolder(), MAX_IN_FLIGHT: '2' });
  });
  afterEach(() => api.close());

  /** Begins a request and does not end it. */
  async function begin() {
    const { port } = api.server.address() as { port: number };
    const body = JSON.stringify(sample);
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const path = '/predict_ctr';
    const agent = new Agent();
    const sent = request({ port, host: '127.0.0.1', path, method: 'POST', headers, agent });
    sent.on('error', () => {});
    sent.write(body.slice(0, 5));
    await within('the service to begin with a request', once(api.server, 'request'));
    return { finish: () => sent.end(body.slice(5)), sent };
  }

  it('answers 503 with Retry-After, stays healthy, and recovers at once', async () => {
    const held = [await begin(), await begin()];
    const refused = await api.post(sample).expect(503).expect('retry-after', '1');
    expect(refused.body.code).toBe('OVERLOADED');
    await api.get('/health/live').expect(200);
    await api.get('/health/ready').expect(200);

    for (const { sent, finish } of held) {
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      finish();
      const [answer] = await answered;
      expect(answer.statusCode).toBe(200);
      await once(answer.resume(), 'end');
    }
    await api.post(sample).expect(200);
    const { body } = await api.get('/stats').expect(200);
    expect(body.counters.requests_shed).toBe(1);
  });

  it('is not held up by clients that hang up', async () => {
    const held = [await begin(), await begin()];
    for (const { sent } of held) sent.destroy();
    await waitFor('room for a request', async () => (await api.post(sample)).status === 200);
  });
});
