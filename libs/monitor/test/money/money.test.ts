import { gainOf, MonitorError, type OutcomeCell } from '../../src/index.js';
import { checkPrices, worthOfClick } from '../../src/money/prices.js';

const cell: OutcomeCell = {
  ...{ day: '2026-03-01', model: 'v1', record: { device_type: 'mobile' }, unseen: [] },
  ...{ campaign: 'spring', rows: 1, impressions: 1000, clicks: 30, predicted: 40, spend: 20 },
};

test('a price for the value comes before one for all, and that before what was spent', () => {
  expect(worthOfClick(cell)).toBe(0.5);
  expect(worthOfClick(cell, { cpc: 0.8 })).toBe(0.8);
  const by = { feature: 'device_type', prices: { mobile: { value_per_click: 3 } } };
  expect(worthOfClick(cell, { cpc: 0.8, by })).toBe(3);
  expect(worthOfClick({ ...cell, record: { device_type: 'tablet' } }, { cpc: 0.8, by })).toBe(0.8);
  const campaigns = { feature: 'campaign', prices: { spring: { cpc: 2 } } };
  expect(worthOfClick(cell, { by: campaigns })).toBe(2);
});

test('at a price per thousand, each expected click was planned to cost its part', () => {
  expect(worthOfClick(cell, { cpm: 8 })).toBe(8 / 40);
});

test('where nobody says what a click is worth, nobody knows', () => {
  expect(worthOfClick({ ...cell, spend: undefined })).toBeNaN();
  expect(worthOfClick({ ...cell, predicted: 0 }, { cpm: 8 })).toBeNaN();
});

test('a loss is what did not come, at its price, with the interval of the factor', () => {
  const worth = { clicks: 85, expected: 100, clicksWorth: 170, expectedWorth: 200, isPriced: true };
  const gain = gainOf(worth, { factor: 0.85, lower: 0.75, upper: 0.95 });
  expect(gain.clicks.value).toBe(-15);
  expect(gain.clicks.lower).toBeCloseTo(-25, 12);
  expect(gain.clicks.upper).toBeCloseTo(-5, 12);
  expect(gain.money!.value).toBe(-30);
  expect(gain.money!.upper).toBeCloseTo(-10, 12);
});

test('money of clicks of different prices lies in its interval', () => {
  // The dear clicks did not come at all, the cheap ones all did.
  const worth = { clicks: 90, expected: 100, clicksWorth: 90, expectedWorth: 190, isPriced: true };
  const { money } = gainOf(worth, { factor: 0.9, lower: 0.85, upper: 0.95 });
  expect(money!.value).toBe(-100);
  expect(money!.lower).toBe(-100);
  expect(money!.upper).toBeCloseTo(-9.5, 12);
});

test('without a price there is no money, and without an upper end no upper loss', () => {
  const worth = { clicks: 0, expected: 1, clicksWorth: 0, expectedWorth: 0, isPriced: false };
  const gain = gainOf(worth, { factor: 0, lower: 0, upper: null });
  expect(gain).toEqual({ clicks: { value: -1, lower: -1, upper: null }, money: null });
});

test('a price that is none is refused by name', () => {
  expect(() => checkPrices({ cpc: -1 })).toThrow(
    'prices.cpc is -1, and must lie between 0 and Infinity',
  );
  const by = { feature: 'device_type', prices: { mobile: { cpm: NaN } } };
  expect(() => checkPrices({ by })).toThrow(MonitorError);
  expect(() => checkPrices({ by })).toThrow('prices.by.prices.mobile.cpm is NaN');
});
