import { FEATURE_NAME } from './mapping.js';

/**
 * A name that the API can take a feature under: "Avg. position" becomes avg_position. What has no
 * Latin letter in it becomes `fallback`.
 * @param taken names that are gone already; a number is added to what is among them
 */
export function featureName(column: string, taken: ReadonlySet<string>, fallback: string): string {
  const plain = column
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/ß/g, 'ss')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/%/g, ' percent ')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const named = /^[0-9]/.test(plain) ? `x_${plain}` : plain;
  const base = FEATURE_NAME.test(named) && !(named in Object.prototype) ? named : fallback;
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number++;
  return `${base}_${number}`;
}
