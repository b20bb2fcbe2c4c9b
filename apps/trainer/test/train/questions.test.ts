import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Registry } from '@adscale/ctr';
import type { Mapping } from '../../src/mapping/mapping.js';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';

const at = testFolder();

async function train(...args: string[]) {
  const flags = ['--trees', '3', '--no-report', '-o', at('models')];
  return adscale(['train', at('ads.csv'), '--yes', ...flags, ...args]);
}

async function mappingOf(): Promise<Mapping> {
  return (await new Registry(at('models')).load()).card!.mapping as Mapping;
}

/** Rows whose day and month may be exchanged, and whose bids may be thousands. */
function openExport(): string {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const date = `0${1 + (i % 9)}/0${1 + (i % 8)}/2026`;
    return `${date},${['Reef', 'Dune'][i % 2]},${1 + (i % 3)}.${100 + i},${500 + i},${20 + (i % 7)}`;
  });
  return `Date,Ad,Level,Impressions,Clicks\n${rows.join('\n')}\n`;
}

describe('a file that leaves open how it is read', () => {
  beforeEach(() => writeFile(at('ads.csv'), openExport()));

  it('is refused with both readings and the flags, where nobody is there to ask', async () => {
    const { status, stderr } = await train('--decimal', 'point');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /column Date: 0\d\/0\d\/2026 can be 2026-.*--dates dmy\) or 2026-.*--dates mdy\); say which/,
    );
    const other = await train('--dates', 'dmy');
    expect(other.stderr).toMatch(
      /column Level: 1\.1\d\d can be 11\d\d .*--decimal comma\) or 1\.1\d* .*--decimal point/,
    );
    expect([other.status, existsSync(at('models'))]).toEqual([2, false]);
  });

  it('is read as told, which the model keeps for data that leaves it open too', async () => {
    const { status, stderr } = await train('--dates', 'dmy', '--decimal', 'comma');
    expect(stderr).not.toContain('adscale:');
    expect(status).toBe(0);
    expect(await mappingOf()).toMatchObject({ dates: 'dmy', decimal: 'comma', time: 'Date' });
    const model = await new Registry(at('models')).load();
    expect(model.card!.training!.ranges['level']).toMatchObject({ minimum: 1100 });
    const judged = await adscale(['evaluate', at('ads.csv'), '-m', at('models')]);
    expect([judged.status, judged.stderr]).toEqual([0, expect.not.stringContaining('adscale:')]);
  });

  it('is profiled all the same, and the draft says what is not decided', async () => {
    const { stdout, status } = await adscale(['inspect', at('ads.csv')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Worth knowing\n {2}not decided: column Level: /);
    expect(stdout).toMatch(/not decided: column Date: /);
  });
});

describe('a click log with more clicks than any whole log has', () => {
  const log = Array.from({ length: 800 }, (_, i) => `${'ab'[i % 2]},${+((i * 7) % 10 < 4)}`);

  beforeEach(() => writeFile(at('ads.csv'), `site,clicked\n${log.join('\n')}\n`));

  it('is not trained on before somebody says what share of it is there', async () => {
    const { status, stderr } = await train('--label', 'clicked');
    expect(stderr).toMatch(/40\.00 % of the impressions were clicked.*--negative-sampling-rate/);
    expect([status, existsSync(at('models'))]).toEqual([2, false]);
    expect((await train('--label', 'clicked', '--negative-sampling-rate', '1')).status).toBe(0);
  });

  it('is predicted, judged and told on the true scale', async () => {
    const { stdout } = await train(
      '--label',
      'clicked',
      '--negative-sampling-rate',
      '0.1',
      '--json',
    );
    const { card } = JSON.parse(stdout);
    // 320 of 5,120: p / (p + (1 − p) / 0.1) of 40 %.
    const [sampled, truth] = [0.4, 0.4 / (0.4 + 0.6 / 0.1)];
    expect(card.mapping.negative_sampling_rate).toBe(0.1);
    const { training, held_out: judged } = card;
    expect(
      (training.clicks + judged.clicks) / (training.impressions + judged.impressions),
    ).toBeCloseTo(truth, 6);
    expect(judged.calibration_ratio).toBeGreaterThan(0.6);
    expect(judged.calibration_ratio).toBeLessThan(1.6);
    const model = await new Registry(at('models')).load();
    const ctr = model.predict({ site: 'a' });
    expect(Math.abs(ctr / truth - 1)).toBeLessThan(0.2);
    expect(ctr).toBeLessThan(sampled / 4);
  });
});
