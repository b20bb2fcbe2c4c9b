import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forestErrors } from '../src/index.js';
import { resolveParameters } from '../src/data/parameters.js';
import { mixedSchema } from './data.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}README.md`, 'utf8');

/** First two cells of each row of the table whose header begins with `first`. */
function tableOf(first: string): [string, string][] {
  const lines = readme.split('\n');
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
