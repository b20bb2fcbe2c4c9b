import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forestErrors } from '../src/index.js';
import { resolveBoosting } from '../src/data/boost-parameters.js';
import { resolveParameters } from '../src/data/parameters.js';
import { mixedSchema } from './data.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}README.md`, 'utf8');

/** First two cells of each row of the first table, from a line on, whose header begins with `first`. */
function tableOf(first: string, from = 0): [string, string][] {
  const lines = readme.split('\n').slice(from);
  const rows = lines.slice(lines.findIndex((line) => line.startsWith(`| ${first} `)) + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
    .map(([name, text]) => [name, text]);
}

const fence = (language: string): string[] =>
  Array.from(
    readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')),
    ([, body]) => body,
  );

describe('the README', () => {
  it('lists every error as it is', () => {
    expect(tableOf('code')).toEqual(Object.entries(forestErrors));
  });

  it('lists every option of boosting with its default', () => {
    const { boosting, ...rest } = resolveBoosting(mixedSchema, {}, true);
    const { minLeafWeight: minChildWeight, sampleFraction: rowSample } = rest;
    const defaults: Record<string, unknown> = { ...rest, ...boosting, minChildWeight, rowSample };
    const from = readme.split('\n').indexOf('## Boosting');
    const listed = tableOf('option', from).filter(([name]) => !name.includes(','));
    expect(listed.length).toBe(16);
    for (const [name, value] of listed) {
      const none = name === 'maxLeaves' || name === 'monotone';
      expect([name, value]).toEqual([name, none ? 'none' : String(defaults[name])]);
    }
  });

  it('lists every fit option with its default', () => {
    const { maxFeatures, monotone, maxLeaves, ...rest } = resolveParameters(mixedSchema);
    expect([maxFeatures, monotone, maxLeaves]).toEqual([3, [0, 0, 0], 0]);
    const defaults = { ...rest, maxFeatures: 'all', monotone: 'none', maxLeaves: 'none' };
    expect(Object.fromEntries(tableOf('option'))).toEqual(
      Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, String(value)])),
    );
  });

  it('prints what its example prints', () => {
    const [example] = fence('js');
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', example], {
      cwd: folder,
      // Whoever runs this may have asked for colours.
      env: { ...process.env, FORCE_COLOR: '0' },
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(fence('text')[0]).toBe(run.stdout);
  });
});
