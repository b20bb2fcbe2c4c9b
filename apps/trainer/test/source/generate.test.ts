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

  it('passes over the first records: two files of one seed share words, and the later has new ones', async () => {
    const words = ['generate', '--profile', 'words', '-o'];
    await adscale([...words, at('all.csv'), '--rows', '1500']);
    await adscale([...words, at('later.csv'), '--rows', '500', '--skip', '1000']);
    const [all, later] = await Promise.all(
      ['all.csv', 'later.csv'].map(async (name) => (await readFile(at(name), 'utf8')).split('\n')),
    );
    expect(later.slice(1)).toEqual(all.slice(1001));
    const creatives = (lines: string[]) => lines.map((line) => line.split(',').at(-1));
    const before = new Set(creatives(all.slice(1, 1001)));
    expect(creatives(later.slice(1, -1)).some((word) => !before.has(word))).toBe(true);
    expect(creatives(later.slice(1, -1)).some((word) => before.has(word))).toBe(true);
  });

  it('spreads records over days, from one of which the CTR of some is another', async () => {
    const period = ['generate', '--rows', '400', '--from', '2026-10-01', '--days', '2'];
    const change = ['--change', 'device_type=mobile:0.5@2026-10-02'];
    const [plain, changed] = await Promise.all(
      [period, [...period, ...change]].map(async (args) =>
        (await adscale(args)).stdout
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(',')),
      ),
    );
    changed.forEach((row, i) => {
      const [device, trueCtr, day] = [row[2], Number(row[6]), row[7]];
      expect(day).toBe(i < 200 ? '2026-10-01' : '2026-10-02');
      const factor = device === 'mobile' && i >= 200 ? 0.5 : 1;
      expect(trueCtr).toBeCloseTo(Number(plain[i][6]) * factor, 12);
    });
  });

  it.each([
    ['mobile:0.5@2026-10-02', 'wanted feature=value:factor@day'],
    ['budget=5:0.5@2026-10-02', 'of device_type or ad_position'],
    ['device_type=tv:0.5@2026-10-02', 'change.value is "tv", wanted one of mobile'],
  ])('refuses the change %s', async (change, message) => {
    const { status, stderr } = await adscale([
      'generate',
      '--from',
      '2026-10-01',
      '--change',
      change,
    ]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('refuses to pass over fewer than none', async () => {
    const { status, stderr } = await adscale(['generate', '--skip', '-1']);
    expect(stderr).toContain('skip is -1, wanted a safe integer of at least 0');
    expect(status).toBe(2);
  });

  it('writes words that inspect drafts as features, and train takes', async () => {
    await adscale(['generate', '--profile', 'words', '--rows', '2000', '-o', at('words.csv')]);
    const plain = await adscale(['train', at('words.csv'), '--trees', '2', '-o', at('plain')]);
    expect(plain.stderr).toMatch(
      /left alone: day, campaign, ad_group, creative\. "adscale inspect"/,
    );
    await adscale(['inspect', at('words.csv')]);
    const draft = await readFile(at('words.mapping.yaml'), 'utf8');
    expect(draft).toMatch(/^time: day$/m);
    expect(draft).toMatch(/^ {2}creative: \{ column: creative, kind: word \}$/m);
    const flags = ['--split-by', 'date', '--trees', '2', '-o', at('models')];
    const { status, stdout } = await adscale(['train', at('words.csv'), ...flags]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/held out +500 rows, \d+ impressions, the latest/);
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
