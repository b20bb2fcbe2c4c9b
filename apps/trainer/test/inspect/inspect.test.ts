import { readFile, writeFile } from 'node:fs/promises';
import { Registry } from '@adscale/ctr';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';

const at = testFolder();

/** An export as a search network writes it, with what such a file has wrong. */
function exportedCsv(): string {
  const lines = [
    'Ad performance report',
    '"Impr.",Clicks,Cost,"Avg. position",Device,Currency,Click ID',
  ];
  for (let i = 0; i < 400; i++) {
    const position = 1 + (i % 6);
    const shown = 200 + ((i * 7919) % 9000);
    const device = ['Mobile', 'Desktop', '--'][i % 3];
    const clicks = Math.round((shown * (0.06 + 0.004 * ((i * 31) % 11))) / position);
    const cost = (clicks * (0.4 + 0.02 * ((i * 17) % 13))).toFixed(2);
    const impressions = shown.toLocaleString('en');
    lines.push(`"${impressions}",${clicks},"$${cost}",${position}.${i % 10},${device},EUR,g${i}x`);
  }
  lines.push('0,0,$0,1.0,Mobile,EUR,a', '10,20,$1,1.0,Mobile,EUR,b');
  return `${lines.join('\n')}\n`;
}

describe('adscale inspect', () => {
  beforeEach(() => writeFile(at('export.csv'), exportedCsv()));

  it('drafts a mapping that train takes without a change, dirty rows counted', async () => {
    const inspected = await adscale(['inspect', at('export.csv')]);
    expect(inspected.status).toBe(0);
    const draft = await readFile(at('export.mapping.yaml'), 'utf8');
    expect(inspected.stdout).toContain(draft);
    expect(draft).toMatch(/^impressions: Impr\.\nclicks: Clicks\ndirty: drop\n/m);
    const train = ['train', at('export.csv'), '-o', at('models'), '--trees', '5'];
    const { status, stdout, stderr } = await adscale(train);
    expect(stderr).toContain(`mapping: ${at('export.mapping.yaml')}`);
    expect(stderr).toMatch(/dropped 2 rows: 1 Impr\. is 0; 1 more Clicks than Impr\./);
    expect(stderr).toContain('line 403, column Impr.: got "0"');
    expect(status).toBe(0);
    expect(stdout).toContain('now current');
    const model = await new Registry(at('models')).load();
    expect(model.schema.features).toMatchObject([
      { name: 'avg_position', kind: 'numeric', minimum: 0 },
      { name: 'device', kind: 'categorical', categories: ['Mobile', 'Desktop'] },
    ]);
    expect(model.card).toMatchObject({ mapping: { impressions: 'Impr.' } });
    const top = model.predict({ avg_position: 1, device: 'Mobile' });
    expect(top).toBeGreaterThan(model.predict({ avg_position: 6, device: 'Mobile' }));
  });

  it('catches the cost that follows the clicks, the id and the constant', async () => {
    const { stdout } = await adscale(['inspect', at('export.csv'), '--json']);
    const { excluded, findings, columns } = JSON.parse(stdout);
    const because = Object.fromEntries(
      excluded.map((left: { column: string; because: string }) => [left.column, left.because]),
    );
    expect(because['Cost']).toMatch(
      /follows clicks: rank correlation 0\.9\d with clicks, and still/,
    );
    expect(because['Currency']).toBe('it is the same in every row');
    expect(because['Click ID']).toMatch(/an id/);
    expect(findings[0]).toMatchObject({ kind: 'leak', column: 'Cost' });
    expect(columns[0]).toMatchObject({ name: 'Impr.', type: 'integer', rows: 402, missing: 0 });
  });

  it('takes a leaking feature only by force, which train then honours', async () => {
    await adscale(['inspect', at('export.csv'), '--force-feature', 'Cost']);
    const draft = await readFile(at('export.mapping.yaml'), 'utf8');
    expect(draft).toMatch(/cost: \{.*force: true.*\}/);
    const train = ['train', at('export.csv'), '-o', at('models'), '--trees', '2'];
    expect((await adscale(train)).status).toBe(0);
    await writeFile(at('export.mapping.yaml'), draft.replace(/, force: true/, ''));
    const { status, stderr } = await adscale(train);
    expect(stderr).toMatch(/feature cost leaks the target: it follows clicks.*"force: true"/);
    expect(status).toBe(2);
  });

  it('reads no other file by the SQL of a flag, and calls the data as it is told to', async () => {
    await writeFile(at('other.txt'), 'nobody is to see this');
    const read = `x=(SELECT content FROM read_text('${at('other.txt')}'))`;
    const asked = ['inspect', at('export.csv'), '--json', '--called', 'April'];
    const { status, stdout, stderr } = await adscale([...asked, '--derive', read]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/Permission Error/);
    expect(stderr).not.toContain('nobody is to see');
    expect(JSON.parse((await adscale(asked)).stdout)).toMatchObject({ source: 'April' });
  });

  it('leaves a mapping that is there alone, unless told otherwise', async () => {
    await writeFile(at('export.mapping.yaml'), 'mine');
    const { stdout } = await adscale(['inspect', at('export.csv')]);
    expect(stdout).toContain('was left alone');
    expect(await readFile(at('export.mapping.yaml'), 'utf8')).toBe('mine');
    await adscale(['inspect', at('export.csv'), '--overwrite']);
    expect(await readFile(at('export.mapping.yaml'), 'utf8')).toContain('impressions: Impr.');
  });

  it('says how to name the columns that count if it cannot guess them', async () => {
    await writeFile(at('odd.csv'), 'a,b,c\n10,1,2\n20,2,3\n');
    const { status, stderr } = await adscale(['inspect', at('odd.csv')]);
    expect(stderr).toMatch(/no column is called like impressions: name them by --impressions/);
    expect(status).toBe(2);
    const named = ['--impressions', 'a', '--clicks', 'b', '-o', at('odd.yaml')];
    expect((await adscale(['inspect', at('odd.csv'), ...named])).status).toBe(0);
  });
});

describe('a guessed mapping', () => {
  beforeEach(() => writeFile(at('export.csv'), exportedCsv()));
  const train = (...flags: string[]): ReturnType<typeof adscale> =>
    adscale(['train', at('export.csv'), '-o', at('models'), '--trees', '2', ...flags]);

  it('is shown and not acted on where nobody can agree', async () => {
    const { status, stderr } = await train();
    expect(stderr).toContain('impressions: Impr.');
    expect(stderr).toMatch(/the mapping above is a guess: .*adscale inspect/);
    expect(status).toBe(2);
  });

  it('is taken by --yes, and changed by flags', async () => {
    const changes = [
      '--dirty',
      'drop',
      '--where',
      '"Impr." >= 1000',
      '--derive',
      'top="Avg. position" < 2',
    ];
    const { status, stderr } = await train('--yes', ...changes);
    expect(status).toBe(0);
    expect(stderr).toMatch(/left out by conditions \(where, mature days\): \d+ rows/);
  });

  it('needs no agreement where flags say it all', async () => {
    const named = ['--impressions', 'Impr.', '--clicks', 'Clicks', '--feature', 'Device'];
    expect((await train(...named, '--dirty', 'drop')).status).toBe(0);
    const { schema } = await new Registry(at('models')).load();
    expect(schema.features.map(({ name }) => name)).toEqual(['device']);
  });
});
