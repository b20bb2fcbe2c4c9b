import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { WatchedService, program } from './watched-service.js';

jest.setTimeout(300_000);

let service: WatchedService;

beforeAll(async () => {
  service = await WatchedService.start();
  // It has found what is off by then.
  await service.metrics();
});
afterAll(() => service.stop());

function start(...args: string[]): ChildProcess {
  const command = [program('trainer'), 'monitor', '--url', service.url, ...args];
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function monitor(...args: string[]) {
  const child = start(...args);
  const [stdout, stderr, [status]] = await Promise.all([
    ...[text(child.stdout!), text(child.stderr!)],
    once(child, 'close') as Promise<[number]>,
  ] as const);
  return { status, stdout, stderr };
}

describe('adscale monitor, of a running service', () => {
  it('tells in words what is off, what it costs and whom', async () => {
    const { status, stdout, stderr } = await monitor();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}device_type = mobile: 40 % fewer clicks than expected/m);
    expect(stdout).toMatch(/^Alerts\n {2}device_type = mobile: .* Firing since \d{4}-/m);
    expect(stdout).toMatch(/^ {2}1 messages wait for the webhook/m);
    expect(stdout).toMatch(/^ {2}campaign 1 /m);
  });

  it('gives it to machines, at other prices', async () => {
    const { monitoring, effectiveness } = JSON.parse((await monitor('--json')).stdout);
    const dear = JSON.parse((await monitor('--json', '--cpc', '1')).stdout).monitoring;
    const moneyOf = ({ causes: [{ gain }] }: typeof monitoring) => gain.money.value;
    expect(moneyOf(dear)).toBeCloseTo(2 * moneyOf(monitoring), 6);
    expect(effectiveness.campaigns).toHaveLength(3);
  });

  it('fails while an alert is firing, if it is to check', async () => {
    const { status, stderr } = await monitor('--check');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^adscale: 1 alert is firing:\n {2}device_type = mobile: /);
  });

  it('refuses what is no day or price, and tells what the service refuses', async () => {
    expect(await monitor('--from', '1 March')).toMatchObject({ status: 2, stdout: '' });
    expect(await monitor('--cpm', '0')).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = await monitor('--from', '2026-03-02', '--to', '2026-03-01');
    expect(status).toBe(1);
    expect(stderr).toContain(
      'from is "2026-03-02"; it must be no later than to, which is 2026-03-01',
    );
  });

  it('goes on watching until it is stopped', async () => {
    const child = start('--watch', '1', '--json');
    const ended = once(child, 'close');
    const [line] = await once(child.stdout!.setEncoding('utf8'), 'data');
    expect(line).toMatch(/^\{"monitoring":/);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(143);
  });
});
