import type { Feature } from '@adscale/forest';
import { exampleRequests } from '../../src/record/record-examples.js';

describe('exampleRequests', () => {
  it('has something valid for a feature that brings no example', () => {
    const features: Feature[] = [
      { name: 'free', kind: 'numeric' },
      { name: 'low', kind: 'numeric', maximum: -5 },
      { name: 'above', kind: 'numeric', exclusiveMinimum: 3 },
      { name: 'between', kind: 'numeric', exclusiveMinimum: 3, maximum: 4 },
      { name: 'position', kind: 'integer', minimum: 1, maximum: 10 },
    ];
    expect(exampleRequests({ features })).toEqual({
      typical: { free: 1, low: -5, above: 4, between: 3.5, position: 1 },
    });
  });
});
