import { compare } from '../../src/compare/compare.js';
import { record, refusalOf, trainedModel } from '../market.js';

describe('a comparison', () => {
  const trained = trainedModel();
  const other = { ...record, ad_position: 4, device_type: 'desktop', budget: 9000 };

  it('is the other way round from the other side', async () => {
    const model = await trained;
    const there = compare(model, { a: record, b: other });
    const back = compare(model, { a: other, b: record });
    expect(there.uplift.difference).toBeCloseTo(-back.uplift.difference, 9);
    expect(there.chance_b_better + back.chance_b_better).toBeCloseTo(1, 3);
    expect(there.placement_effect.difference).toBeCloseTo(-back.placement_effect.difference, 6);
    expect(there.live_test!.impressions_per_arm).toBe(back.live_test!.impressions_per_arm);
  });

  it('splits the uplift into placement and volume, and into features', async () => {
    const { uplift, placement_effect, volume_effect, parts, a, b } = compare(await trained, {
      a: record,
      b: other,
    });
    expect(uplift.difference).toBeCloseTo(b.predicted_ctr - a.predicted_ctr, 5);
    expect(placement_effect.difference + volume_effect.difference).toBeCloseTo(
      uplift.difference,
      5,
    );
    expect(parts.map(({ feature }) => feature)).toEqual(['ad_position', 'device_type', 'budget']);
    const sum = parts.reduce((all, { difference }) => all + difference, 0);
    expect(sum).toBeCloseTo(uplift.difference, 5);
    expect(volume_effect.difference).toBeCloseTo(parts[2].difference, 6);
  });

  it('is sure that position 1 beats position 9', async () => {
    const low = { ...record, ad_position: 9 };
    const { chance_b_better, relative_uplift, live_test } = compare(await trained, {
      a: low,
      b: record,
    });
    expect(chance_b_better).toBeGreaterThan(0.999);
    expect(relative_uplift.value).toBeGreaterThan(5);
    expect(relative_uplift.interval.low).toBeGreaterThan(0);
    expect(live_test!.for_relative_uplift).toBe(relative_uplift.value);
  });

  it('knows nothing of a difference that no tree cuts', async () => {
    const model = await trained;
    const cents = compare(model, { a: record, b: { ...record, budget: 2500.01 } });
    expect(cents.chance_b_better).toBe(0.5);
    expect(cents.uplift.difference).toBe(0);
    expect(cents).not.toHaveProperty('live_test');
    expect(cents.warnings).toEqual([expect.stringContaining('does not tell A and B apart')]);
    const same = compare(model, { a: record, b: record });
    expect(same.warnings).toEqual(['A and B are the same record.']);
  });

  it('warns when the claim rests on extrapolation', async () => {
    const far = { ...record, budget: 1e9, impressions: 1e9 };
    const { warnings, b } = compare(await trained, { a: record, b: far });
    expect(b.extrapolated).toEqual(['impressions', 'budget']);
    expect(warnings.join()).toContain('B is outside the training data in impressions and budget');
  });

  it.each([
    [{ a: record }, 'b'],
    [{ a: record, b: { ...record, budget: 0 } }, 'b.budget'],
    [{ a: record, b: record, power: 1 }, 'power'],
    [{ a: record, b: record, significance: 0 }, 'significance'],
  ])('refuses %j', async (request, field) => {
    const model = await trained;
    expect(refusalOf(() => compare(model, request)).field).toBe(field);
  });
});
