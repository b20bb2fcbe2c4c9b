import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainCtr, type CtrTable } from '@adscale/ctr';
import { columnsFrom, type Schema } from '@adscale/forest';
import { renderPage } from '../../src/page/page.js';
import { describeModel, type ReportDocument } from '../../src/report/report.js';
import { practiceTable } from '../practice-table.js';

/** What every report shows, by the id of its figure. */
const FIGURES = ['fit', 'reliability', 'importance', 'heat-map', 'learning-ne', 'learning-r2'];

const render = (document: ReportDocument) => ({
  html: renderPage(document),
  json: JSON.stringify(document),
});

let folder: string;
let report: { readonly html: string; readonly json: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  const trained = await trainCtr(practiceTable(800), { fit: { trees: 20 }, threads: 1 });
  report = render(describeModel(trained, ['cost is left out: it follows the clicks']));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a report', () => {
  it('needs nothing but itself: no script, no address outside', () => {
    const { html } = report;
    expect(html).not.toMatch(/<script|<link|<img|@import|javascript:|\son\w+=/i);
    expect(html).not.toMatch(/\b(src|href)=|url\((?!#)/);
    expect(html.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/);
  });

  it('gives every figure words for those who do not see it, and a table', () => {
    const figures = report.html.split('<figure').slice(1);
    expect(figures.length).toBeGreaterThanOrEqual(FIGURES.length + 8);
    for (const figure of figures) {
      const [, by] = /aria-labelledby="([\w-]+ [\w-]+)"/.exec(figure)!;
      for (const id of by.split(' ')) expect(figure).toMatch(new RegExp(`id="${id}">[^<]{5,}<`));
      expect(figure).toContain('<details><summary>The numbers</summary>');
    }
  });

  it('shows segments, overdispersion by size, weeks ahead and metrics without a dominant row', async () => {
    const day = 24 * 3600;
    const table = practiceTable(400);
    // Every tenth row has three times its clicks, and the last row nearly all impressions.
    const clicks = table.clicks.map((k, i) => (i % 10 === 0 ? 3 * k : k));
    const impressions = table.impressions.slice();
    impressions[399] = 1e8;
    const time = table.clicks.map((_, i) => 1.75e9 + (i >> 2) * day);
    const trained = await trainCtr(
      { ...table, clicks, impressions, time },
      { fit: { trees: 5 }, threads: 1, split: { by: 'time' } },
    );
    const { html } = render(describeModel(trained));
    expect(html).toContain('<h3>Calibration by segment</h3>');
    expect(html).toMatch(/<th scope="row">device_type = mobile<\/th>/);
    expect(html).toContain('<h3>Rows differ by more than binomial chance</h3>');
    expect(html).toMatch(/<h2>How it ages<\/h2>.*<th scope="row">3<\/th>/s);
    expect(html).toMatch(/<h3>With and without the row of 9\d(\.\d)? % of the impressions<\/h3>/);
    expect(report.html).not.toMatch(/How it ages|With and without|<h3>Rows differ/);
    expect(html).not.toMatch(/undefined|NaN/);
  });

  it('repeats no id', () => {
    const ids = Array.from(report.html.matchAll(/\sid="([^"]+)"/g), ([, id]) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it('is drawn in the colours of the page alone', () => {
    const svgs = report.html.match(/<svg.*?<\/svg>/gs)!.join('');
    const colours = Array.from(svgs.matchAll(/(?:fill|stroke)="([^"]*)"/g), ([, colour]) => colour);
    const own = colours.filter((colour) => !/^(none|var\(--\w+\)|#000)$/.test(colour));
    expect(own).toEqual([]);
  });

  it('shows names and categories as they are, whatever they hold', async () => {
    const nasty = '<script>alert("&")</script>';
    const trained = await trainCtr(namedTable(nasty), {
      fit: { trees: 5 },
      source: nasty,
      threads: 1,
    });
    const { html, json } = render(describeModel(trained, [nasty]));
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;');
    expect(JSON.parse(json).card.source).toBe(nasty);
  });
});

/** What the page tells of itself once a browser has laid it out. */
interface Seen {
  readonly errors: string[];
  readonly dark: boolean;
  readonly figures: { id: string; width: number; height: number; marks: number }[];
  /** The least contrast of text with what it stands on. */
  readonly contrast: { ratio: number; text: string };
  readonly overflow: number;
}

/** Runs in the page. Text on coloured cells is judged by the colour of the cell. */
const probe = `
  const errors = [];
  addEventListener('error', (e) => errors.push(String(e.message ?? e.target?.outerHTML)), true);
  addEventListener('securitypolicyviolation', (e) => errors.push('blocked: ' + e.blockedURI));
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  addEventListener('load', () => {
    const paper = luminance(channels(getComputedStyle(document.body).backgroundColor));
    const texts = [...document.querySelectorAll('svg text:not(#heat-map text), p, h1, h2, h3, td, th, dd, dt, li')]
      .filter((each) => each.textContent.trim() !== '')
      .map((each) => {
        const style = getComputedStyle(each);
        const colour = each instanceof SVGElement ? style.fill : style.color;
        return { ratio: contrast(luminance(channels(colour)), paper), text: each.textContent.slice(0, 40) };
      });
    const figures = [...document.querySelectorAll('figure')].map((figure) => {
      const svg = figure.querySelector('svg');
      const { width, height } = svg.getBoundingClientRect();
      const marks = [...svg.querySelectorAll('path')].filter((path) => {
        const box = path.getBoundingClientRect();
        return box.width + box.height > 0 && getComputedStyle(path).stroke !== getComputedStyle(path).fill;
      }).length;
      return { id: figure.id, width, height, marks };
    });
    const overflow = document.documentElement.scrollWidth - innerWidth;
    const least = texts.reduce((a, b) => (b.ratio < a.ratio ? b : a));
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.seen = encodeURIComponent(
      JSON.stringify({ errors, dark, figures, contrast: least, overflow }),
    );
  });`;

const chromium = spawnSync('chromium', ['--version']);
const inBrowser = chromium.error ? it.skip : it;

describe(`in a browser${chromium.error ? ' (skipped: chromium is not on the PATH)' : ''}`, () => {
  inBrowser.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 420],
  ])(
    'shows every plot without an error: %s, %d pixels wide',
    async (mode, width) => {
      const { seen, console } = await look(report.html, mode, width);
      expect({ errors: seen.errors, console }).toEqual({ errors: [], console: [] });
      expect(seen.dark).toBe(mode === 'dark');
      expect(seen.figures.map(({ id }) => id)).toEqual(expect.arrayContaining(FIGURES));
      for (const { width: across, height, marks } of seen.figures) {
        expect(across).toBeGreaterThan(250);
        expect(height).toBeGreaterThan(60);
        expect(marks).toBeGreaterThan(4);
      }
      expect(seen.contrast.ratio).toBeGreaterThan(4.5);
      expect(seen.overflow).toBeLessThanOrEqual(0);
    },
    120_000,
  );

  inBrowser('an error in the page would be noticed', async () => {
    const broken = report.html.replace('<body>', '<body><script>nowhere()</script>');
    expect((await look(broken, 'light', 1200)).seen.errors[0]).toContain('nowhere is not defined');
    const outside = report.html.replace('<body>', '<body><img src="https://example.com/x.png">');
    expect((await look(outside, 'light', 1200)).seen.errors[0]).toContain('blocked');
  });
});

/** Opens the page with the probe in it and everything outside forbidden. */
async function look(
  html: string,
  mode: string,
  width: number,
): Promise<{ seen: Seen; console: string[] }> {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'`;
  const page = join(folder, 'probed.html');
  const head = `<head><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${probe}</script>`;
  await writeFile(
    page,
    html.replace('<head>', () => head),
  );
  const { stdout, stderr, status } = spawnSync(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      ...['--no-first-run', '--enable-logging=stderr', `--window-size=${width},900`],
      ...(mode === 'dark' ? ['--force-dark-mode'] : []),
      `--user-data-dir=${join(folder, `profile-${mode}-${width}`)}`,
      ...['--dump-dom', `file://${page}`],
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  expect(status).toBe(0);
  const [, found] = /data-seen="([^"]*)"/.exec(stdout)!;
  return {
    seen: JSON.parse(decodeURIComponent(found)) as Seen,
    console: stderr.split('\n').filter((line) => line.includes(':CONSOLE')),
  };
}

/** Rows whose feature and one of whose categories bear a name. */
function namedTable(name: string): CtrTable {
  const schema: Schema = {
    features: [
      { name, kind: 'categorical', categories: [name, 'other', 'third'] },
      { name: 'x', kind: 'integer' },
    ],
  };
  const rows = Array.from({ length: 120 }, (_, i) => i);
  return {
    features: columnsFrom(schema, {
      [name]: rows.map((i) => [name, 'other', 'third'][i % 3]),
      x: rows.map((i) => i % 5),
    }),
    impressions: new Float64Array(120).fill(1000),
    clicks: Float64Array.from(rows, (i) => 10 + 5 * (i % 3) + (i % 5)),
  };
}
