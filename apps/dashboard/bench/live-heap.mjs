/*
 * Does Live grow while one leaves it open? Opens the page in Chromium beside a service with steady traffic,
 * forces a garbage collection each minute, and compares the heap at the end with the heap after the first
 * minute, when all code and charts are there.
 *
 *   node apps/dashboard/bench/live-heap.mjs --minutes 10
 *
 * The collector leaves one or two megabytes more or less behind: an hour of frames, given sixteen times as
 * fast, ended where it began.
 * Prints a line a minute; ends with status 1 if the page grew beyond the bounds below.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { chromium } = createRequire(import.meta.url)('playwright-core');
const APPS = resolve(fileURLToPath(import.meta.url), '../../..');

/** Bytes of heap, and elements of the page, that may come on top: noise of the collector, not growth. */
export const HEAP_BOUND = 4_000_000;
export const NODES_BOUND = 300;
/** Requests a second that the page has something to show of. */
const RATE = 10;
const WARM_UP_S = 60;
const MINUTE_S = 60;

/**
 * Watches the page of a service.
 * @param url of a service that serves the dashboard and has a model
 * @param minutes to watch, after the first
 * @param told called with a line of text each minute
 * @returns what it held after the first minute and at the end, and whether that is within the bounds
 */
export async function liveHeap({ url, minutes, told = () => {} }) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const stop = steadyTraffic(url);
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${url}/#/live?window=5m`);
    await page.getByText('Up to date').waitFor();
    const measure = await heapOf(page);
    await pause(1000 * WARM_UP_S);
    const start = await measure();
    told(`after the first minute  ${inWords(start)}`);
    let end = start;
    for (let minute = 1; minute <= minutes; minute++) {
      await pause(1000 * MINUTE_S);
      end = await measure();
      told(`after ${String(minute).padStart(2)} more           ${inWords(end)}`);
    }
    // A page that has stopped does not grow either.
    await page.getByText('Up to date').waitFor();
    const grown = { heap: end.heap - start.heap, nodes: end.nodes - start.nodes };
    const isWithin = grown.heap <= HEAP_BOUND && grown.nodes <= NODES_BOUND;
    return { start, end, grown, isWithin };
  } finally {
    stop();
    await browser.close();
  }
}

/** What measures the heap and the elements of a page, after a collection. */
async function heapOf(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  await devtools.send('Performance.enable');
  return async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { heap: value('JSHeapUsedSize'), nodes: value('Nodes') };
  };
}

const inWords = ({ heap, nodes }) =>
  `heap ${(heap / 1e6).toFixed(2)} MB, ${nodes} elements and texts`;

/** Predictions of ever other placements. @returns what ends them */
function steadyTraffic(url) {
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    const record = {
      impressions: 1000 + ((sent * 7919) % 100_000),
      ad_position: 1 + (sent % 10),
      device_type: ['mobile', 'desktop', 'tablet'][sent % 3],
      budget: 500 + ((sent * 31) % 9000),
    };
    const headers = { 'content-type': 'application/json' };
    const asked = fetch(`${url}/predict_ctr`, {
      method: 'POST',
      headers,
      body: JSON.stringify(record),
    });
    asked.then((response) => response.arrayBuffer()).catch(() => {});
  }, 1000 / RATE);
  return () => clearInterval(timer);
}

/** Trains the default model and serves it, as `npm start` does. @returns its address and what ends it */
async function serve() {
  const folder = await mkdtemp(join(tmpdir(), 'adscale-live-heap-'));
  const models = join(folder, 'models');
  const train = ['train', '--rows', '5000', '--output', models, '--yes'];
  const trainer = spawn(process.execPath, [join(APPS, 'trainer/dist/main.js'), ...train]);
  trainer.stdout.resume();
  trainer.stderr.pipe(process.stderr);
  const status = await new Promise((done) => trainer.once('exit', done));
  if (status !== 0) throw new Error(`the trainer ended with status ${status}`);
  const settings = { HOST: '127.0.0.1', PORT: '0', MODEL_DIR: models, OUTCOMES_URL: 'off' };
  const service = spawn(process.execPath, [join(APPS, 'api/dist/main.js')], {
    env: { ...process.env, ...settings, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: service.stdout })) {
    const { port } = JSON.parse(line);
    if (port === undefined) continue;
    service.stdout.resume();
    const end = async () => {
      service.kill();
      await rm(folder, { recursive: true, force: true });
    };
    return { url: `http://127.0.0.1:${port}`, end };
  }
  throw new Error('the service ended before it listened');
}

async function main() {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
  const minutes = Number(values.minutes);
  if (!Number.isInteger(minutes) || minutes < 1) {
    throw new Error(`--minutes: got ${values.minutes}, wanted a whole number from 1 on`);
  }
  const service = await serve();
  try {
    const told = (line) => console.log(line);
    const { grown, isWithin } = await liveHeap({ url: service.url, minutes, told });
    console.log(
      `grown by ${(grown.heap / 1e6).toFixed(2)} MB (bound ${HEAP_BOUND / 1e6} MB) and ${grown.nodes} elements and texts (bound ${NODES_BOUND}): ${isWithin ? 'within' : 'BEYOND'} the bounds`,
    );
    process.exitCode = isWithin ? 0 : 1;
  } finally {
    await service.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
