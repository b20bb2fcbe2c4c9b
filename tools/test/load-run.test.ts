import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Retraining } from '../load/retraining.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { load, root } from './load-program.ts';
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

  const short = ['--duration', '1', '--users', '5', '--warm-up', '2000'];

  it('sends the traffic with autocannon and passes when the goals are met', async () => {
    const api = new ApiStandIn();
    const { code, output } = await against(api, short);
    expect(output).toMatch(/^failed +0 +0 {2}ok$/m);
    expect(output).toMatch(/^cache hit rate +\d+\.\d % +>= 95\.0 % {2}ok$/m);
    expect(output).toMatch(/^of an exact key +70\.0 % +60\.0 %-80\.0 % {2}ok$/m);
    expect(code).toBe(0);
    // the warm-up and at least some more
    expect(api.bodies.length).toBeGreaterThan(2050);
  });

  it('fails when one request in a hundred fails', async () => {
    const api = new ApiStandIn((request) => (request % 100 === 0 ? 'fails' : undefined));
    const { code, output } = await against(api, short);
    expect(output).toMatch(/^failed +[1-9]\d* +0 {2}MISSED$/m);
    expect(code).toBe(1);
  });

  it('counts a request whose connection is closed as failed', async () => {
    const api = new ApiStandIn((request) => (request % 20 === 0 ? 'hangs up' : undefined));
    const args = ['--duration', '1', '--users', '2', '--warm-up', '0'];
    const { code, output } = await against(api, args);
    expect(output).toMatch(/^failed +[1-9]\d* +0 {2}MISSED$/m);
    expect(code).toBe(1);
  });

  it('fails when an exact key would hit as often as the cell', async () => {
    const api = Object.assign(new ApiStandIn(), { exactKeyHitRate: 0.97 });
    const { code, output } = await against(api, short);
    expect(output).toMatch(/^of an exact key +97\.0 % .*MISSED$/m);
    expect(code).toBe(1);
  });

  it('lets a spike be refused while it lasts', async () => {
    const api: ApiStandIn = new ApiStandIn((request) =>
      request % 2 === 0 && api.crowds.at(-1)! > 20 ? 'refuses' : undefined,
    );
    const args = ['--scenario', 'spike', '--duration', '4', '--users', '40'];
    const { code, output } = await against(api, args);
    expect(output).toMatch(/^spike: refused +[1-9]\d*$/m);
    expect(output).not.toContain('after: refused');
    expect(output).toMatch(/^after: failed +0 +0 {2}ok$/m);
    expect(Math.max(...api.crowds)).toBeGreaterThanOrEqual(40);
    expect(code).toBe(0);
  });

  it('fails when somebody is still refused after a spike', async () => {
    let isOver = false;
    const api: ApiStandIn = new ApiStandIn(() => {
      isOver ||= api.crowds.at(-1)! > 20;
      return isOver ? 'refuses' : undefined;
    });
    const args = ['--scenario', 'spike', '--duration', '4', '--users', '40'];
    const { code, output } = await against(api, args);
    expect(output).toMatch(/^spike: failed +0 +0 {2}ok$/m);
    expect(output).toMatch(/^after: failed +[1-9]\d* +0 {2}MISSED$/m);
    expect(code).toBe(1);
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
  const trainer = (script: string) => ({
    command: process.execPath,
    args: ['-e', script, '--'],
    cwd: root,
    pauseMs: 1,
  });

  it('trains until told to stop, and lets the last training end', async () => {
    const retraining = new Retraining(trainer('setTimeout(() => {}, 20)'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { trainings, failure } = await retraining.stop();
    expect(failure).toBeUndefined();
    expect(trainings).toBeGreaterThan(0);
  });

  it('stops at the first training that fails and keeps its message', async () => {
    const retraining = new Retraining(trainer('console.error("no disk"); process.exit(3)'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await retraining.stop()).toEqual({ trainings: 0, failure: 'exit code 3\nno disk' });
  });

  it('says so when the trainer cannot be started', async () => {
    const command = { ...trainer(''), command: '/nowhere/node' };
    const retraining = new Retraining(command);
    expect((await retraining.stop()).failure).toContain('ENOENT');
  });
});
