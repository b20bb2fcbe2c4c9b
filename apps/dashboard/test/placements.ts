/* Placements for tests of the page "What if", and a model of words to ask them of. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@adscale/forest';
import { adscale } from './house.js';

export type PlacementRecord = Record<string, string | number | null>;

/** Text that would do harm if it were markup. */
export const HOSTILE = '<img src=x onerror=alert(1)>';

/** Records with two kinds of words, one of them ids, empty prices, and a position that may be left out. */
async function writeWords(path: string): Promise<void> {
  const random = new Random(1, 0);
  const uniform = () => random.uint32() * 2 ** -32;
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const word = Math.floor(uniform() * uniform() * 60);
    const keyword = word === 0 ? HOSTILE : `word ${word}`;
    const publisher = 1000 + Math.floor(uniform() * uniform() * 30);
    const device = uniform() < 0.6 ? 'mobile' : 'desktop';
    const position = 1 + (i % 5);
    const price = uniform() < 0.1 ? '' : (0.1 + 20 * uniform() ** 2).toFixed(2);
    const shown = 100 + Math.floor(uniform() * 900);
    const rate = 0.02 + 0.002 * (word % 13) + 0.03 / position + (device === 'mobile' ? 0.01 : 0);
    return [keyword, publisher, device, position, price, shown, Math.round(shown * rate)].join();
  });
  const names = 'keyword,publisher,device,position,price,shown,clicked';
  await writeFile(path, [names, ...rows].join('\n'));
  await writeFile(
    path.replace('.csv', '.mapping.yaml'),
    `impressions: shown
clicks: clicked
exposure_feature: false
cross: [[keyword, device]]
features:
  keyword: { column: keyword, kind: word }
  publisher: { column: publisher, kind: word, whole: true }
  device: { column: device, kind: categorical, categories: [mobile, desktop, tablet] }
  position: { column: position, kind: integer, minimum: 1, maximum: 10, bias: true, held_at: 1 }
  price: { column: price, kind: numeric, minimum: 0, missing: true }
`,
  );
}

/** Trains a model of such records. @param name of the folder that it is laid in */
export async function trainWords(folder: string, name: string): Promise<void> {
  const table = join(folder, `${name}.csv`);
  await writeWords(table);
  const kind = ['--model', 'forest', '--trees', '8', '--no-report'];
  await adscale('train', table, '--output', join(folder, name), '--yes', ...kind);
}

/** The address of the page behind the hash. */
export const addressOf = (search: Record<string, unknown>): string => {
  const parts = Object.entries(search).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return `/what-if?${parts.join('&')}`;
};
