import { FEATURE_NAME } from './mapping.js';

/*
 * What columns are usually called. A name is compared in small letters without blanks and marks:
 * "Impr." is "impr". These are guesses, shown to the user for confirmation, never acted on unseen.
 */
const spoken: Readonly<Record<'impressions' | 'clicks' | 'label' | 'true_ctr', readonly string[]>> =
  {
    impressions: [
      'impressions',
      'impr',
      'imps',
      'impression',
      'displays',
      'display',
      'views',
      'exposures',
      'served',
      'impressionen',
      'shows',
    ],
    clicks: ['clicks', 'click', 'clks', 'klicks', 'linkclicks', 'clicksall'],
    label: ['click', 'clicked', 'isclick', 'isclicked', 'label', 'target', 'y'],
    true_ctr: ['truectr'],
  };

export type Role = keyof typeof spoken;

/** Words that name what is known only after the clicks were counted. */
const afterwards =
  /^(ctr|clickthroughrate|cpc|avgcpc|cpm|ecpm|cost|costs|spend|spent|amountspent|adspend|revenue|sales|conversions?|convrate|conv|purchases?|orders|roas|cpa)$|postclick|conversion|revenue|sales/;

/** Words that name a code rather than an amount: whole numbers that have no order. */
const codes = /(^|_)(id|ids|code|type|category|cat|zip|region|device|os|model|browser|hash)(_|$)/;

/** Words that name when a row happened. */
const times = /^(date|day|week|month|hour|time|timestamp|datetime|eventtime|datum)$/;

/** Words that name rows that belong together. */
const groups = /^(campaign|campaignid|campaignname|campaignnumber|adgroup|adgroupid)$/;

/** A name without what people write differently. */
export function bare(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The columns that may have a role by their names, the likeliest first. */
export function calledLike(names: readonly string[], role: Role): string[] {
  return spoken[role].flatMap((word) => names.filter((name) => bare(name) === word));
}

export const soundsAfterwards = (name: string): boolean => afterwards.test(bare(name));
export const soundsLikeTime = (name: string): boolean => times.test(bare(name));
export const soundsLikeGroup = (name: string): boolean => groups.test(bare(name));

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
