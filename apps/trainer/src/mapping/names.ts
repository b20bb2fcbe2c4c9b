import { FEATURE_NAME } from './mapping.js';

const spoken: Readonly<Record<'label' | 'true_ctr', readonly string[]>> = {
  label: ['click', 'clicked', 'isclick', 'isclicked', 'label', 'target', 'y'],
  true_ctr: ['truectr'],
};

/** Words that name a code rather than an amount: whole numbers that have no order. */
const codes = /(^|_)(id|ids|code|type|category|cat|zip|region|device|os|model|browser|hash)(_|$)/;

/** A name without what people write differently. */
export function bare(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The columns that may have a role by their names, the likeliest first. */
export function calledLike(names: readonly string[], role: keyof typeof spoken): string[] {
  return spoken[role].flatMap((word) => names.filter((name) => bare(name) === word));
}

/** @param name in snake_case */
export const soundsLikeCode = (name: string): boolean => codes.test(name);

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
