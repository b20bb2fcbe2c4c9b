import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorErrors } from '../src/errors.js';
import { MOST_FEATURES, MOST_VALUES } from '../src/segments/dimensions.js';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

test('the README lists every error code with its meaning, and no other', () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`\s*\| (.*?)\s*\|$/gm)];
  expect(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]))).toEqual(
    monitorErrors,
  );
});

test('the README states how much is looked at', () => {
  expect(readme).toContain(`the ${MOST_VALUES} of most impressions`);
  expect(readme).toContain(`${MOST_FEATURES} features`);
});
