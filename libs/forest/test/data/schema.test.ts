import { checkSchema, ForestError, RowEncoder, type Schema } from '../../src/index.js';
import { differenceOf } from '../../src/data/schema.js';
import { mixedSchema } from '../data.js';

describe('a schema', () => {
  it.each([
    ['no features', { features: [] }],
    ['no list', {}],
    ['a nameless feature', { features: [{ name: '', kind: 'numeric' }] }],
    [
      'one name twice',
      {
        features: [
          { name: 'a', kind: 'numeric' },
          { name: 'a', kind: 'integer' },
        ],
      },
    ],
    ['an unknown kind', { features: [{ name: 'a', kind: 'text' }] }],
    ['no categories', { features: [{ name: 'a', kind: 'categorical', categories: [] }] }],
    [
      'a category twice',
      { features: [{ name: 'a', kind: 'categorical', categories: ['x', 'x'] }] },
    ],
    ['missing in words', { features: [{ name: 'a', kind: 'numeric', missing: 'often' }] }],
  ])('refuses %s', (_, schema) => {
    expect(() => checkSchema(schema as unknown as Schema)).toThrow(ForestError);
  });
});

describe('rows of two schemas', () => {
  const text = (...categories: string[]): Schema => ({
    features: [{ name: 'text', kind: 'categorical', categories }],
  });
  const features = (...list: Schema['features'][number][]): Schema => ({ features: list });

  it('mean the same whatever else the schemas say of a feature', () => {
    const one = features({ name: 'a', kind: 'numeric', minimum: 0, missing: true });
    const other = features({ name: 'a', kind: 'integer', description: 'how many' });
    expect(differenceOf(one, other)).toBeNull();
    expect(differenceOf(text('a', 'b, c'), text('a', 'b, c'))).toBeNull();
  });

  it.each([
    [text('a', 'b, c'), text('a, b', 'c'), 'category 0 of its column text is "a, b", wanted "a"'],
    [text('a', 'b'), text('b', 'a'), 'category 0 of its column text is "b", wanted "a"'],
    [text('a', 'b'), text('a'), 'category 1 of its column text is none, wanted "b"'],
    [text('a'), text('a', 'b'), 'category 1 of its column text is "b", wanted none'],
    [
      text('a'),
      features({ name: 'text', kind: 'numeric' }),
      'category 0 of its column text is none, wanted "a"',
    ],
    [text('a'), mixedSchema, 'its column 0 is size, wanted text'],
    [mixedSchema, features(mixedSchema.features[0]), 'its column 1 is absent, wanted place'],
    [features(mixedSchema.features[0]), mixedSchema, 'its column 1 is place, wanted no more'],
  ])('differ where a column or a category does', (wanted, got, difference) => {
    expect(differenceOf(wanted, got)).toBe(difference);
  });
});

describe('the row encoder', () => {
  const encoder = new RowEncoder(mixedSchema);

  it('puts numbers as they are and categories by place', () => {
    expect([...encoder.encode({ colour: 'blue', size: 0.5, place: 3 })]).toEqual([0.5, 3, 2]);
  });

  it('makes everything it cannot read missing', () => {
    expect([...encoder.encode({ colour: 'pink', size: '7', place: null })]).toEqual([
      NaN,
      NaN,
      NaN,
    ]);
    expect([...encoder.encode({})]).toEqual([NaN, NaN, NaN]);
  });

  it('is not fooled by names of object methods', () => {
    expect(encoder.encodeValue(2, 'constructor')).toBeNaN();
  });
});
