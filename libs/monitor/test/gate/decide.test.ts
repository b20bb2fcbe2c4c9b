import { decide, gateDefaults, type GateEvidence, type GateTest } from '../../src/index.js';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 2, 1);
const test = (e_value: number): GateTest => ({
  ...{ name: 'segments', e_value, bound: 40, estimate: 0.9, lower: 0.85, upper: 0.95 },
  ...{ allowed: [0.97, 1.03], words: 'device_type = mobile: 10 % fewer' },
});
const evidence: GateEvidence = {
  ...{ impressions: 1e7, clicks: 100_000, own_clicks: 1000, days: 2, dispersion: 1 },
  ...{ tests: [test(1)], segments: [], caution: null },
};
const enough = { step: 0, since: now - 25 * HOUR, clicks: 70_000, answers: 5000 };
const at = (step: object, more: object = {}) =>
  decide({ ...enough, ...step }, { ...evidence, ...more }, gateDefaults, now);

it('a canary grows step by step and is promoted after the last one below 100 %', () => {
  expect(at({ step: 0 })).toMatchObject({ action: 'grow', step: 1 });
  expect(at({ step: 1 })).toMatchObject({ action: 'grow', step: 2 });
  expect(at({ step: 2 })).toMatchObject({ action: 'promote' });
});

it('it waits for clicks, answers and hours, and says which are missing', () => {
  expect(at({ clicks: 75_001 })).toEqual({
    action: 'wait',
    words: 'this step has 24,999 of 25,000 clicks',
  });
  expect(at({ answers: 99 }).words).toBe('this step has 99 of 100 answers');
  expect(at({ since: now - 23 * HOUR }).words).toBe('this step has 23.0 of 24 hours');
  const all = at({ clicks: 2e5, answers: 0, since: now + HOUR });
  expect(all.words).toBe('this step has 0 of 25,000 clicks, 0 of 100 answers, 0.0 of 24 hours');
});

it('it waits while something looks wrong', () => {
  const caution = 'device_type = mobile: 5 % fewer';
  expect(at({}, { caution })).toEqual({
    action: 'wait',
    words: `not sure enough to grow: ${caution}`,
  });
});

it('it goes back as soon as a bound is reached, whatever else', () => {
  expect(at({}, { tests: [test(39.9)] }).action).toBe('grow');
  const back = at({ answers: 0, since: now }, { tests: [test(1), test(40)] });
  expect(back.action).toBe('abort');
  expect(back.words).toContain('segments is beyond its bound (e-value 40, bound 40): device_type');
});

it('a single step is of all requests, and promotes', () => {
  const options = { ...gateDefaults, steps: [100] };
  expect(decide(enough, evidence, options, now).action).toBe('promote');
});
