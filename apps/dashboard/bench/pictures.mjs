/*
 * node apps/dashboard/bench/pictures.mjs [live] [what-if] [decide]: the pictures of the README, of a service
 * that answers generated placements, written to apps/dashboard/pictures. Live is photographed after a minute
 * of traffic.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { adscale, inHouse } from './house.mjs';

const SIZE = { width: 1280, height: 1000 };
/** Of 100: letters stay sharp, and a picture below 80 kB. */
const QUALITY = 68;
const MOST_BYTES = 80_000;
/** Milliseconds of traffic before Live is photographed, and between two batches of it. */
const TRAFFIC_MS = 60_000;
const PAUSE_MS = 250;

const folder = fileURLToPath(new URL('../pictures/', import.meta.url));
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Placements as the generator draws them, always the same. */
function placements() {
  const [head, ...lines] = adscale('generate', '--rows', '400', '--seed', '7').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const of = (name) => cells[names.indexOf(name)];
    return {
      ...{ impressions: Number(of('impressions')), ad_position: Number(of('ad_position')) },
      ...{ device_type: of('device_type'), budget: Number(of('budget')) },
    };
  });
}

/** People who ask, more and fewer as the minute goes by. */
async function send(url, records) {
  const end = Date.now() + TRAFFIC_MS;
  for (let batch = 0; Date.now() < end; batch++) {
    const many = Math.round(6 + 4 * Math.sin(batch / 18) + ((batch * 7) % 5));
    for (let i = 0; i < many; i++) {
      const body = JSON.stringify(records[(batch * 13 + i * i) % records.length]);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/predict_ctr`, { method: 'POST', headers, body });
      if (!answer.ok)
        throw new Error(`the service answered ${answer.status}: ${await answer.text()}`);
    }
    await pause(PAUSE_MS);
  }
}

const pictures = {
  live: {
    path: '/live',
    async prepare(page, url) {
      await page.getByText('Up to date').waitFor();
      await page.locator('canvas').first().waitFor();
      await send(url, placements());
    },
  },
  'what-if': {
    path: '/what-if',
    async prepare(page) {
      const slider = page.getByRole('slider').first();
      await slider.focus();
      for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
      await slider.blur();
      await page.getByRole('heading', { name: 'What makes it so' }).waitFor();
    },
  },
  decide: {
    path: '/decide?decision=allocate',
    async prepare(page) {
      await page.getByRole('button', { name: 'Example' }).click();
      await page.getByRole('gridcell', { name: 'Placement 1' }).first().waitFor();
      await page.getByRole('button', { name: 'Allocate', exact: true }).click();
      const answer = page.getByRole('region', { name: 'Answer' });
      // The allocation, and what other budgets would get.
      await answer.locator('canvas').nth(1).waitFor({ timeout: 120_000 });
      await answer.evaluate((element) => element.scrollIntoView());
    },
  },
};

async function take(name, { url, browser }) {
  const { path, prepare } = pictures[name];
  const context = await browser.newContext({
    viewport: SIZE,
    colorScheme: 'light',
    locale: 'en-US',
  });
  const page = await context.newPage();
  await page.goto(`${url}/#${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await prepare(page, url);
  // Charts grow into place.
  await pause(1500);
  const devtools = await context.newCDPSession(page);
  const shot = { format: 'webp', quality: QUALITY };
  const { data } = await devtools.send('Page.captureScreenshot', shot);
  const bytes = Buffer.from(data, 'base64');
  await context.close();
  if (bytes.length > MOST_BYTES) throw new Error(`${name} is ${bytes.length} bytes`);
  await writeFile(`${folder}${name}.webp`, bytes);
  console.log(`${name}.webp: ${bytes.length} bytes`);
}

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in pictures));
if (unknown !== undefined) throw new Error(`no picture ${unknown}: ${Object.keys(pictures)}`);
await mkdir(folder, { recursive: true });
await inHouse(async (house) => {
  for (const name of named.length > 0 ? named : Object.keys(pictures)) await take(name, house);
});
