import { defaultSchema } from '@adscale/ctr';
import type { Feature, Schema } from '@adscale/forest';
import { IsEmail, IsInt, IsNumber, IsOptional, Min, validateSync } from 'class-validator';
import fc from 'fast-check';
import { compilePredicate } from '../src/predict/compiled-predicate.js';
import { dtoFromSchema } from '../src/record/record-dto.js';
import { sample } from './running-app.js';
import { otherSchema } from './trained-models.js';

/** What class-validator says of a body whose fields are exactly those of the class. */
function judged(Dto: new () => object, body: object): boolean {
  const errors = validateSync(Object.assign(new Dto(), body), { forbidUnknownValues: true });
  return errors.length === 0;
}

/** Numbers on, just off and far off every bound of the schema, words of its categories, and junk. */
function values({ features }: Schema): fc.Arbitrary<unknown> {
  const bounds = features.flatMap((feature) => {
    if (feature.kind === 'categorical') return feature.categories as readonly unknown[];
    const { minimum = 0, maximum = 10 } = feature;
    const exclusive = feature.kind === 'numeric' ? (feature.exclusiveMinimum ?? 0) : 0;
    return [minimum, maximum, exclusive].flatMap((x) => [x, x - 1, x + 1, x + 1e-9, x - 1e-9]);
  });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...bounds) },
    fc.double(),
    fc.integer(),
    fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 53, 5e-324, '1', '', ' ', 'MOBILE', '１'),
    fc.constantFrom(
      null,
      undefined,
      true,
      [],
      [1],
      {},
      { valueOf: 1 },
      new Date(0),
      Symbol.iterator,
    ),
    fc.jsonValue(),
  );
}

describe.each([
  ['the default schema', defaultSchema],
  ['a schema with every kind of bound', otherSchema],
])('the compiled predicate for %s', (_name, schema) => {
  const Dto = dtoFromSchema(schema);
  const isValid = compilePredicate(Dto)!;
  const names = schema.features.map(({ name }) => name);
  const valid = Object.fromEntries(
    schema.features.map((feature) => [
      feature.name,
      feature.kind === 'categorical' ? feature.categories[0] : 1,
    ]),
  );

  it('agrees with class-validator on whatever the fields hold', () => {
    let accepted = 0;
    const field = ({ name }: Feature) => [
      name,
      fc.oneof({ weight: 3, arbitrary: fc.constant(valid[name]) }, values(schema)),
    ];
    const bodies = fc.record(Object.fromEntries(schema.features.map(field)));
    fc.assert(
      fc.property(bodies, (body) => {
        expect(isValid(body)).toBe(judged(Dto, body));
        if (isValid(body)) accepted++;
      }),
      { numRuns: 10_000, seed: 42 },
    );
    // Agreement on refusals alone would prove little.
    expect(accepted).toBeGreaterThan(1000);
  });

  it("wants every field, as the body's own, and no other", () => {
    expect(isValid(valid)).toBe(true);
    for (const name of names) {
      const rest = Object.fromEntries(Object.entries(valid).filter(([other]) => other !== name));
      expect(isValid(rest)).toBe(false);
      expect(isValid(Object.assign(Object.create({ [name]: valid[name] }), rest))).toBe(false);
    }
    expect(isValid({ ...valid, clicks: 1 })).toBe(false);
    expect(isValid({ ...valid, constructor: 1 })).toBe(false);
    expect(isValid(JSON.parse(JSON.stringify(valid).replace('{', '{"__proto__":1,')))).toBe(false);
  });
});

describe('compilePredicate', () => {
  it('leaves a class with a decorator that it does not know to class-validator', () => {
    class WithEmail {
      @IsEmail()
      address!: string;
    }
    class Perhaps {
      @IsOptional()
      @IsInt()
      @Min(1)
      count?: number;
    }
    class Lenient {
      @IsNumber({ allowNaN: true })
      budget!: number;
    }
    class Many {
      @IsInt({ each: true })
      counts!: number[];
    }
    for (const target of [WithEmail, Perhaps, Lenient, Many]) {
      expect(compilePredicate(target)).toBeUndefined();
    }
  });

  it('lets the record of the README through', () => {
    expect(compilePredicate(dtoFromSchema(defaultSchema))!(sample)).toBe(true);
  });
});
