import {
  distance,
  referenceOfCard,
  shareGrowth,
  signsOf,
  stability,
  type Reference,
} from '../../src/index.js';
import { chance } from '../chance.js';

const Z95 = 1.959963984540054;

/** Shares of a sample of rows dealt to bins. */
function dealt(shares: readonly number[], rows: number, uniform: () => number): number[] {
  const counts = shares.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let left = uniform();
    const bin = shares.findIndex((share) => (left -= share) < 0);
    counts[bin < 0 ? shares.length - 1 : bin]++;
  }
  return counts.map((count) => count / rows);
}

test('the index of equal distributions is about 0, of few rows and of many', () => {
  const { uniform } = chance('still');
  for (const rows of [200, 20_000]) {
    let [above, mean] = [0, 0];
    for (let run = 0; run < 200; run++) {
      const shares = [0.4, 0.3, 0.2, 0.1];
      const found = stability(
        [dealt(shares, rows, uniform), rows],
        [dealt(shares, rows, uniform), rows],
        Z95,
      );
      above += +(found.lower > 0);
      mean += found.value / 200;
    }
    expect(above).toBeLessThanOrEqual(16);
    expect(mean).toBeLessThan(4 / rows);
  }
});

test('the interval of the index holds the true one', () => {
  const { uniform } = chance('index');
  const [r, w] = [
    [0.4, 0.3, 0.2, 0.1],
    [0.25, 0.25, 0.25, 0.25],
  ];
  const truth = w.reduce((sum, share, b) => sum + (share - r[b]) * Math.log(share / r[b]), 0);
  let held = 0;
  for (let run = 0; run < 300; run++) {
    const found = stability([dealt(r, 800, uniform), 800], [dealt(w, 400, uniform), 400], Z95);
    held += +(found.lower <= truth && truth <= found.upper);
  }
  expect(held / 300).toBeGreaterThan(0.9);
});

test('the distance of numbers is how far they moved over how far they lie apart', () => {
  const numbers = Array.from({ length: 101 }, (_, i) => [i, 1] as const);
  const moved = numbers.map(([value, weight]) => [value + 10, weight] as const);
  const found = distance([numbers, 1e9], [moved, 1e9], Z95)!;
  // Numbers lie 25.25 from their median on average.
  expect(found.value).toBeCloseTo(10 / (2550 / 101), 3);
  expect(found.lower).toBeGreaterThan(0.99 * found.value);
});

test('its interval holds the truth, and that nothing moved', () => {
  const { normal } = chance('distance');
  const sample = (mean: number, rows: number) =>
    Array.from({ length: rows }, () => [Math.round(20 * (mean + normal())) / 20, 1] as const);
  let [held, raised, still] = [0, 0, 0];
  // A normal lies √(2/π) from its median on average.
  const truth = 0.5 / Math.sqrt(2 / Math.PI);
  for (let run = 0; run < 200; run++) {
    const before = sample(0, 400);
    const moved = distance([before, 400], [sample(0.5, 300), 300], Z95)!;
    held += +(moved.lower <= truth && truth <= moved.upper);
    const unmoved = distance([before, 400], [sample(0, 300), 300], Z95)!;
    raised += +(unmoved.lower > 0);
    still += unmoved.value / 200;
  }
  expect(held / 200).toBeGreaterThan(0.9);
  expect(raised).toBeLessThanOrEqual(16);
  // Uncorrected it is 0.08 on average.
  expect(still).toBeLessThan(0.04);
});

test('there is no distance from a single value, nor to nothing', () => {
  expect(distance([[[3, 1]], 10], [[[3, 1]], 10], Z95)).toBeNull();
  expect(distance([[[3, 1]], 10], [[], 0], Z95)).toBeNull();
});

test('a share that grew from few rows may not have', () => {
  const few = shareGrowth([0.1, 20], [0.2, 20], Z95);
  expect(few.lower).toBeLessThan(0);
  const many = shareGrowth([0.1, 20_000], [0.2, 20_000], Z95);
  expect(many.lower).toBeGreaterThan(0.09);
  // Newcombe (1998), table II, example (a): 56/70 against 48/80.
  const known = shareGrowth([48 / 80, 80], [56 / 70, 70], Z95);
  expect(known.lower).toBeCloseTo(0.0524, 4);
  expect(known.upper).toBeCloseTo(0.3339, 4);
});

