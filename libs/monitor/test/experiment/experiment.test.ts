import seedrandom from 'seedrandom';
import type { ArmDay, ExperimentDesign } from '../../src/experiment/design.js';
import { judgeExperiment } from '../../src/experiment/experiment.js';
import { experimentSize } from '../../src/experiment/size.js';
import { binomialOf } from './draw.js';

const design = (...names: string[]): ExperimentDesign => ({
  arms: names.map((name) => ({ name, share: 1 / names.length })),
  alpha: 0.05,
  uplift: 0.1,
  dispersion: 1,
});

function outcomes(ctrs: Readonly<Record<string, number>>, days: number, random: () => number) {
  const draw = binomialOf(random);
  const counts: ArmDay[] = [];
  for (let day = 1; day <= days; day++) {
    // Each impression is given to one of the arms by chance.
    let left = 3000;
    Object.entries(ctrs).forEach(([arm, ctr], i, { length }) => {
      const impressions = i === length - 1 ? left : draw(left, 1 / (length - i));
      left -= impressions;
      const name = `2026-03-${String(day).padStart(2, '0')}`;
      counts.push({ arm, day: name, impressions, clicks: draw(impressions, ctr) });
    });
  }
  return counts;
}

const exactly = (counts: Readonly<Record<string, [impressions: number, clicks: number]>>) =>
  Object.entries(counts).map(([arm, [impressions, clicks]]) => ({
    ...{ arm, day: '2026-03-01', impressions, clicks },
  }));

describe('an experiment', () => {
  it('runs on without outcomes, and says how many are to come', () => {
    const result = judgeExperiment({ ...design('a', 'b'), impressions: 20_000 }, []);
    expect(result).toMatchObject({ decision: 'running', best: null, reached: 0, days: 0 });
    expect(result.words).toEqual([
      'Nothing is settled yet: 20,000 of 20,000 planned impressions are to come.',
    ]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('names the arm that beats the control, with by how much', () => {
    const counts = exactly({ a: [50_000, 2500], b: [50_000, 3000], stranger: [9, 9] });
    const result = judgeExperiment(design('a', 'b'), counts);
    expect(result).toMatchObject({ decision: 'winner', best: 'b', impressions: 100_000 });
    const { ratio, interval, difference, found, e_value } = result.arms[1].against_control!;
    expect({ ratio, found }).toEqual({ ratio: 1.2, found: true });
    expect(e_value).toBeGreaterThan(20);
    expect(difference.value).toBeCloseTo(0.01, 6);
    expect(difference.low).toBeCloseTo((interval.low - 1) * 0.05, 4);
    expect(result.words[1]).toMatch(/^b has a 20 % higher CTR than a \([\d.]+ % to \d+ %\)\.$/);
  });

  it('tells no difference of arms that are alike to the last click', () => {
    for (const [impressions, clicks] of [
      [50_000, 2500],
      [1200, 61],
      [777, 13],
      [10, 3],
    ] as const) {
      const counts = exactly({ a: [impressions, clicks], b: [impressions, clicks] });
      const { ratio, difference } = judgeExperiment(design('a', 'b'), counts).arms[1]
        .against_control!;
      expect({ ratio, value: difference.value }).toEqual({ ratio: 1, value: 0 });
    }
  });

  it('keeps the control where all others are worse', () => {
    const counts = exactly({ a: [50_000, 3000], b: [50_000, 2500] });
    const result = judgeExperiment(design('a', 'b'), counts);
    expect(result).toMatchObject({ decision: 'control', best: 'a' });
    expect(result.words[1]).toMatch(/^b has a 17 % lower CTR than a \([\d.]+ % to \d+ %\)\.$/);
  });

  it('says that arms are alike when no difference worth knowing is left', () => {
    const counts = exactly({ a: [2_000_000, 100_000], b: [2_000_000, 100_100] });
    const result = judgeExperiment(design('a', 'b'), counts);
    expect(result).toMatchObject({ decision: 'alike', best: 'a' });
  });

  it('is undecided when its size is reached without a finding', () => {
    const counts = exactly({ a: [5000, 250], b: [5000, 260] });
    const result = judgeExperiment({ ...design('a', 'b'), impressions: 10_000 }, counts);
    expect(result).toMatchObject({ decision: 'undecided', best: null, reached: 1 });
  });

  it('says nothing of arms that are not shown as planned', () => {
    const counts = exactly({ a: [52_000, 2500], b: [48_000, 3000] });
    const result = judgeExperiment(design('a', 'b'), counts);
    expect(result).toMatchObject({ decision: 'broken', best: null, mismatch: { found: true } });
    expect(result.words[0]).toContain('came as 52.00 % : 48.00 %, planned 50.00 % : 50.00 %');
  });

  it('finds less where clicks vary by more than chance', () => {
    const counts = exactly({ a: [50_000, 2500], b: [50_000, 2800] });
    const evidence = [1, 4].map((dispersion) => {
      const result = judgeExperiment({ ...design('a', 'b'), dispersion }, counts);
      return result.arms[1].against_control!;
    });
    expect(evidence.map(({ found }) => found)).toEqual([true, false]);
    expect(evidence[1].ratio).toBe(evidence[0].ratio);
  });

  it('of four arms alike finds any in at most one experiment in twenty, looked at after every day', () => {
    const random = seedrandom('four');
    const ctrs = { a: 0.05, b: 0.05, c: 0.05, d: 0.05 };
    let wrong = 0;
    let broken = 0;
    for (let run = 0; run < 120; run++) {
      const counts = outcomes(ctrs, 14, random);
      const looks = Array.from({ length: 14 }, (_, i) =>
        judgeExperiment(design(...Object.keys(ctrs)), counts.slice(0, 4 * (i + 1))),
      );
      if (looks.some(({ arms }) => arms.some((arm) => arm.against_control?.found))) wrong++;
      if (looks.some(({ mismatch }) => mismatch.found)) broken++;
    }
    expect(wrong / 120).toBeLessThanOrEqual(0.05);
    expect(broken / 120).toBeLessThanOrEqual(0.02);
  });

  it('has found a difference at its planned size as often as planned', () => {
    const [ctr, uplift, power] = [0.05, 0.2, 0.8];
    const plan = { ...design('a', 'b'), uplift };
    const impressions = experimentSize({
      ...{ ctr, uplift, power, alpha: 0.05, shares: [0.5, 0.5], dispersion: 1 },
      scale: Math.log1p(uplift),
    });
    const days = Math.ceil(impressions / 3000);
    const random = seedrandom('size');
    let found = 0;
    for (let run = 0; run < 100; run++) {
      const counts = outcomes({ a: ctr, b: ctr * (1 + uplift) }, days, random);
      if (judgeExperiment(plan, counts).arms[1].against_control!.found) found++;
    }
    expect(found / 100).toBeGreaterThan(0.7);
    expect(found / 100).toBeLessThan(0.92);
  });

  it('has no size for a difference that cannot be found', () => {
    const wanted = { ctr: 0.05, power: 0.8, alpha: 0.05, scale: 0.1, dispersion: 1 };
    const size = experimentSize({ ...wanted, uplift: 1e-9, shares: [0.5, 0.5] });
    expect(size).toBe(Infinity);
  });
});
