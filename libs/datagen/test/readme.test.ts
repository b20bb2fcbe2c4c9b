import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bestGuess,
  datagenErrors,
  extraFeatures,
  generate,
  inputCeiling,
  markets,
  noiseCeiling,
  normalisedEntropy,
  profiles,
} from '../src/index.js';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

/** The cells of each table row that begins with a name in backquotes. */
const rows = new Map(
  readme
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`\w+`$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1]!.slice(1, -1), cells.slice(2, -1)] as const),
);

test('the README lists every error code with its meaning', () => {
  for (const [code, meaning] of Object.entries(datagenErrors)) {
    expect(rows.get(code)).toEqual([meaning]);
  }
});

test('the README states every constant of the realistic market, and a reason for it', () => {
  for (const [name, value] of Object.entries(markets.realistic)) {
    if (name === 'wide' || name === 'words') continue;
    const shown = typeof value === 'object' ? Object.values(value).join(' / ') : String(value);
    expect([name, rows.get(name)?.[0]]).toEqual([name, shown]);
    expect(rows.get(name)![1]!.length).toBeGreaterThan(10);
  }
});

test.each(profiles)('the README states the ceilings of %s', (profile) => {
  const table = generate({ profile });
  const [, noise, input, ne, inputNe] = rows.get(profile)!;
  const decimals = (text: string) => text.split('.')[1]!.length;
  expect(noiseCeiling(table).toFixed(decimals(noise!))).toBe(noise);
  expect(inputCeiling(table).toFixed(decimals(input!))).toBe(input);
  expect(normalisedEntropy(table).toFixed(3)).toBe(ne);
  expect(normalisedEntropy(table, bestGuess(table)).toFixed(3)).toBe(inputNe);
});

test('the README states what is lost by words that training rows have not', () => {
  const options = { profile: 'words', rows: 10_000 } as const;
  const training = generate({ ...options, rows: 40_000 });
  const later = generate({ ...options, skip: 40_000 });
  const columns = { ...training.columns, campaign: [], ad_group: [], creative: [] };
  const guesses = [undefined, training, { ...training, columns }];
  const [all, seen, none] = guesses.map((words) =>
    normalisedEntropy(later, bestGuess(later, words)).toFixed(4),
  );
  const known = new Set(training.columns['creative'] as string[]);
  const unseen = (later.columns['creative'] as string[]).filter((name) => !known.has(name));
  const share = `${Math.round((100 * unseen.length) / later.rows)} %`;
  const text = readme.replaceAll(/\s+/g, ' ');
  expect(text).toContain(`${share} of the later rows show a creative`);
  expect(text).toContain(`NE is ${all} with all effects known, ${seen} with those of the words`);
  expect(text).toContain(`and ${none} without any`);
});

test('the README counts the extra features right', () => {
  const count = (role: string) => extraFeatures.filter((feature) => feature.role === role).length;
  const gaps = extraFeatures.filter(({ missing }) => missing > 0).length;
  expect(rows.get('wide')![0]).toContain(
    `${count('informative')} informative, ${count('proxy')} proxies, ${count('noise')} noise, ${gaps} with gaps`,
  );
});
