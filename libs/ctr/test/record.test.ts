import type { Schema } from '@adscale/forest';
import fc from 'fast-check';
import { FieldContract, RecordContract, shown, shownValue } from '../src/record.js';
import { defaultSchema } from '../src/table/schema.js';

const valid = { impressions: 5000, ad_position: 1, device_type: 'tablet', budget: 2500.5 };

describe('a record that keeps the contract', () => {
  const contract = new RecordContract(defaultSchema);

  it('becomes a row in schema order, whatever the order of its fields', () => {
    const rows = new Float64Array(8).fill(-1);
    const { impressions, ...rest } = valid;
    expect(contract.read({ ...rest, impressions }, rows, 4)).toBe(true);
    expect([...rows]).toEqual([-1, -1, -1, -1, 5000, 1, 2, 2500.5]);
    expect(contract.problems(valid)).toEqual([]);
  });

  it('comes back from its row', () => {
    const row = new Float64Array(4);
    contract.read(valid, row);
    expect(contract.recordOf(row)).toEqual(valid);
  });
});

describe('a record that breaks it', () => {
  const contract = new RecordContract(defaultSchema);
  const row = new Float64Array(4);

  it.each([
    ['impressions', 0],
    ['impressions', 1.5],
    ['impressions', '5000'],
    ['impressions', null],
    ['impressions', Infinity],
    ['impressions', NaN],
    ['ad_position', 11],
    ['ad_position', [1]],
    ['device_type', 'Mobile'],
    ['device_type', 0],
    ['budget', 0],
    ['budget', -0.01],
    ['budget', { valueOf: (): number => 1 }],
  ])('is refused by name: %s = %p', (field, value) => {
    const record = { ...valid, [field]: value };
    expect(contract.read(record, row)).toBe(false);
    expect(contract.problems(record).map((problem) => problem.field)).toEqual([field]);
  });

  it('is refused for a field that is absent, unknown or inherited', () => {
    const absent = { ...valid, budget: undefined };
    const { budget, ...others } = valid;
    const inherited = Object.assign(Object.create({ budget }) as object, others);
    for (const record of [absent, inherited]) {
      expect(contract.problems(record)).toEqual([
        {
          field: 'budget',
          rule: 'a number greater than 0 and at most 1000000000000',
          message:
            'budget is missing; it must be a number greater than 0 and at most 1000000000000',
        },
      ]);
    }
    expect(contract.read(absent, row)).toBe(false);
    expect(contract.read(inherited, row)).toBe(false);
    expect(contract.read({ ...valid, clicks: 1 }, row)).toBe(false);
    expect(contract.problems({ ...valid, toString: 1 })).toEqual([
      expect.objectContaining({ field: 'toString', value: 1 }),
    ]);
  });

  it('has its problems listed in schema order, unknown fields last, no more than asked for', () => {
    const record = { extra: 1, budget: 0, ad_position: 11 };
    const fields = (most?: number) => contract.problems(record, most).map(({ field }) => field);
    expect(fields()).toEqual(['impressions', 'ad_position', 'device_type', 'budget', 'extra']);
    expect(fields(2)).toEqual(['impressions', 'ad_position']);
  });

  it('is told from a valid one by read and by problems alike', () => {
    const value = fc.oneof(
      fc.constantFrom(...Object.values(valid), 'mobile', 1, 10, 10.5, -0, null, undefined),
      fc.anything(),
    );
    const record = fc.dictionary(fc.constantFrom(...Object.keys(valid), 'clicks'), value);
    fc.assert(
      fc.property(
        fc.oneof(
          record,
          record.map((some) => ({ ...valid, ...some })),
        ),
        (some) => {
          expect(contract.read(some, row)).toBe(contract.problems(some).length === 0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a feature that training rows lacked', () => {
  const schema: Schema = {
    features: [
      { name: 'age', kind: 'numeric', minimum: 18, maximum: 99 },
      { name: 'city', kind: 'categorical', categories: ['a', 'b, c'] },
    ],
  };
  const ranges = { age: { minimum: 18, maximum: 70, missing: 3 } };

  it('may be absent or null, and is NaN in the row then; wrong values stay wrong', () => {
    const contract = new RecordContract(schema, ranges);
    const row = new Float64Array(2);
    for (const record of [{ city: 'a' }, { city: 'a', age: null }]) {
      expect(contract.read(record, row)).toBe(true);
      expect([...row]).toEqual([NaN, 0]);
      expect(contract.problems(record)).toEqual([]);
    }
    expect(contract.read({ city: 'a', age: 12 }, row)).toBe(false);
    expect(contract.problems({ city: 'a', age: 12 })[0].rule).toBe(
      'a number from 18 to 99, or absent',
    );
    expect(contract.read({ age: 20 }, row)).toBe(false);
  });

  it('may be absent where the schema says so', () => {
    const [age, city] = schema.features;
    const contract = new RecordContract({ features: [{ ...age, missing: true } as never, city] });
    expect(contract.fields.map(({ optional }) => optional)).toEqual([true, false]);
  });
});

describe('the words and the JSON Schema of a rule', () => {
  it.each([
    [{ name: 'x', kind: 'integer' }, 'a whole number', { type: 'integer' }],
    [
      { name: 'x', kind: 'integer', minimum: 1, maximum: 10, example: 3, description: 'Place.' },
      'a whole number from 1 to 10',
      { type: 'integer', minimum: 1, maximum: 10, example: 3, description: 'Place.' },
    ],
    [
      { name: 'x', kind: 'numeric', exclusiveMinimum: 0, maximum: 5 },
      'a number greater than 0 and at most 5',
      { type: 'number', exclusiveMinimum: 0, maximum: 5 },
    ],
    [
      { name: 'x', kind: 'categorical', categories: ['a', 'b'] },
      'one of a, b',
      { type: 'string', enum: ['a', 'b'] },
    ],
  ] as const)('%j is %s', (feature, words, jsonSchema) => {
    const field = new FieldContract(feature, false);
    expect(field.words).toBe(words);
    expect(field.jsonSchema).toEqual(jsonSchema);
  });

  it('quotes categories that would read as two', () => {
    const words = (categories: string[]): string =>
      new FieldContract({ name: 'x', kind: 'categorical', categories }, false).words;
    expect(words(['a', 'b, c'])).toBe('one of "a", "b, c"');
    expect(words(['a, b', 'c'])).toBe('one of "a, b", "c"');
  });

  it('names twenty categories and counts the rest', () => {
    const categories = Array.from({ length: 23 }, (_, i) => `c${i}`);
    const { words } = new FieldContract({ name: 'x', kind: 'categorical', categories }, false);
    expect(words).toMatch(/^one of c0, .*, c19 or 3 more$/);
  });
});

describe('a value in an error', () => {
  it.each([
    [undefined, 'missing', undefined],
    [null, 'null', null],
    [-5, '-5', -5],
    [Infinity, 'Infinity', 'Infinity'],
    ['watch', '"watch"', 'watch'],
    ['x'.repeat(70), `"${'x'.repeat(64)}…"`, `${'x'.repeat(64)}…`],
    [[1, 2], 'a list of 2', '(an array)'],
    [{}, 'an object', '(an object)'],
  ])('%p is shown short and flat', (value, text, json) => {
    expect(shown(value)).toBe(text);
    expect(shownValue(value)).toEqual(json);
  });
});

describe('a feature that is learned as a bias', () => {
  const biased = {
    features: defaultSchema.features.map((feature) =>
      feature.name === 'ad_position' ? { ...feature, bias: { heldAt: 2 } } : feature,
    ),
  };
  const contract = new RecordContract(biased);
  const { ad_position: _, ...without } = valid;

  it('is held at its value where a record lacks it, and counts as it is where not', () => {
    const rows = new Float64Array(8);
    expect(contract.read(without, rows)).toBe(true);
    expect(contract.read(valid, rows, 4)).toBe(true);
    expect([rows[1], rows[5]]).toEqual([2, 1]);
    expect([contract.numberIn(1, null), contract.numberIn(0, undefined)]).toEqual([2, NaN]);
    expect(contract.heldIn(without)).toEqual({ ad_position: 2 });
    expect(contract.heldIn(valid)).toEqual({});
  });

  it('still refuses a wrong value, and the other fields must be there', () => {
    const row = new Float64Array(4);
    expect(contract.read({ ...valid, ad_position: 11 }, row)).toBe(false);
    expect(contract.read({ ad_position: 1 }, row)).toBe(false);
  });

  it('says in its JSON Schema what absent counts as', () => {
    expect(contract.fields[1].jsonSchema.default).toBe(2);
    expect(contract.fields[1].optional).toBe(true);
  });

  it('cannot be held at a value that it cannot have', () => {
    const features = [{ name: 'ad_position', kind: 'integer', maximum: 10, bias: { heldAt: 11 } }];
    expect(() => new RecordContract({ features } as never)).toThrow(
      'feature ad_position is held at 11, wanted a whole number at most 10',
    );
  });
});
