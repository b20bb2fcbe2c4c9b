import {
  DayTally,
  gateDefaults,
  type GateEvidence,
  type GateTestName,
  judge,
  Segments,
  settleSegments,
  type ServingCounts,
} from '../../src/index.js';

const devices = ['mobile', 'desktop', 'tablet', 'tv'];
const cells = devices.flatMap((device) =>
  Array.from({ length: 25 }, (_, i) => ({ record: { device, position: i % 5, id: i }, ctr: 0.02 })),
);
const names = ['device', 'position'];
const layout = settleSegments(
  cells.map(({ record, ctr }) => ({ record, impressions: 1, canary: ctr })),
  names,
);
const segments = new Segments(layout);
const quiet: ServingCounts = { failed: [], slow: [] };

type CtrOf = (record: (typeof cells)[number]['record']) => number;

/** A day of which each record had as many clicks as `truth` says, without chance. */
function dayOf(canary: CtrOf, current: CtrOf, truth: CtrOf, { told = 1, share = 1 } = {}) {
  const tally = new DayTally(segments, share);
  const impressions = 100_000;
  for (const { record } of cells) {
    tally.add({
      record,
      impressions,
      clicks: Math.round(impressions * truth(record) * told),
      canary: impressions * canary(record),
      current: impressions * current(record),
      own: record.id === 0,
    });
  }
  return tally;
}

const flat: CtrOf = () => 0.02;
const offIn =
  (device: string, factor: number): CtrOf =>
  (record) =>
    record.device === device ? 0.02 * factor : 0.02;

const testOf = ({ tests }: GateEvidence, name: GateTestName) =>
  tests.find((test) => test.name === name)!;
const isBroken = (evidence: GateEvidence, name: GateTestName) => {
  const { e_value, bound } = testOf(evidence, name);
  return e_value >= bound;
};
const look = (days: DayTally[], serving = quiet) => judge(days, segments, serving, gateDefaults);

