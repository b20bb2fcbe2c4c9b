import type { RecordSchema } from '@adscale/ctr';
import { armsOf, formsOf } from '../../src/decision-log/entry-forms.js';
import { RecordMatcher } from '../../src/decision-log/matching.js';

const schema: RecordSchema = {
  features: [
    { name: 'impressions', kind: 'integer', minimum: 1 },
    { name: 'ad_position', kind: 'integer', minimum: 1, maximum: 10 },
    { name: 'device_type', kind: 'categorical', categories: ['mobile', 'desktop'] },
    { name: 'budget', kind: 'numeric' },
    { name: 'keyword', kind: 'word' },
  ],
};

const outcome = (record: object) =>
  JSON.stringify({
    impressions: 4200,
    ad_position: 1,
    device_type: 'mobile',
    budget: 77,
    ...record,
  });

const matcherOf = (...records: Record<string, unknown>[]) =>
  new RecordMatcher(
    formsOf(
      records.map((record) => ({ record })),
      schema,
    ),
  );

describe('outcomes belong to an entry of a decision', () => {
  it('whose record they have, whatever was planned of it', () => {
    const matcher = matcherOf(
      { impressions: 1000, budget: 50, ad_position: 1, device_type: 'desktop', keyword: 'a' },
      { impressions: 1000, budget: 50, ad_position: 1, device_type: 'mobile', keyword: 'a' },
    );
    expect(matcher.placeOf(outcome({ keyword: 'a' }))).toBe(1);
    expect(matcher.placeOf(outcome({ keyword: 'b' }))).toBeUndefined();
  });

  it('also where it leaves out what an outcome says, and to the one that says most', () => {
    const matcher = matcherOf(
      { device_type: 'mobile' },
      { device_type: 'mobile', ad_position: 1 },
      { device_type: 'desktop' },
    );
    expect(matcher.placeOf(outcome({}))).toBe(1);
    expect(matcher.placeOf(outcome({ ad_position: 2 }))).toBe(0);
  });

  it('by volume too, to two digits, where entries differ in nothing else', () => {
    const record = { ad_position: 1, device_type: 'mobile' };
    const matcher = matcherOf({ ...record, budget: 1012 }, { ...record, budget: 2000 });
    expect(matcher.placeOf(outcome({ budget: 1000 }))).toBe(0);
    expect(matcher.placeOf(outcome({ budget: 2000 }))).toBe(1);
    expect(matcher.placeOf(outcome({ budget: 3000 }))).toBeUndefined();
  });

  it('and to none of two that are the same', () => {
    const record = { ad_position: 1, device_type: 'mobile' };
    expect(matcherOf(record, record).placeOf(outcome({}))).toBeUndefined();
  });

  it('takes an empty or unknown word for what outcomes have in its place', () => {
    const matcher = matcherOf({ device_type: 'mobile', keyword: '' });
    expect(matcher.placeOf(outcome({ keyword: null }))).toBe(0);
    expect(matcher.placeOf(outcome({ keyword: 'a' }))).toBeUndefined();
  });
});

it('names arms by entry, but for entries of one name', () => {
  const entries = [{ id: 'a' }, {}, { id: 'b' }, { id: 'a' }].map((one) => ({
    ...one,
    record: {},
  }));
  expect(armsOf('d1', entries)).toEqual(['', 'd1/1', 'd1/b', '']);
});
