import { spawnSync } from 'node:child_process';
import { closeSync, createReadStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Service } from '../service-process.js';
import { emptyFolder } from '../trained-models.js';
import { freePort } from '../valkey-server.js';
import { waitFor } from '../wait-for.js';

// A machine that is busy takes some seconds for each process.
jest.setTimeout(400_000);

/** Requests whose lines are more than what waits to be written. */
const REQUESTS = 400;
const LONG_PATH = `/${'a'.repeat(15_000)}`;

let service: Service;
afterEach(() => service.kill('SIGKILL'));

/** Starts the service with this for its standard output, and waits until it answers. */
async function start(stdout: number | 'unread', environment: Record<string, string> = {}) {
  const PORT = await freePort();
  const settings = { MODEL_DIR: await emptyFolder(), SHUTDOWN_DELAY_MS: '0', ...environment };
  service = new Service({ ...settings, PORT: String(PORT) }, undefined, stdout);
  service.port = PORT;
  await waitFor('the service to live', () =>
    service.status('/health/live').then(
      (status) => status === 200,
      () => false,
    ),
  );
}

/** Has the service log more than it keeps, and waits until it has dropped some. */
async function overflow(): Promise<void> {
  const ask = async () => {
    for (let i = 0; i < REQUESTS / 4; i++) expect(await service.status(LONG_PATH)).toBe(404);
  };
  await Promise.all([ask(), ask(), ask(), ask()]);
  const asked = await fetch(`http://127.0.0.1:${service.port}/stats`);
  const stats = (await asked.json()) as { counters: Record<string, number> };
  expect(stats.counters.log_lines_dropped).toBeGreaterThan(0);
  const metrics = await (await fetch(`http://127.0.0.1:${service.port}/metrics`)).text();
  expect(metrics).toMatch(/^adscale_log_lines_dropped_total [1-9]/m);
}

describe('a log that cannot be written', () => {
  it('stops nothing when the disk is full: not an answer, not the end of the process', async () => {
    const full = openSync('/dev/full', 'w');
    await start(full);
    await overflow();
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    closeSync(full);
  });

  it('stops nothing when nobody reads its socket', async () => {
    await start('unread');
    await overflow();
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
  });

  it('stops nothing when nobody reads its pipe, and tells what was dropped to a later reader', async () => {
    const path = join(await emptyFolder(), 'log');
    spawnSync('mkfifo', [path]);
    const pipe = openSync(path, 'r+');
    await start(pipe);
    await overflow();
    const lines: string[] = [];
    const reader = createReadStream(path);
    const reading = createInterface(reader).on('line', (line) => lines.push(line));
    await waitFor('word of dropped lines', () =>
      lines.some((line) => line.includes('were dropped')),
    );
    const told = lines.map((line) => JSON.parse(line)).find(({ dropped }) => dropped > 0);
    expect(told).toMatchObject({ level: 40, reason: 'nobody read them' });
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    reading.close();
    reader.destroy();
    closeSync(pipe);
  });

  it('of a primary and its workers stops none of them', async () => {
    await start('unread', { WORKERS: '2' });
    const ask = async () => {
      for (let i = 0; i < REQUESTS; i++) expect(await service.status(LONG_PATH)).toBe(404);
    };
    await Promise.all([ask(), ask(), ask()]);
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
  });
});
