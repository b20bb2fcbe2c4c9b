import fc from 'fast-check';
import { changeOf, factorSince, logEValue, type Evidence } from '../../src/index.js';
import { mostOf } from '../../src/sequential/since.js';
import { chance } from '../chance.js';

const add = (days: readonly Evidence[]): Evidence => ({
  clicks: days.reduce((sum, { clicks }) => sum + clicks, 0),
  expected: days.reduce((sum, { expected }) => sum + expected, 0),
});

test('it is the mean over bets on every day, those to come included', () => {
  const day = fc.record({ clicks: fc.integer({ min: 0, max: 99 }), expected: fc.constant(40) });
  fc.assert(
    fc.property(fc.array(day, { maxLength: 12 }), (days) => {
      let [sum, left] = [0, 1];
      days.forEach((_, j) => {
        const stake = 10 / ((j + 20) * (j + 21)) + (j === 0 ? 0.5 : 0);
        sum += stake * Math.exp(logEValue(add(days.slice(j))));
        left -= stake;
      });
      expect(changeOf(days).logE).toBeCloseTo(Math.log(sum + left), 9);
    }),
  );
});

test('no days say nothing', () => {
  expect(changeOf([])).toEqual({ logE: 0, since: 0, evidence: { clicks: 0, expected: 0 } });
});

test('a change is dated, and its factor holds the truth though the date was chosen', () => {
  const { poisson } = chance('since');
  let [missed, off] = [0, 0];
  for (let run = 0; run < 200; run++) {
    const days = Array.from({ length: 60 }, (_, day) => ({
      clicks: poisson(day < 30 ? 300 : 255),
      expected: 300,
    }));
    const change = changeOf(days);
    expect(change.logE).toBeGreaterThan(Math.log(20));
    const { lower, upper } = factorSince(change, 0.05);
    missed += +(change.since >= 30 && (lower > 0.85 || upper! < 0.85));
    off += +(Math.abs(change.since - 30) > 4);
  }
  expect(missed).toBeLessThanOrEqual(10);
  expect(off).toBeLessThanOrEqual(20);
});

test('looking every day for a change raises a false alarm in 5 % of runs at most', () => {
  const { poisson } = chance('since, no change');
  let alarms = 0;
  for (let run = 0; run < 200; run++) {
    const days: Evidence[] = [];
    let alarmed = false;
    for (let day = 0; day < 60; day++) {
      days.push({ clicks: poisson(60), expected: 60 });
      alarmed ||= changeOf(days).logE >= Math.log(20);
    }
    alarms += +alarmed;
  }
  expect(alarms).toBeLessThanOrEqual(10);
});

test('the quick bound is never below, and near where there is something to find', () => {
  const day = fc.record({
    clicks: fc.integer({ min: 0, max: 300 }),
    expected: fc.double({ min: 0, max: 200, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(day, { maxLength: 12 }), fc.constantFrom(0, 0.1), (days, tolerance) => {
      const known = days.filter(({ expected }) => expected > 0);
      expect(mostOf(known, tolerance)).toBeGreaterThanOrEqual(
        changeOf(known, tolerance).logE - 1e-9,
      );
    }),
  );
  const miss = Array.from({ length: 10 }, () => ({ clicks: 85, expected: 100 }));
  expect(mostOf(miss)).toBeLessThan(changeOf(miss).logE + 5);
});
