/* A service of the model that everybody starts with, and a browser to look at it: for programs of this folder. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const apps = fileURLToPath(new URL('../..', import.meta.url));
const TRAINER = join(apps, 'trainer/dist/main.js');
const API = join(apps, 'api/dist/main.js');

/** Runs a command of the trainer to its end. @returns what it printed */
export function adscale(...args) {
  const stdio = ['ignore', 'pipe', 'inherit'];
  return execFileSync(process.execPath, [TRAINER, ...args], {
    stdio,
    maxBuffer: 2 ** 28,
  }).toString();
}

/**
 * Trains the default model in a folder of its own, serves it, opens a browser, and tidies up after `use`.
 * @param use given `{ url, browser, folder }`
 */
export async function inHouse(use) {
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  let service;
  let browser;
  try {
    const models = join(folder, 'models');
    adscale('train', '--output', models, '--yes', '--no-report');
    service = spawn(process.execPath, [API], {
      env: {
        ...process.env,
        ...{ HOST: '127.0.0.1', PORT: '0', MAX_LAG_MS: '0', MODEL_DIR: models },
        OUTCOMES_URL: `file:${join(folder, 'outcomes.db')}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await addressOf(service);
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    return await use({ url, browser, folder });
  } finally {
    await browser?.close();
    if (service !== undefined) await end(service);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where a service listens, as its log says. */
async function addressOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const { port } = JSON.parse(line);
    if (port === undefined) continue;
    stdout.resume();
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('the service ended before it listened');
}

async function end(service) {
  if (service.exitCode !== null) return;
  const gone = once(service, 'exit');
  service.kill();
  await gone;
}
