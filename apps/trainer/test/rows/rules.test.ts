import { FieldContract } from '@adscale/ctr';
import fc from 'fast-check';
import { featureOf, type FeatureMapping } from '../../src/mapping/mapping.js';
import { featureColumn, featureRules } from '../../src/rows/rules.js';
import type { Database } from '../../src/source/database.js';
import { quoteNumber, quoteText } from '../../src/source/sql.js';
import { withDatabase } from '../reading.js';

/** Numbers at which a rule may turn: near whole ones, near bounds, at the ends of doubles. */
const someNumber = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.integer({ min: -3, max: 12 }).map((whole) => whole + 0.5),
  fc.constantFrom(-0, 5e-324, 0.1 + 0.2, 1 - 2 ** -53, 2 ** 53 + 2, 1e300, -1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const optionally = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const someWord = fc.constantFrom('mobile', 'Mobile', 'desktop', "it's", 'a, b', 'ä');

const someFeature: fc.Arbitrary<FeatureMapping> = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom('numeric' as const, 'integer' as const),
      minimum: optionally(someNumber),
      exclusive_minimum: optionally(someNumber),
      maximum: optionally(someNumber),
      missing: fc.boolean(),
    })
    .map((feature) => ({ column: 'x', ...feature })),
  fc
    .record({
      categories: fc.uniqueArray(someWord, { minLength: 1 }),
      missing: fc.boolean(),
    })
    .map((feature) => ({ column: 'x', kind: 'categorical' as const, ...feature })),
);

/** Which values the rules of a feature refuse, by the database. */
async function refused(
  database: Database,
  feature: FeatureMapping,
  values: readonly (number | string | null)[],
): Promise<boolean[]> {
  const rules = featureRules({ features: { x: feature } }, () => 'v');
  const broken = rules.map((rule) => `coalesce(${rule.broken}, false)`).join(' OR ') || 'false';
  const rows = values.map((value, i) => {
    const literal = typeof value === 'string' ? quoteText(value) : quoteNumber(value ?? NaN);
    const type = feature.kind === 'categorical' ? 'VARCHAR' : 'DOUBLE';
    return `(${i}, ${value === null ? `NULL::${type}` : literal})`;
  });
  const verdicts = await database.rows(`
    SELECT ${broken} AS broken FROM (SELECT i, v, v AS ${featureColumn(0)} FROM (VALUES ${rows.join(', ')}) AS rows(i, v))
    ORDER BY i`);
  return verdicts.map(({ broken }) => broken === true);
}

describe('the rules of a feature, in SQL', () => {
  it('refuse just what its contract refuses', async () => {
    await withDatabase((database) =>
      fc.assert(
        fc.asyncProperty(
          someFeature,
          fc.array(someNumber, { minLength: 1, maxLength: 20 }),
          async (feature, numbers) => {
            const bounds = [feature.minimum, feature.exclusive_minimum, feature.maximum];
            const values =
              feature.kind === 'categorical'
                ? ['mobile', 'Mobile', 'desktop', "it's", 'a, b', 'ä', 'a', '', null]
                : [...numbers, ...bounds.filter((bound) => bound !== undefined), null];
            const contract = new FieldContract(featureOf('x', feature), feature.missing === true);
            const wanted = values.map((value) => !contract.accepts(value));
            expect(await refused(database, feature, values)).toEqual(wanted);
          },
        ),
      ),
    );
  });

  it('say what is wanted in the words of the contract', () => {
    const budget: FeatureMapping = { column: 'b', kind: 'numeric', exclusive_minimum: 0 };
    const features = { budget, spot: { ...budget, kind: 'integer', missing: true } } as const;
    const rules = featureRules({ features }, (column) => column);
    const { words } = new FieldContract(featureOf('budget', budget), false);
    expect(rules.map(({ reason, wanted }) => [reason, wanted])).toEqual([
      [
        'b is empty',
        `${words}; "missing: true" beside budget in the mapping learns from empty cells too`,
      ],
      ['b is not a number', words],
      ['b is out of bounds', words],
      ['b is not a number', 'a whole number, or absent'],
      ['b is not a whole number', 'a whole number, or absent'],
    ]);
    expect(words).toBe('a number greater than 0');
  });
});
