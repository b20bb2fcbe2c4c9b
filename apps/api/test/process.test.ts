import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { Registry } from '@adscale/ctr';
import { sample } from './running-app.js';
import { Service } from './service-process.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from './trained-models.js';

let service: Service;
afterEach(() => service.process.kill('SIGKILL'));

describe('the process', () => {
  it('says where to look, and logs nothing but JSON', async () => {
    service = await new Service({ MODEL_DIR: await modelFolder() }).up();
    const up = await service.logged('AdScale is up');
    expect(up.msg).toBe(`AdScale is up: open http://localhost:${service.port}/docs`);
    expect(up).toMatchObject({ stats: expect.stringMatching(/\/stats$/) });
    expect(await service.status('/stats?key=secret')).toBe(200);
    expect(await service.logged('"path":"/stats"')).toMatchObject({
      method: 'GET',
      status: 200,
      request_id: expect.any(String),
      ms: expect.any(Number),
    });
    service.lines.forEach((line) => JSON.parse(line));
    expect(service.lines.join()).not.toContain('secret');
  });

  it('leaves without failing a request: not ready, then closed, then exit code 0', async () => {
    const environment = { MODEL_DIR: await modelFolder(), SHUTDOWN_DELAY_MS: '600' };
    service = await new Service(environment).up();
    expect(await service.status('/health/ready')).toBe(200);

    // A client in the middle of a request, which keeps its connection.
    const agent = new Agent({ keepAlive: true });
    const slow = service.ask('/predict_ctr', agent);
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    const body = JSON.stringify(sample);
    slow.setHeader('content-length', body.length);
    slow.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));

    service.process.kill('SIGTERM');
    await service.logged('no longer ready');
    expect(await service.status('/health/ready')).toBe(503);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.status('/stats')).toBe(200);

    // Until nobody is let in any more, then the slow one still gets its answer.
    while (await service.status('/stats').catch(() => 0));
    slow.end(body.slice(10));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect(await service.exit).toEqual([0, null]);
    expect(service.errors).toBe('');
  });

  it('ends at once with idle clients still connected', async () => {
    service = await new Service({ MODEL_DIR: await emptyFolder(), SHUTDOWN_DELAY_MS: '0' }).up();
    const agent = new Agent({ keepAlive: true });
    const [answer] = (await once(service.ask('/stats', agent).end(), 'response')) as [
      IncomingMessage,
    ];
    answer.resume();
    await once(answer, 'end');
    service.process.kill('SIGINT');
    expect(await service.exit).toEqual([0, null]);
  });

  it('gives up on a request that never ends, with exit code 1', async () => {
    const environment = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: '60000' };
    service = await new Service({ MODEL_DIR: await emptyFolder(), ...environment }).up();
    const stuck = service.ask('/predict_ctr').on('error', () => {});
    stuck.setHeader('content-length', 100);
    stuck.write('{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    service.process.kill('SIGTERM');
    await service.logged('no longer ready');
    service.process.kill('SIGTERM');
    expect(await service.exit).toEqual([1, null]);
  });

  it('leaves after an error that nobody caught, still answering what it had begun', async () => {
    const thrower = `process.on("SIGUSR2", () => { throw new Error("out of the blue"); })`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(thrower)}`;
    service = await new Service({ MODEL_DIR: await modelFolder(), NODE_OPTIONS }).up();
    const body = JSON.stringify(sample);
    const slow = service.ask('/predict_ctr');
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.setHeader('content-length', body.length);
    slow.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));

    service.process.kill('SIGUSR2');
    expect(await service.logged('uncaught error')).toMatchObject({
      level: 60,
      err: { message: 'out of the blue' },
    });
    await service.logged('no longer ready');
    slow.end(body.slice(10));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(await service.exit).toEqual([1, null]);
  });

  it('makes its routes anew when the first model comes later and has other features', async () => {
    const MODEL_DIR = await emptyFolder();
    service = await new Service({ MODEL_DIR, MODEL_POLL_MS: '50' }).up();
    expect(await service.status('/health/ready')).toBe(503);
    const { bytes, card } = await trainModel(otherSchema);
    await new Registry(MODEL_DIR).publish(bytes, card);
    await service.logged('AdScale is up', 2);
    expect(await service.status('/health/ready')).toBe(200);
    const body = JSON.stringify({ hour: 7, weight: 0.25, bid: 1, age: 40, country: 'de' });
    const [answer] = (await once(service.ask('/predict_ctr').end(body), 'response')) as [
      IncomingMessage,
    ];
    expect(answer.resume().statusCode).toBe(200);
  });

  it('does not start with a wrong environment: says what is wrong, exit code 2', async () => {
    service = new Service({ PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(await service.exit).toEqual([2, null]);
    expect(service.errors).toContain('PORT: got "eighty", wanted a whole number from 0 to 65535');
    expect(service.errors).toContain('LOG_LEVEL: got "loud", wanted one of silent, fatal,');
    expect(service.errors).not.toContain(' at ');
  });

  it('says so when its port is taken, exit code 1', async () => {
    const MODEL_DIR = await emptyFolder();
    service = await new Service({ MODEL_DIR }).up();
    const late = new Service({ MODEL_DIR, PORT: String(service.port) });
    expect(await late.exit).toEqual([1, null]);
    expect(late.errors).toContain('The port is taken: set PORT to another one.');
  });
});
