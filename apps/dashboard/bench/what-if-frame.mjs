/*
 * How long it takes on the page "What if" from a move of a slider to its picture: prediction, interval and
 * waterfall, of the default model of 100 trees, by the page's own measurement ("adscale:what-if"). The slider
 * is moved by keys and then by the mouse, so that most moves change every figure. Ends with 1 if the median of
 * either takes longer than a frame.
 *
 *   node apps/dashboard/bench/what-if-frame.mjs [moves]     after a build of api, trainer and dashboard
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** Milliseconds of a frame at 60 Hz. */
const FRAME_MS = 16;
const MOVES = Number(process.argv[2] ?? 200);
const WARM_UP = 20;
const MEASURE = 'adscale:what-if';

const apps = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adscale-frame-'));
let service;
let browser;
try {
  const models = join(folder, 'models');
  const train = ['train', '--output', models, '--yes', '--no-report'];
  execFileSync(process.execPath, [join(apps, 'trainer/dist/main.js'), ...train], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  service = spawn(process.execPath, [join(apps, 'api/dist/main.js')], {
    env: {
      ...process.env,
      ...{ HOST: '127.0.0.1', PORT: '0', MODEL_DIR: models, OUTCOMES_URL: 'off' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(`${await addressOf(service)}/#/what-if`);
  const slider = page.getByRole('slider', { name: 'budget, slider' });
  await slider.waitFor();
  const slow = [
    tell('keys', await byKeys(page, slider)),
    tell('mouse', await byMouse(page, slider)),
  ];
  process.exitCode = slow.some(Boolean) ? 1 : 0;
} finally {
  await browser?.close();
  if (service !== undefined) {
    const gone = once(service, 'exit');
    service.kill();
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
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

async function byKeys(page, slider) {
  await slider.focus();
  return measured(page, (i) => page.keyboard.press(i % 400 < 200 ? 'ArrowRight' : 'ArrowLeft'));
}

async function byMouse(page, slider) {
  const { x, y, width, height } = await slider.boundingBox();
  const middle = y + height / 2;
  // From where the thumb is to the right and back, as somebody looks for the best.
  const at = (i) => x + width * (0.5 + 0.4 * Math.sin(i / 12));
  await page.mouse.move(at(0), middle);
  await page.mouse.down();
  const found = await measured(page, (i) => page.mouse.move(at(i + 1), middle));
  await page.mouse.up();
  return found;
}

/** Makes moves one by one, each after the picture of the one before. @returns milliseconds of each */
async function measured(page, move) {
  const found = [];
  for (let i = 0; i < MOVES + WARM_UP; i++) {
    const before = await page.evaluate((name) => performance.clearMeasures(name), MEASURE);
    void before;
    await move(i);
    const time = await page.evaluate(
      (name) =>
        new Promise((resolve) => {
          const look = (tries) => {
            const [entry] = performance.getEntriesByName(name);
            // Where the value stays the same, nothing is drawn.
            if (entry !== undefined || tries === 0) resolve(entry?.duration);
            else globalThis.requestAnimationFrame(() => look(tries - 1));
          };
          look(5);
        }),
      MEASURE,
    );
    if (i >= WARM_UP && time !== undefined) found.push(time);
  }
  return found.sort((a, b) => a - b);
}

/** Prints what was found. @returns whether it is too slow */
function tell(by, times) {
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? NaN;
  const [median, late] = [at(0.5), at(0.95)].map((time) => `${time.toFixed(1)} ms`);
  console.log(
    `${by}: ${times.length} moves, median ${median}, 95 % ${late}, wanted ${FRAME_MS} ms`,
  );
  return !(at(0.5) <= FRAME_MS);
}