const before: Reference = {
  name: 'before',
  features: {
    device_type: {
      values: [
        ['mobile', 600],
        ['desktop', 400],
      ],
      size: 1e6,
      unseen: 0,
    },
    budget: {
      values: Array.from({ length: 100 }, (_, i) => [i + 1, 1] as const),
      ...{ minimum: 1, maximum: 100, size: 1e6 },
    },
    creative: {
      values: [
        ['a', 5],
        ['b', 5],
      ],
      unseen: 0.01,
      size: 1000,
    },
  },
};
const with_ = (features: Reference['features']): Reference => ({
  name: 'now',
  features: { ...before.features, ...features },
});

test('a million rows do not make everything drift', () => {
  const now = with_({
    device_type: {
      values: [
        ['mobile', 605],
        ['desktop', 395],
      ],
      size: 1e6,
      unseen: 0,
    },
  });
  const signs = signsOf(before, now, 0.05);
  expect(signs.filter(({ raised }) => raised)).toEqual([]);
  const psi = signs.find(({ feature, kind }) => feature === 'device_type' && kind === 'psi')!;
  expect(psi.lower).toBeGreaterThan(0);
});

test.each([
  [
    'psi',
    {
      device_type: {
        values: [
          ['mobile', 3],
          ['desktop', 7],
        ],
        size: 2000,
      },
    },
  ],
  [
    'wasserstein',
    {
      budget: {
        values: [
          [40, 1],
          [60, 1],
          [90, 1],
        ],
        size: 3000,
      },
    },
  ],
  [
    'missing',
    {
      budget: {
        values: [
          [10, 1],
          [50, 1],
          [90, 1],
          [null, 1],
        ],
        size: 3000,
      },
    },
  ],
  [
    'unseen',
    {
      creative: {
        values: [
          ['a', 5],
          ['b', 4],
        ],
        unseen: 0.2,
        size: 900,
      },
    },
  ],
  [
    'outside',
    {
      budget: {
        values: [
          [10, 2],
          [50, 3],
          [90, 2],
          [300, 1],
        ],
        size: 3000,
      },
    },
  ],
] as const)('what changed is told: %s', (kind, features) => {
  const signs = signsOf(before, with_(features), 0.05);
  const [feature] = Object.keys(features);
  const sign = signs.find((one) => one.feature === feature && one.kind === kind)!;
  expect(sign.raised).toBe(true);
  expect(sign.words.startsWith(feature)).toBe(true);
  expect(signs.some((one) => one.raised && one.feature !== feature)).toBe(false);
});

test('a card tells ranges of numbers and counts of categories', () => {
  const reference = referenceOfCard({
    training: {
      ...{ rows: 1000, impressions: 5000, clicks: 50 },
      ranges: {
        budget: { minimum: 10, maximum: 90, missing: 0 },
        device_type: { categories: { mobile: 900, desktop: 100, tablet: 0 }, missing: 0 },
        creative: { words: 12, missing: 3 },
      },
    },
  });
  const now = with_({
    device_type: {
      values: [
        ['mobile', 5],
        ['tablet', 5],
      ],
      size: 500,
    },
  });
  const raised = signsOf(reference, now, 0.05).filter((sign) => sign.raised);
  expect(raised.map(({ feature, kind }) => `${feature} ${kind}`).sort()).toEqual([
    'budget outside',
    'device_type outside',
    'device_type psi',
  ]);
});

test('values beyond training are told, though they were there before', () => {
  const training = referenceOfCard({
    training: {
      rows: 1000,
      ranges: {
        budget: { minimum: 200, maximum: 900, missing: 0 },
        device_type: { categories: { mobile: 900, tablet: 100, desktop: 0 }, missing: 0 },
        creative: { words: 12, missing: 3 },
      },
    },
  });
  const outsideOf = (reference: Reference | null, now: Reference) =>
    signsOf(reference, now, 0.05, training)
      .filter(({ kind, raised }) => kind === 'outside' && raised)
      .map(({ words }) => words);
  const all = outsideOf(before, before);
  expect(all).toHaveLength(2);
  expect(all[0]).toBe(
    'budget is beyond what the model was trained with in 100 % of the impressions (100 % to 100 %)',
  );
  expect(all[1]).toMatch(/^device_type is beyond .* in 40 % of the impressions/);
  // Also on the first day, when there is nothing to compare with.
  expect(outsideOf(null, before)).toEqual(all);
  const missing = with_({ device_type: { values: [[null, 1]], size: 500 } });
  expect(outsideOf(missing, missing)[1]).toMatch(/^device_type is beyond .* in 100 % of/);
});
