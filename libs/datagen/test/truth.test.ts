import fc from 'fast-check';
import {
  anchor,
  DatagenError,
  deviceTypes,
  profiles,
  trueCtr,
  type AdRecord,
} from '../src/index.js';

const { record } = anchor;
const device = fc.constantFrom(...deviceTypes);
const position = fc.integer({ min: 1, max: 10 });
const impressions = fc.integer({ min: 1, max: 1e12 });
const budget = fc.double({ min: 0.01, max: 1e12, noNaN: true });

test('the anchor record has a true CTR of 0.0847', () => {
  expect(record).toEqual({
    impressions: 5000,
    ad_position: 1,
    device_type: 'mobile',
    budget: 2500,
  });
  expect(Math.abs(trueCtr(record) - 0.0847)).toBeLessThan(1e-9);
  expect(trueCtr(record, 'realistic')).toBe(trueCtr(record));
});

test('sparse and hidden leave the anchor where it is, drifted lowers it by a fifth', () => {
  expect(trueCtr(record, 'sparse')).toBeCloseTo(0.0847, 12);
  expect(trueCtr(record, 'hidden')).toBeCloseTo(0.0847, 12);
  expect(trueCtr(record, 'drifted')).toBeCloseTo(0.8 * 0.0847, 12);
});

test('values worked out by hand from the documented formula', () => {
  const base = 0.0847 / (1 + (0.6 * 2500) / 7500) / 1.25 ** -0.17;
  const low = { impressions: 20_000, ad_position: 4, device_type: 'desktop', budget: 5000 };
  expect(trueCtr(low)).toBeCloseTo(base * 0.85 * 0.7 ** 3 * 1.3 * 2 ** -0.17, 12);
  const tablet = { impressions: 180_000, ad_position: 10, device_type: 'tablet', budget: 45_000 };
  expect(trueCtr(tablet)).toBeCloseTo(base * 0.93 * 0.67 ** 9 * 1.54 * 10 ** -0.17, 12);
});

test('for any record and profile the true CTR is a probability, and never 0 or 1', () => {
  fc.assert(
    fc.property(
      fc.record({ impressions, ad_position: position, device_type: device, budget }),
      fc.constantFrom(...profiles),
      (any, profile) => {
        const ctr = trueCtr(any, profile);
        return ctr > 0 && ctr < 0.2;
      },
    ),
  );
});

test('a lower position always clicks less, on every device and in every profile', () => {
  for (const profile of profiles) {
    for (const device_type of deviceTypes) {
      for (let ad_position = 1; ad_position < 10; ad_position++) {
        const here = trueCtr({ ...record, device_type, ad_position }, profile);
        const below = trueCtr({ ...record, device_type, ad_position: ad_position + 1 }, profile);
        expect(below).toBeLessThan(0.8 * here);
      }
    }
  }
});

test('phones lead at the top of the page and desktops at its foot', () => {
  const at = (device_type: string, ad_position: number) =>
    trueCtr({ ...record, device_type, ad_position });
  expect(at('mobile', 1)).toBeGreaterThan(at('tablet', 1));
  expect(at('tablet', 1)).toBeGreaterThan(at('desktop', 1));
  expect(at('desktop', 10)).toBeGreaterThan(at('tablet', 10));
  expect(at('tablet', 10)).toBeGreaterThan(at('mobile', 10));
});

test('a budget has diminishing returns: each further $1,000 adds, and adds less', () => {
  const ctrs = Array.from({ length: 50 }, (_, i) => trueCtr({ ...record, budget: 1000 * (i + 1) }));
  const gains = ctrs.slice(1).map((ctr, i) => ctr - ctrs[i]!);
  gains.forEach((gain, i) => {
    expect(gain).toBeGreaterThan(0);
    if (i > 0) expect(gain).toBeLessThan(gains[i - 1]!);
  });
});

test('an endless budget adds at most three fifths to none at all', () => {
  const ratio = trueCtr({ ...record, budget: 1e12 }) / trueCtr({ ...record, budget: 1e-6 });
  expect(ratio).toBeGreaterThan(1.59);
  expect(ratio).toBeLessThanOrEqual(1.6);
});

