import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatsError, statsErrors } from '../src/index.js';

describe('the error catalogue', () => {
  it('is the table of the README', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]))).toEqual(
      statsErrors,
    );
  });

  it('says the reason before the detail', () => {
    const error = new StatsError('LIMIT_REACHED', 'one over');
    expect(error).toMatchObject({ name: 'StatsError', code: 'LIMIT_REACHED' });
    expect(error.message).toBe('more was registered than is kept: one over');
  });
});