describe('the evidence against a canary', () => {
  it('names the segment that it gets wrong, and by how much', () => {
    const evidence = look([dayOf(offIn('tablet', 1.2), flat, flat)]);
    expect(isBroken(evidence, 'segments')).toBe(true);
    expect(evidence.segments[0].segment).toBe('device = tablet');
    const { words, estimate, lower, upper } = testOf(evidence, 'segments');
    // A twentieth too many in all, so that this much is left of a sixth.
    expect(estimate).toBeCloseTo(1.05 / 1.2, 3);
    expect(lower).toBeLessThan(estimate!);
    expect(upper).toBeGreaterThan(estimate!);
    expect(words).toMatch(/^device = tablet: clicks are 12.5 % below what the canary expects \(/);
    expect(words).toContain('exactly what the current model expects');
  });

  it('is none where both models say the same, however wrong', () => {
    const both = offIn('tablet', 1.5);
    const evidence = look([dayOf(both, both, flat), dayOf(both, both, flat)]);
    for (const { name } of evidence.tests)
      expect([name, isBroken(evidence, name)]).toEqual([name, false]);
    expect(evidence).toMatchObject({ segments: [], caution: null });
  });

  it('is none where the canary is right and the current model wrong', () => {
    const evidence = look([dayOf(flat, offIn('tablet', 1.3), flat)]);
    for (const { name } of evidence.tests)
      expect([name, isBroken(evidence, name)]).toEqual([name, false]);
    expect(testOf(evidence, 'entropy').estimate).toBeLessThan(0);
  });

  it('is of the level as well: all of it too high', () => {
    const evidence = look([dayOf(() => 0.025, flat, flat)]);
    expect(isBroken(evidence, 'calibration')).toBe(true);
    expect(testOf(evidence, 'calibration').words).toContain('20.0 % below what the canary expects');
    expect(isBroken(evidence, 'segments')).toBe(false);
  });

  it('waits with the level until a day is told, and knows how much of it is', () => {
    const high: CtrOf = () => 0.022;
    const young = look([dayOf(high, flat, high, { told: 0.4, share: 0.4 })]);
    expect(testOf(young, 'calibration')).toMatchObject({ estimate: null, e_value: 1 });
    const known = look([dayOf(high, flat, high, { told: 0.7, share: 0.7 })]);
    expect(testOf(known, 'calibration').estimate).toBeCloseTo(1, 3);
    expect(isBroken(known, 'calibration')).toBe(false);
    // If it were not known, that would be held against it.
    expect(isBroken(look([dayOf(high, flat, high, { told: 0.7 })]), 'calibration')).toBe(true);
  });

  it('of segments and entropy does not mind how many clicks a day has in all', () => {
    const canary: CtrOf = ({ position }) => 0.02 * (1 + position / 100);
    const whole = look([dayOf(canary, flat, flat)]);
    const half = look([dayOf(canary, flat, flat, { told: 0.5 })]);
    expect(half.segments.map(({ segment }) => segment)).toEqual([]);
    expect(testOf(half, 'entropy').e_value).toBeLessThan(2);
    expect(testOf(whole, 'entropy').e_value).toBeLessThan(2);
  });

  it('is of how well it tells records apart', () => {
    const noisy: CtrOf = ({ id }) => 0.02 * (id % 2 === 0 ? 1.4 : 0.6);
    const evidence = look([dayOf(noisy, flat, flat)]);
    expect(isBroken(evidence, 'entropy')).toBe(true);
    expect(testOf(evidence, 'entropy').words).toMatch(/normalised entropy is [\d.]+ % above/);
  });

  it('does not depend on the order of days', () => {
    const days = [1.02, 1.05, 1.1].map((factor) => dayOf(offIn('tv', factor), flat, flat));
    expect(look(days.toReversed())).toEqual(look(days));
  });

  it('is weaker where clicks of the same records come and go', () => {
    const days = (swing: number) =>
      [1, -1, 1, -1].map((sign) =>
        dayOf(offIn('tv', 1.1), flat, ({ id }) => 0.02 * (1 + (id % 2 ? sign : -sign) * swing)),
      );
    const [calm, restless] = [look(days(0)), look(days(0.1))];
    expect(calm.dispersion).toBe(1);
    expect(restless.dispersion).toBeGreaterThan(5);
    expect(testOf(restless, 'segments').e_value).toBeLessThan(testOf(calm, 'segments').e_value);
  });

  it('is of requests that fail or are slow more often than the current model’s', () => {
    const arms = { tried: 1000, current: 99_000 };
    const failing = { ...arms, triedWrong: 20, currentWrong: 9 };
    const failed = look([], { failed: [failing], slow: [] });
    expect(isBroken(failed, 'answered')).toBe(true);
    expect(testOf(failed, 'answered').words).toContain('20 fail with the canary and 0.09');
    const slow = look([], { failed: [], slow: [failing] });
    expect([isBroken(slow, 'answered'), isBroken(slow, 'latency')]).toEqual([false, true]);
    const alike = { ...arms, triedWrong: 10, currentWrong: 990 };
    expect(isBroken(look([], { failed: [alike], slow: [] }), 'answered')).toBe(false);
  });

  it('is nothing without outcomes', () => {
    const evidence = look([]);
    expect(evidence).toMatchObject({ clicks: 0, days: 0, dispersion: 1, caution: null });
    for (const { e_value } of evidence.tests) expect(e_value).toBe(1);
    const empty = new DayTally(segments);
    empty.add({ record: {}, impressions: 0, clicks: 0, canary: 0, current: 0, own: false });
    expect(look([empty])).toEqual({ ...evidence, days: 1 });
  });

  it('counts what the canary answered by itself', () => {
    const evidence = look([dayOf(flat, flat, flat)]);
    expect(evidence.clicks).toBe(200_000);
    expect(evidence.own_clicks).toBe(8000);
  });
});
