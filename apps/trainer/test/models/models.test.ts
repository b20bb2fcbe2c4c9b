import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { Registry } from '@adscale/ctr';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';

const at = testFolder();

/** Runs a command on the test's registry and reads its document. */
async function run(...args: string[]) {
  const { status, stdout, stderr } = await adscale([...args, '-m', at('models'), '--json']);
  return { status, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
}

const generate = (file: string, seed: number, rows = 2000) =>
  adscale(['generate', '--rows', `${rows}`, '--seed', `${seed}`, '-o', at(file)]);

/** Trains, promotes and names the version. */
async function train(file: string, ...flags: string[]): Promise<string> {
  const args = ['train', at(file), '-o', at('models'), '--no-report', '--json', ...flags];
  const { stdout, stderr, status } = await adscale(args);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).version as string;
}

describe('adscale models', () => {
  it('lists, shows, tags, rolls back and prunes', async () => {
    expect((await run('models', 'list')).document.versions).toEqual([]);
    await generate('ads.csv', 1, 300);
    const one = await train('ads.csv', '--trees', '2');
    const two = await train('ads.csv', '--trees', '3');
    const three = await train('ads.csv', '--trees', '4');
    expect((await run('models', 'tag', 'champion', one)).document.version).toBe(one);
    const { versions } = (await run('models', 'list')).document;
    expect(
      versions.map((listed: { version: string; roles: string[]; tags: string[] }) => [
        listed.version,
        ...listed.roles,
        ...listed.tags,
      ]),
    ).toEqual([
      [three, 'current'],
      [two, 'previous'],
      [one, 'champion'],
    ]);
    expect((await run('models', 'show', 'champion')).document.card.parameters.trees).toBe(2);
    expect((await run('models', 'rollback')).document).toEqual({
      current: two,
      before: three,
      previous: one,
    });
    expect((await run('models', 'rollback')).document.current).toBe(one);
    const last = await run('models', 'rollback');
    expect([last.status, last.stderr]).toEqual([2, expect.stringContaining('promote one')]);
    const dry = await run('models', 'prune', '--keep', '1', '--dry-run');
    expect(dry.document.removed).toEqual([two]);
    expect((await run('models', 'prune', '--keep', '1')).document.removed).toEqual([two]);
    expect(await new Registry(at('models')).versions()).toEqual([one, three]);
    expect((await run('models', 'promote', three)).document.before).toBe(one);
    expect((await run('models', 'tag', 'champion', '--remove')).status).toBe(0);
  });

  it('tells in what two versions differ, and the metrics of both', async () => {
    await generate('ads.csv', 1, 300);
    const one = await train('ads.csv', '--trees', '2');
    const two = await train('ads.csv', '--trees', '3');
    const { differences } = (await run('models', 'diff', one, 'current')).document;
    const named = new Map(differences.map((fact: { name: string }) => [fact.name, fact]));
    expect(named.get('trees')).toMatchObject({ section: 'parameters', a: 2, b: 3 });
    expect(named.has('seed')).toBe(false);
    expect(named.has('data fingerprint')).toBe(false);
    const { a, b } = named.get('NE') as Record<string, { value: number; interval: number[] }>;
    for (const { value, interval } of [a, b]) {
      expect(interval[0]).toBeLessThan(value);
      expect(interval[1]).toBeGreaterThan(value);
    }
    const { stdout } = await adscale(['models', 'diff', one, two, '-m', at('models')]);
    expect(stdout).toMatch(/^trees +2 +3$/m);
    expect(stdout).toMatch(/^NE +0\.\d{5} \[0\.\d{5}, \d\.\d{5}\]/m);
  });

  it.each([
    [['models', 'show', 'nothing'], /no such version: nothing; .*models has current, previous/],
    [['models', 'promote', '../models'], /no such version/],
    [['models', 'tag', 'a b', 'current'], /no current model|tag is not usable/],
    [['models', 'prune'], /required option '--keep <n>' not specified/],
    [['models', 'prune', '--keep', '-1'], /--keep.*wanted 0 or more/],
    [['models', 'rollback'], /promote one/],
  ])('%j is refused with exit status 2', async (args, message) => {
    const { status, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(2);
    expect(existsSync(at('models'))).toBe(false);
  });
});

describe('promote --if-better', () => {
  it('takes a better model, and refuses a worse one with exit status 1', async () => {
    await generate('ads.csv', 1);
    const poor = await train('ads.csv', '--trees', '1', '--depth', '1');
    const good = await train('ads.csv', '--trees', '20');
    await run('models', 'promote', poor);
    const better = await run('models', 'promote', good, '--if-better');
    expect(better.status).toBe(0);
    const { comparison } = better.document;
    expect(comparison).toMatchObject({ candidate: good, current: poor, rows: 400, better: true });
    expect(comparison.interval[1]).toBeLessThan(0);
    expect(comparison.notes).toEqual([]);
    const worse = await run('models', 'promote', poor, '--if-better');
    expect(worse.status).toBe(1);
    expect(worse.document).toMatchObject({ promoted: false, comparison: { better: false } });
    expect(worse.stderr).toMatch(/not promoted: .* is not better beyond chance than/);
    expect(worse.stderr).not.toContain('    at ');
    expect(await new Registry(at('models')).current()).toBe(good);
    // The difference of the two is what their own held-out metrics say, up to the sign.
    const registry = new Registry(at('models'));
    const [a, b] = [await registry.card(good), await registry.card(poor)];
    const told = a.held_out.normalised_entropy - b.held_out.normalised_entropy;
    expect(comparison.difference).toBeCloseTo(told, 9);
  });

  it('refuses the same model: no difference is not better', async () => {
    await generate('ads.csv', 1, 500);
    const one = await train('ads.csv', '--trees', '3');
    await train('ads.csv', '--trees', '3');
    const { status, document } = await run('models', 'promote', one, '--if-better');
    expect([status, document.comparison.difference]).toEqual([1, 0]);
  });

  it('compares on other data, whose rows the two may take differently', async () => {
    await generate('ads.csv', 1);
    await generate('new.csv', 2, 1000);
    const half = await train('ads.csv', '--trees', '1', '--depth', '1');
    const without = ['--feature', 'ad_position', '--feature', 'device_type', '--yes'];
    const clicks = ['--impressions', 'impressions', '--clicks', 'clicks'];
    const few = await train('ads.csv', ...clicks, ...without, '--where', 'ad_position < 8');
    await run('models', 'promote', half);
    const { document } = await run('models', 'promote', few, '--data', at('new.csv'));
    const text = await readFile(at('new.csv'), 'utf8');
    const wanted = text.split('\n').filter((line) => Number(line.split(',')[1]) < 8).length;
    expect(document.comparison).toMatchObject({ rows: wanted, better: true, notes: [] });
    expect(document.promoted).toBe(true);
  });

  it('of its own data uses the rows that were held out only', async () => {
    await generate('ads.csv', 1, 500);
    const one = await train('ads.csv', '--trees', '3');
    await train('ads.csv', '--trees', '4', '--seed', '5');
    const { document } = await run('models', 'promote', one, '--data', at('ads.csv'));
    expect(document.comparison.rows).toBe(100);
    expect(document.comparison.notes).toEqual([
      expect.stringMatching(/may have been trained on some of them/),
    ]);
  });

  it('compares models of generated records without a file', async () => {
    const flags = ['train', '--rows', '400', '-o', at('models'), '--no-report', '--json'];
    const one = JSON.parse((await adscale([...flags, '--trees', '9'])).stdout).version;
    await adscale([...flags, '--trees', '1', '--depth', '1']);
    const { document } = await run('models', 'promote', one, '--if-better');
    expect(document).toMatchObject({ promoted: true, comparison: { rows: 80 } });
  });

  it('compares models of a click log on its held-out impressions, or on another log', async () => {
    await writeFile(at('log.csv'), clickLog(4000, 1));
    await writeFile(at('other.csv'), clickLog(6000, 2));
    const mapping = ['--label', 'clicked', '--feature', 'hour', '--feature', 'site', '--yes'];
    const forest = [...mapping, '--model', 'forest'];
    const flat = await train('log.csv', ...forest, '--trees', '1', '--depth', '1');
    const good = await train('log.csv', ...forest, '--trees', '10');
    await run('models', 'promote', flat);
    const own = (await run('models', 'promote', good, '--if-better')).document.comparison;
    const { held_out: judged } = await new Registry(at('models')).card(good);
    expect(own).toMatchObject({ impressions: judged.impressions, better: true });
    await run('models', 'promote', flat);
    const other = await run('models', 'promote', good, '--data', at('other.csv'));
    expect(other.document.comparison).toMatchObject({ impressions: 6000, better: true });
    const boosted = await train('log.csv', ...mapping, '--model', 'boosted');
    await run('models', 'promote', flat);
    const kinds = await run('models', 'promote', boosted, '--if-better');
    expect(kinds.document.comparison).toMatchObject({ impressions: judged.impressions });
    const third = await train('other.csv', ...mapping, '--trees', '3');
    await run('models', 'promote', good);
    const refused = await run('models', 'promote', third, '--if-better');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/not trained on the same cells.*--data/);
  });

  it('asks which share of the impressions other data holds, where the two models differ in it', async () => {
    await writeFile(at('log.csv'), clickLog(3000, 1));
    await writeFile(at('other.csv'), clickLog(3000, 2));
    const mapping = ['--label', 'clicked', '--feature', 'hour', '--yes', '--trees', '3'];
    const whole = await train('log.csv', ...mapping);
    const sampled = await train('log.csv', ...mapping, '--negative-sampling-rate', '0.1');
    await run('models', 'promote', whole);
    const other = ['models', 'promote', sampled, '--data', at('other.csv')];
    const refused = await run(...other);
    expect(refused.stderr).toMatch(
      /on 0\.1 of the impressions .* on 1: say .*--negative-sampling-rate/,
    );
    expect(refused.status).toBe(2);
    const { status, document } = await run(...other, '--negative-sampling-rate', '1');
    expect([status, document.promoted]).toEqual([1, false]);
    expect(document.comparison).toMatchObject({ better: false, impressions: 3000 });
  });

  it('finds the files again that a model was trained on, commas in their names or not', async () => {
    await generate('ads, all.csv', 1, 300);
    await generate('more.csv', 2, 300);
    const one = await train('more.csv', at('ads, all.csv'), '--trees', '5');
    await train('more.csv', at('ads, all.csv'), '--trees', '3');
    const { document } = await run('models', 'promote', one, '--if-better');
    expect(document.comparison).toMatchObject({ candidate: one, rows: 120 });
  });

  it('says so when the held-out rows cannot be had again', async () => {
    await generate('ads.csv', 1, 300);
    const one = await train('ads.csv', '--trees', '2');
    await train('ads.csv', '--trees', '3');
    await generate('ads.csv', 2, 300);
    const changed = await run('models', 'promote', one, '--if-better');
    expect(changed.stderr).toMatch(/ads.csv: is not the data any more .* name rows .* --data/);
    await rm(at('ads.csv'));
    const gone = await run('models', 'promote', one, '--if-better');
    expect(gone.stderr).toMatch(/cannot be read again: .*there is no such file; name rows/);
    expect([changed.status, gone.status]).toEqual([2, 2]);
  });

  it('has nothing to compare with where there is no current model', async () => {
    await generate('ads.csv', 1, 300);
    const one = await train('ads.csv', '--trees', '2');
    await rm(at('models/current'));
    const { document } = await run('models', 'promote', one, '--if-better');
    expect(document).toMatchObject({ promoted: true, comparison: null });
    expect((await run('models', 'promote', one, '--if-better')).document.promoted).toBe(true);
  });
});

/** One row an impression; more clicks late in the day, and on site a. */
function clickLog(rows: number, seed: number): string {
  const lines = ['hour,site,clicked'];
  let state = seed;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < rows; i++) {
    const hour = Math.floor(24 * random());
    const site = random() < 0.5 ? 'a' : 'b';
    const chance = (hour > 17 ? 0.6 : 0.1) * (site === 'a' ? 1 : 0.5);
    lines.push(`${hour},${site},${random() < chance ? 1 : 0}`);
  }
  return `${lines.join('\n')}\n`;
}
