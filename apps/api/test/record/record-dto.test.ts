import { RecordContract, defaultSchema } from '@adscale/ctr';
import type { Feature, Schema } from '@adscale/forest';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { recordDto } from '../../src/record/record-dto.js';
import { sample } from '../running-app.js';
import { otherSchema } from '../trained-models.js';

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

/** The other schema, of whose features every second may be absent. */
const gappy: Schema = {
  features: otherSchema.features.map((feature, f) => ({ ...feature, missing: f % 2 === 0 })),
};

describe.each([
  ['the default schema', defaultSchema],
  ['a schema with every kind of bound', otherSchema],
  ['a schema whose fields may be absent', gappy],
])('the class of a record of %s', (_name, schema) => {
  const contract = new RecordContract(schema);
  const Dto = recordDto(contract);
  const row = new Float64Array(contract.width);
  const valid = Object.fromEntries(
    schema.features.map((feature) => [
      feature.name,
      feature.kind === 'categorical' ? feature.categories[0] : 1,
    ]),
  );

  it('is judged by class-validator as by the contract, whatever its fields hold', () => {
    let accepted = 0;
    const field = ({ name }: Feature) => [
      name,
      fc.oneof({ weight: 3, arbitrary: fc.constant(valid[name]) }, values(schema)),
    ];
    const bodies = fc.record(Object.fromEntries(schema.features.map(field)));
    fc.assert(
      fc.property(bodies, (body) => {
        const verdict = contract.read(body, row);
        expect(verdict).toBe(judged(Dto, body));
        expect(verdict).toBe(contract.problems(body).length === 0);
        if (verdict) accepted++;
      }),
      { numRuns: 5000, seed: 42 },
    );
    // Agreement on refusals alone would prove little.
    expect(accepted).toBeGreaterThan(500);
  });

  it('is refused by class-validator in the words of the contract', () => {
    for (const { name, words } of contract.fields) {
      const errors = validateSync(Object.assign(new Dto(), valid, { [name]: {} }));
      expect(errors.map(({ property, constraints }) => [property, constraints])).toEqual([
        [name, { recordContract: words }],
      ]);
    }
  });
});

describe('recordDto', () => {
  it('lets the record of the README through', () => {
    expect(judged(recordDto(new RecordContract(defaultSchema)), sample)).toBe(true);
  });

  it.each(['constructor', '__proto__', 'toString'])('refuses a feature named %s', (name) => {
    const contract = new RecordContract({ features: [{ name, kind: 'numeric' }] });
    expect(() => recordDto(contract)).toThrow(name);
  });

  it('documents null where a field may be absent, and only there', () => {
    const contract = new RecordContract(gappy);
    const Dto = recordDto(contract);
    for (const { name, optional, jsonSchema } of contract.fields) {
      const property: unknown = Reflect.getMetadata(
        'swagger/apiModelProperties',
        Dto.prototype as object,
        name,
      );
      const { description: _, example: __, ...value } = jsonSchema;
      const documented = optional ? { oneOf: [value, { type: 'null' }] } : value;
      expect(property).toMatchObject({ required: !optional, ...documented });
    }
  });

  it('makes a class of its own for every schema', () => {
    const contract = new RecordContract(defaultSchema);
    expect(recordDto(contract)).not.toBe(recordDto(contract));
  });
});
