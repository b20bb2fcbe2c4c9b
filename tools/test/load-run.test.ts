import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Retraining } from '../load/retraining.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { load, missedGoals, root } from './load-program.ts';
import type { Ended } from './load-program.ts';

describe('a load run', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adscale-load-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function against(api: ApiStandIn, args: string[], path: string[] = []): Promise<Ended> {
    const baseUrl = await api.start();
    try {
      return await load(args, { BASE_URL: baseUrl }, path);
    } finally {
      await api.stop();
    }
  }

  const WARM_UP = 2000;
  const short = ['--duration', '1', '--users', '5', '--warm-up', String(WARM_UP)];

  it('sends the traffic with autocannon and passes when the goals are met', async () => {
    const api = new ApiStandIn();
    const ended = await against(api, short);
    const { output } = ended;
    expect(missedGoals(ended)).toEqual([]);
    expect(output).toMatch(/^latency p99 +\d+ ms +< 150 ms/m);
    expect(output).toMatch(/^failed +0 +0 {2}ok$/m);
    expect(output).toMatch(/^cache hit rate +\d+\.\d % +>= 95\.0 % {2}ok$/m);
    expect(output).toMatch(/^of an exact key +70\.0 % +60\.0 %-80\.0 % {2}ok$/m);
    expect(api.bodies.length).toBeGreaterThan(WARM_UP);
  });

  it('fails when a single request fails', async () => {
    const api = new ApiStandIn((request) => (request === WARM_UP + 9 ? 'fails' : undefined));
    const ended = await against(api, short);
    expect(missedGoals(ended)).toEqual(['failed']);
    expect(ended.output).toMatch(/^failed +1 +0 {2}MISSED$/m);
  });

  it('counts a request whose connection is closed as failed', async () => {
    // After the warm-up: however few requests a busy machine sends, the rate of hits is that of many.
    const api = new ApiStandIn((request) =>
      request > WARM_UP && request % 20 === 0 ? 'hangs up' : undefined,
    );
    const ended = await against(api, short);
    expect(missedGoals(ended)).toEqual(['failed']);
  });

  it('fails when an exact key would hit as often as the cell', async () => {
    const api = Object.assign(new ApiStandIn(), { exactKeyHitRate: 0.97 });
    const ended = await against(api, short);
    expect(missedGoals(ended)).toEqual(['of an exact key']);
    expect(ended.output).toMatch(/^of an exact key +97\.0 % .*MISSED$/m);
  });

  it('lets a spike be refused while it lasts', async () => {
    let refused = 0;
    // So few that none is left for afterwards.
    const api: ApiStandIn = new ApiStandIn((request) =>
      request % 2 === 0 && api.crowds.at(-1)! > 20 && refused++ < 50 ? 'refuses' : undefined,
    );
    const args = ['--scenario', 'spike', '--duration', '4', '--users', '40'];
    const ended = await against(api, args);
    const { output } = ended;
    expect(missedGoals(ended)).toEqual([]);
    expect(output).toMatch(/^spike: refused +[1-9]\d*$/m);
    expect(output).not.toContain('after: refused');
    expect(output).toMatch(/^after: failed +0 +0 {2}ok$/m);
    expect(Math.max(...api.crowds)).toBeGreaterThanOrEqual(40);
  });

  it('fails when somebody is still refused after a spike', async () => {
    let isOver = false;
    const api: ApiStandIn = new ApiStandIn(() => {
      isOver ||= api.crowds.at(-1)! > 20;
      return isOver ? 'refuses' : undefined;
    });
    const args = ['--scenario', 'spike', '--duration', '4', '--users', '40'];
    const ended = await against(api, args);
    expect(ended.output).toMatch(/^spike: failed +0 +0 {2}ok$/m);
    expect(missedGoals(ended)).toContain('after: failed');
  });

  it('hands the scenario to k6 when it is on the PATH, and takes its verdict', async () => {
    const k6 = join(folder, 'k6');
    await writeFile(k6, `#!/bin/sh\necho "$@" > ${join(folder, 'arguments')}\nexit 99\n`);
    await chmod(k6, 0o755);
    const args = ['--scenario', 'soak', '--duration', '300', '--users', '60', '--warm-up', '9'];
    const { code } = await against(new ApiStandIn(), args, [folder]);
    expect(code).toBe(1);
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toMatch(
      /^run -e BASE_URL=http:\S+:\d+ -e USERS=60 -e DURATION=300 -e WARM_UP=9 .*soak\.k6\.js\n$/,
    );
  });

  it('says what to do when nothing answers', async () => {
    const api = new ApiStandIn();
    const baseUrl = await api.start();
    await api.stop();
    const { code, output } = await load([], { BASE_URL: baseUrl });
    expect(code).toBe(2);
    expect(output).toBe(
      `Nothing answers at ${baseUrl}. Start the API (npm start), or set BASE_URL to where it is.\n`,
    );
  });

  it('explains itself', async () => {
    const { code, output } = await load(['--help'], {});
    expect(code).toBe(0);
    expect(output).toContain('--scenario NAME');
  });
});

describe('retraining', () => {
  const trainer = (script: string, ...args: string[]) => ({
    command: process.execPath,
    args: ['-e', script, '--', ...args],
    cwd: root,
    pauseMs: 1,
  });

  it('trains until told to stop, and lets the last training end', async () => {
    // Each training lasts until its connection to the test is closed.
    const script = 'require("net").connect(process.argv[1], "127.0.0.1").resume()';
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let started = 0;
    server.on('connection', () => started++);
    const nextTraining = async (): Promise<Socket> => (await once(server, 'connection'))[0];
    try {
      const first = nextTraining();
      const retraining = new Retraining(trainer(script, String(port)));
      const second = first.then((training) => {
        const next = nextTraining();
        training.end();
        return next;
      });
      const last = await second;
      let isOver = false;
      const stopped = retraining.stop().finally(() => (isOver = true));
      await setImmediate();
      expect(isOver).toBe(false);
      last.end();
      expect(await stopped).toEqual({ trainings: 2 });
      expect(started).toBe(2);
    } finally {
      server.close();
    }
  });

  it('ends by itself at the first training that fails and keeps its message', async () => {
    const retraining = new Retraining(trainer('console.error("no disk"); process.exit(3)'));
    expect(await retraining.ended).toEqual({ trainings: 0, failure: 'exit code 3\nno disk' });
  });

  it('says so when the trainer cannot be started', async () => {
    const command = { ...trainer(''), command: '/nowhere/node' };
    const retraining = new Retraining(command);
    expect((await retraining.stop()).failure).toContain('ENOENT');
  });
});
