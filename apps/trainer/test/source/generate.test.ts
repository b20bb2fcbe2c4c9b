import { readFile } from 'node:fs/promises';
import { generatedNamed, nameGenerated } from '../../src/source/generate.js';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';

const at = testFolder();

describe('adscale generate', () => {
  it('writes the same bytes to a file and to standard output', async () => {
    const { stdout } = await adscale(['generate', '--rows', '50']);
    await adscale(['generate', '--rows', '50', '-o', at('ads.csv')]);
    expect(await readFile(at('ads.csv'), 'utf8')).toBe(stdout);
    expect(stdout.trimEnd().split('\n')).toHaveLength(51);
  });

  it('writes NDJSON where the file is named so', async () => {
    await adscale(['generate', '--rows', '3', '-o', at('ads.ndjson')]);
    const lines = (await readFile(at('ads.ndjson'), 'utf8')).trimEnd().split('\n');
    expect(Object.keys(JSON.parse(lines[2]))).toContain('true_ctr');
  });

  it.each(['xls', 'constructor'])(
    'writes no file of a format that it does not have: %s',
    async (ending) => {
      const args = ['generate', '--rows', '3', '-o', at(`ads.${ending}`)];
      const { status, stderr } = await adscale(args);
      expect(stderr).toMatch(/got .*ads.\w+, wanted a file ending in .csv, .ndjson, .parquet/);
      expect(status).toBe(2);
    },
  );
});

it('the name of generated records tells how to make them again, and no other name does', () => {
  const rows = { rows: 500, seed: -3, profile: 'sparse' } as const;
  expect(generatedNamed(nameGenerated(rows))).toEqual(rows);
  for (const name of ['ads.csv', 'generated: 5 rows', nameGenerated(rows).replace('sparse', 'x')]) {
    expect(generatedNamed(name)).toBeUndefined();
  }
});
