import { defaultSchema, type RecordFeature, type RecordSchema } from '@adscale/ctr';
import type { Feature, Schema } from '@adscale/forest';
import { schemaMismatch } from '../../src/model/schema.js';

const position: Feature = { name: 'position', kind: 'integer', minimum: 1, maximum: 10 };
const deviceOf = (...categories: string[]): Feature => ({
  name: 'device',
  kind: 'categorical',
  categories,
});
const device = deviceOf('mobile', 'tablet');
const integer: Feature = { name: 'device', kind: 'integer' };
const missing = (feature: Feature) => ({ ...feature, missing: true });
const schemaOf = (...features: Feature[]): Schema => ({ features });

describe('schemaMismatch', () => {
  it('finds none between a schema and itself, in any order and other words', () => {
    expect(schemaMismatch(defaultSchema, defaultSchema)).toBeUndefined();
    const described = { ...position, description: 'Place on the page.', example: 3 };
    expect(schemaMismatch(schemaOf(position, device), schemaOf(device, described))).toBeUndefined();
  });

  it.each<[string, Schema]>([
    ['feature device is missing', schemaOf(position)],
    [
      'feature extra is not one that',
      schemaOf(position, device, { name: 'extra', kind: 'numeric' }),
    ],
    ['feature position is integer >= 1 <= 9,', schemaOf({ ...position, maximum: 9 }, device)],
    ['feature position is numeric,', schemaOf({ name: 'position', kind: 'numeric' }, device)],
    ['feature device is integer, routes expect categorical', schemaOf(position, integer)],
    ['category 1 of feature device is "tablet",', schemaOf(position, deviceOf('tablet'))],
    ['category 2 of feature device is absent,', schemaOf(position, deviceOf('mobile'))],
    [
      'category 3 of feature device is "tv", routes expect absent',
      schemaOf(position, deviceOf('mobile', 'tablet', 'tv')),
    ],
    [
      'feature position is integer >= 1 <= 10 or missing, routes expect integer >= 1 <= 10',
      schemaOf(missing(position), device),
    ],
  ])('says why: %s', (reason, offered) => {
    expect(schemaMismatch(schemaOf(position, device), offered)).toContain(reason);
  });

  it('tells lists of categories apart that read the same when they are joined', () => {
    const [one, other] = [deviceOf('a', 'b, c'), deviceOf('a, b', 'c')];
    expect(schemaMismatch(schemaOf(one), schemaOf(other))).toBe(
      'category 1 of feature device is "a, b", routes expect "a"',
    );
    expect(schemaMismatch(schemaOf(one), schemaOf(deviceOf('a', 'b, c')))).toBeUndefined();
  });

  it('tells a feature that may be missing from one that may not', () => {
    expect(schemaMismatch(schemaOf(missing(device)), schemaOf(device))).toBe(
      'feature device is categorical, routes expect categorical or missing',
    );
    expect(schemaMismatch(schemaOf(missing(device)), schemaOf(missing(device)))).toBeUndefined();
  });

  it('takes any vocabulary for another, but not whole numbers for texts', () => {
    const word = { name: 'keyword', kind: 'word', example: 'shoes' } as const;
    const of = (...features: RecordFeature[]): RecordSchema => ({ features });
    const other = { ...word, example: 'boots', missing: true };
    expect(schemaMismatch(of(word), of(other))).toBeUndefined();
    expect(schemaMismatch(of(word), of({ ...word, whole: true }))).toBe(
      'feature keyword is whole-number word, routes expect word',
    );
    const listed = { name: 'keyword', kind: 'categorical', categories: ['shoes'] } as const;
    expect(schemaMismatch(of(word), of(listed))).toContain('is categorical, routes expect word');
  });

  it('tells a bias, which records may lack, from none, but not by where it is held', () => {
    const held = (heldAt: number): RecordSchema => ({
      features: [{ ...position, bias: { heldAt } }],
    });
    expect(schemaMismatch(held(1), held(2))).toBeUndefined();
    expect(schemaMismatch(held(1), schemaOf(position))).toContain('or held');
  });
});
