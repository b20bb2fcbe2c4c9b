import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, type ModelCard } from '@adscale/ctr';
import { adscale } from '../run.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'judge-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Thirty days of eight campaigns; the mapping names day and campaign to split by. */
async function writeCampaigns(): Promise<string> {
  const lines = Array.from({ length: 480 }, (_, i) => {
    const day = 1 + (i % 30);
    const campaign = (i * 7) % 8;
    const position = 1 + (i % 7);
    const clicks = Math.round(40 / position) + (campaign % 3);
    return `2026-03-${String(day).padStart(2, '0')},camp ${campaign},${position},1000,${clicks}`;
  });
  await writeFile(at('ads.csv'), `day,campaign,position,shown,clicked\n${lines.join('\n')}\n`);
  const mapping = {
    ...{ impressions: 'shown', clicks: 'clicked', time: 'day', group: 'campaign' },
    features: { position: { column: 'position', kind: 'integer' } },
  };
  await writeFile(at('ads.mapping.yaml'), JSON.stringify(mapping));
  return at('ads.csv');
}

async function train(
  ...args: string[]
): Promise<{ card: ModelCard; stdout: string; stderr: string }> {
  const told = await adscale(['train', '-o', at('models'), '--trees', '5', ...args]);
  expect(told.stderr).not.toMatch(/^adscale:/m);
  expect(told.status).toBe(0);
  return { ...told, card: (await new Registry(at('models')).load()).card! };
}

describe('adscale train', () => {
  it('writes a report beside the model and says where, unless told not to', async () => {
    const { stdout } = await train('--rows', '300');
    const [, path] = /^report +(.*)$/m.exec(stdout)!;
    expect(await readFile(path, 'utf8')).toMatch(/^<!doctype html>/);
    expect(stdout).toContain('logistic regression');
    const [version] = await readdir(at('models/versions'));
    expect((await readdir(at(`models/versions/${version}`))).sort()).toEqual([
      'model.adsf',
      'model.json',
      'report.html',
      'report.json',
    ]);
    await rm(at('models'), { recursive: true });
    const quiet = await train('--rows', '300', '--no-report');
    expect(quiet.stdout).not.toContain('report');
    const [other] = await readdir(at('models/versions'));
    expect(await readdir(at(`models/versions/${other}`))).toHaveLength(2);
  });

  it('by date is judged on the latest days', async () => {
    const { card, stdout } = await train(
      await writeCampaigns(),
      '--split-by',
      'date',
      '--no-report',
    );
    expect(card.split.by).toBe('time');
    expect([card.training.rows, card.held_out.rows]).toEqual([384, 96]);
    expect(stdout).toContain('impressions, the latest');
  });

  it('by group is judged on whole campaigns', async () => {
    const flags = ['--split-by', 'group', '--held-out', '0.25', '--no-report'];
    const { card, stdout } = await train(await writeCampaigns(), ...flags);
    expect(card.split.groups).toEqual({ training: 6, held_out: 2 });
    expect(card.held_out.bootstrap.resampled).toBe('groups');
    expect(stdout).toContain('2 groups that were not trained on');
  });

  it('tells folds and trials as they come, and the summary of both', async () => {
    const flags = ['--folds', '3', '--tune', '600', '--bins', '16', '--depth', '4', '--no-report'];
    const { card, stdout, stderr } = await train('--rows', '200', ...flags);
    expect(stderr).toMatch(/fold 3 of 3 judged/);
    expect(stderr.match(/^tune: out-of-bag NE/gm)).toHaveLength(card.tuning!.tried.length);
    expect(stdout).toMatch(/^tuned +\d+ fits/m);
    expect(stdout).toMatch(/^3 folds +NE/m);
    expect(card.parameters).toMatchObject({ maxBins: 16, maxDepth: 4 });
  });

  it('says what is missing where there is nothing to split by, and writes nothing', async () => {
    const { status, stderr } = await adscale(['train', '--split-by', 'date', '-o', at('models')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/there is no time to split by: name its column in the mapping/);
    expect(existsSync(at('models'))).toBe(false);
  });
});
