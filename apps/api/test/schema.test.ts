import type { Feature, Schema } from '@adscale/forest';
import { exampleRequests } from '../src/record/record-examples.js';
import { dtoFromSchema } from '../src/record/record-dto.js';
import { ruleOf } from '../src/predict/rule.js';

const position: Feature = { name: 'position', kind: 'integer', minimum: 1, maximum: 10 };
const device: Feature = { name: 'device', kind: 'categorical', categories: ['mobile', 'tablet'] };
const schemaOf = (...features: Feature[]): Schema => ({ features });

describe('ruleOf', () => {
  it.each<[string, Feature]>([
    ['a whole number from 1 to 10', position],
    ['one of mobile, tablet', device],
    ['a number', { name: 'x', kind: 'numeric' }],
    ['a number at least -1', { name: 'x', kind: 'numeric', minimum: -1 }],
    ['a number at most 5', { name: 'x', kind: 'numeric', maximum: 5 }],
    [
      'a number greater than 0 and at most 5',
      { name: 'x', kind: 'numeric', exclusiveMinimum: 0, maximum: 5 },
    ],
  ])('says "%s"', (rule, feature) => {
    expect(ruleOf(feature)).toBe(rule);
  });

  it('lists at most 20 words', () => {
    const categories = Array.from({ length: 25 }, (_, i) => `c${i}`);
    expect(ruleOf({ name: 'x', kind: 'categorical', categories })).toMatch(/c19 or 5 more$/);
  });
});

describe('exampleRequests', () => {
  it('has something valid for a feature that brings no example', () => {
    const features: Feature[] = [
      { name: 'free', kind: 'numeric' },
      { name: 'low', kind: 'numeric', maximum: -5 },
      { name: 'above', kind: 'numeric', exclusiveMinimum: 3 },
      { name: 'between', kind: 'numeric', exclusiveMinimum: 3, maximum: 4 },
      position,
    ];
    expect(exampleRequests({ features })).toEqual({
      typical: { free: 1, low: -5, above: 4, between: 3.5, position: 1 },
    });
  });
});

describe('dtoFromSchema', () => {
  it.each(['constructor', '__proto__', 'toString'])('refuses a feature named %s', (name) => {
    expect(() => dtoFromSchema(schemaOf({ name, kind: 'numeric' }))).toThrow(name);
  });

  it('makes a class of its own for every schema', () => {
    expect(dtoFromSchema(schemaOf(position))).not.toBe(dtoFromSchema(schemaOf(position)));
  });
});