test('more impressions tire the audience: a ninth less at 20,000, a third less at 200,000', () => {
  const at = (n: number) =>
    trueCtr({ ...record, impressions: n }) / trueCtr({ ...record, impressions: 1 });
  expect(at(20_000)).toBeCloseTo(0.889, 3);
  expect(at(200_000)).toBeCloseTo(0.665, 3);
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), (n) => at(2 * n) < at(n)));
});

test('wide records react to informative extras and to nothing else', () => {
  const ctr = (extras: object) => trueCtr({ ...record, ...extras }, 'wide');
  const plain = { x01: 0.5, x02: 14, x03: 'image', x05: 2, x06: 0.5, x07: 2, x08: 10 };
  const start = ctr(plain);
  expect(ctr({ ...plain, x01: 1 })).toBeCloseTo(start * Math.exp(0.2), 12);
  expect(ctr({ ...plain, x02: 20 })).toBeGreaterThan(start);
  expect(ctr({ ...plain, x03: 'video' })).toBeCloseTo(start * 1.15, 12);
  expect(ctr({ ...plain, x07: 9 })).toBeLessThan(start);
  expect(ctr({ ...plain, x09: 5, x10: 5, x12: 9, x16: 'r01', x20: -3 })).toBe(start);
});

test('wide takes every spelling of a missing value for the same', () => {
  const ctr = (x: number | string | null | undefined) =>
    trueCtr({ ...record, x03: x, x06: x, x08: 3 }, 'wide');
  expect(ctr(null)).toBe(ctr(undefined));
  expect(ctr('')).toBe(ctr(undefined));
  expect(ctr(NaN)).toBe(ctr(undefined));
  expect(ctr(null)).toBeLessThan(trueCtr({ ...record, x03: 'image', x06: 0.5, x08: 3 }, 'wide'));
});

test('extras far outside their range stop at a probability', () => {
  expect(trueCtr({ ...record, x01: 1000 }, 'wide')).toBe(1);
  expect(trueCtr({ ...record, x06: -1000 }, 'wide')).toBe(0);
});

test.each<[Partial<Record<keyof AdRecord, unknown>>, string]>([
  [{ impressions: 0 }, 'impressions is 0, wanted an integer of at least 1'],
  [{ impressions: 1.5 }, 'impressions is 1.5, wanted an integer of at least 1'],
  [{ impressions: NaN }, 'impressions is NaN, wanted an integer of at least 1'],
  [{ ad_position: 0 }, 'ad_position is 0, wanted an integer from 1 to 10'],
  [{ ad_position: 11 }, 'ad_position is 11, wanted an integer from 1 to 10'],
  [{ ad_position: 2.5 }, 'ad_position is 2.5, wanted an integer from 1 to 10'],
  [{ device_type: 'watch' }, 'device_type is "watch", wanted one of mobile, desktop, tablet'],
  [{ device_type: undefined }, 'device_type is undefined, wanted one of'],
  [{ budget: 0 }, 'budget is 0, wanted a finite number above 0'],
  [{ budget: Infinity }, 'budget is Infinity, wanted a finite number above 0'],
  [{ budget: '2500' }, 'budget is "2500", wanted a finite number above 0'],
])('refuses the record with %j', (change, message) => {
  const attempt = () => trueCtr({ ...record, ...change } as AdRecord);
  expect(attempt).toThrow(DatagenError);
  expect(attempt).toThrow(`an ad record has no true CTR: ${message}`);
  expect(attempt).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
});

test('refuses extras of the wrong kind, and an unknown profile', () => {
  expect(() => trueCtr({ ...record, x01: 'high' }, 'wide')).toThrow(
    'x01 is "high", wanted a finite',
  );
  expect(() => trueCtr({ ...record, x03: 'radio' }, 'wide')).toThrow(
    'x03 is "radio", wanted one of image, text, video, native',
  );
  expect(() => trueCtr(record, 'perfect' as 'wide')).toThrow('profile is "perfect", wanted one of');
});
