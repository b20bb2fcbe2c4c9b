import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settings } from '../src/config.js';
import { catalogue } from '../src/problem/catalogue.js';

const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

/** Rows of the table whose header begins with `first`, cells without padding or code quotes. */
function tableOf(first: string): string[][] {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} `));
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

describe('the README', () => {
  it('lists every setting as it is', () => {
    const rows = Object.values(settings).map(({ variable, fallback, wanted, meaning }) => [
      variable,
      fallback,
      wanted,
      meaning,
    ]);
    expect(tableOf('variable')).toEqual(rows);
  });

  it('lists every error as it is', () => {
    const rows = Object.entries(catalogue).map(([code, { status, title, detail }]) => [
      String(status),
      code,
      title,
      detail.replaceAll('`', ''),
    ]);
    expect(tableOf('status')).toEqual(rows);
  });
});
