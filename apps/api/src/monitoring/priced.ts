import type { RecordSchema } from '@adscale/ctr';
import type { Prices } from '../prices.js';

/** What outcomes are told of beside the record. */
const BESIDE = ['campaign', 'placement'];

/**
 * What prices name that no outcome of these features has, as a typing error does; undefined if nothing.
 * It is no reason not to serve: the next model may have the feature.
 */
export function unpriced({ by }: Prices, { features }: RecordSchema): string | undefined {
  if (by === undefined || BESIDE.includes(by.feature)) return undefined;
  const feature = features.find(({ name }) => name === by.feature);
  if (feature === undefined) {
    const names = [...features.map(({ name }) => name), ...BESIDE].join(', ');
    return `${by.feature} is none of ${names}`;
  }
  if (feature.kind !== 'categorical') return undefined;
  const { name, categories } = feature;
  const unknown = Object.keys(by.prices).filter((value) => !categories.includes(value));
  if (unknown.length === 0) return undefined;
  return `${unknown.join(', ')}: none of the categories of ${name}, ${categories.join(', ')}`;
}
