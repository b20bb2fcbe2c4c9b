import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_CELLS, MAX_EXACT_CELLS } from '../src/allocate/request.js';
import { MAX_STEPS } from '../src/curve.js';
import { decisionErrors } from '../src/errors.js';
import { MAX_SCHEDULE } from '../src/forecast.js';
import { MAX_PLACEMENTS } from '../src/opportunities/grid.js';
import { MAX_CANDIDATES } from '../src/rank.js';
import { MAX_SWITCHED } from '../src/compare/switching.js';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

/** The cells of each table row that begins with a name in backquotes. */
const rows = new Map(
  readme
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`\w+`$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1].slice(1, -1), cells.slice(2, -1)] as const),
);

test('the README lists every error code with its meaning', () => {
  for (const [code, meaning] of Object.entries(decisionErrors)) {
    expect([code, rows.get(code)]).toEqual([code, [meaning]]);
  }
});

test('the README states every limit', () => {
  const count = (limit: number): string => limit.toLocaleString('en');
  const limits = {
    rank: `${count(MAX_CANDIDATES)} candidates`,
    forecast: `${count(MAX_SCHEDULE)} placements`,
    compare: `${count(MAX_SWITCHED)} features that differ`,
    allocate: `${count(MAX_EXACT_CELLS)} cells exactly, ${count(MAX_CELLS)} relaxed`,
    opportunities: `${count(MAX_PLACEMENTS)} placements`,
    curve: `${count(MAX_STEPS)} steps`,
  };
  for (const [name, limit] of Object.entries(limits)) {
    expect([name, rows.get(name)?.[1]]).toEqual([name, limit]);
  }
});
