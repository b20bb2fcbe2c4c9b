import { checkSchema, ForestError, RowEncoder, type Schema } from '../../src/index.js';
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
  ])('refuses %s', (_, schema) => {
    expect(() => checkSchema(schema as unknown as Schema)).toThrow(ForestError);
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
