import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Retraining } from '../load/retraining.ts';

const root = join(__dirname, '..', '..');

/** A stand-in for the API that remembers what it was sent. */
class StandIn {
  readonly bodies: string[] = [];
  private hits = 0;
  private misses = 0;
  private readonly seen = new Set<number>();
  private readonly server: Server;

  constructor(private readonly fails: (request: number) => boolean = () => false) {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/health/ready') response.end('{"status":"ok"}');
    else if (request.url === '/stats') {
      response.end(JSON.stringify({ cache: { hits: this.hits, misses: this.misses } }));
    } else this.predict(request, response);
  }

  private predict(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.bodies.push(body);
      const { budget } = JSON.parse(body) as { budget: number };
      const cell = Math.round(10 * Math.log(budget));
      if (this.seen.has(cell)) this.hits++;
      else this.misses++;
      this.seen.add(cell);
      response.statusCode = this.fails(this.bodies.length) ? 500 : 200;
      response.setHeader('x-model-version', 'one');
      response.end('{"predicted_ctr":0.05}');
    });
  }
}

interface Ended {
  code: number | null;
  output: string;
}

/** Runs `npm run load`'s program with only Node's own folder on the PATH, and `path` before it. */
function load(args: string[], env: Record<string, string>, path: string[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'tools', 'load', 'load.mjs'), ...args], {
      env: { ...env, PATH: [...path, dirname(process.execPath)].join(':') },
    });
    let output = '';
    const append = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', append);
    child.stderr.on('data', append);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('a load run', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adscale-load-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function against(api: StandIn, args: string[], path: string[] = []): Promise<Ended> {
    const baseUrl = await api.start();
    try {
      return await load(args, { BASE_URL: baseUrl }, path);
    } finally {
      await api.stop();
    }
  }

  it('sends the traffic with autocannon and passes when the goals are met', async () => {
    const api = new StandIn();
    const { code, output } = await against(api, ['--duration', '1', '--users', '5']);
    expect(output).toMatch(/^failed +0 +0 {2}ok$/m);
    expect(output).toMatch(/^cache hit rate +\d+\.\d % +> 90\.0 % {2}ok$/m);
    expect(code).toBe(0);
    // the warm-up and at least a few hundred more
    expect(new Set(api.bodies).size).toBeGreaterThan(2200);
  });

  it('fails when one request in a thousand fails', async () => {
    const api = new StandIn((request) => request > 2000 && request % 1000 === 0);
    const { code, output } = await against(api, ['--duration', '1', '--users', '5']);
    expect(output).toMatch(/^failed +[1-9]\d* +0 {2}MISSED$/m);
    expect(code).toBe(1);
  });

  it('hands the scenario to k6 when it is on the PATH, and takes its verdict', async () => {
    const k6 = join(folder, 'k6');
    await writeFile(k6, `#!/bin/sh\necho "$@" > ${join(folder, 'arguments')}\nexit 99\n`);
    await chmod(k6, 0o755);
    const { code } = await against(new StandIn(), ['--duration', '3', '--users', '60'], [folder]);
    expect(code).toBe(1);
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toMatch(
      /^run -e BASE_URL=http:\/\/127\.0\.0\.1:\d+ -e USERS=60 -e DURATION=3s .*predict\.k6\.js\n$/,
    );
  });

  it('says what to do when nothing answers', async () => {
    const api = new StandIn();
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
    expect(output).toContain('--scenario predict|retrain');
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
    expect(trainings).toBeGreaterThan(1);
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
