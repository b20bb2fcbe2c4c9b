import { defaultSchema } from '@adscale/ctr';
import type { Feature, Schema } from '@adscale/forest';
import { schemaMismatch } from '../src/model/schema.js';

const position: Feature = { name: 'position', kind: 'integer', minimum: 1, maximum: 10 };
const device: Feature = { name: 'device', kind: 'categorical', categories: ['mobile', 'tablet'] };
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
    [
      'feature device is categorical [tablet],',
      schemaOf(position, { ...device, categories: ['tablet'] } as Feature),
    ],
  ])('says why: %s', (reason, offered) => {
    expect(schemaMismatch(schemaOf(position, device), offered)).toContain(reason);
  });
});
