import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheErrors } from '../src/index.js';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

it('the README lists every error code with its meaning, and no other', () => {
  const listed = readme
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`[A-Z_]+`$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1]!.slice(1, -1), cells[2]]);
  expect(Object.fromEntries(listed)).toEqual(cacheErrors);
});
