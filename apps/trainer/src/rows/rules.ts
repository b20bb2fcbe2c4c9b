import { OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { quoteList, quoteNumber } from '../source/sql.js';

/** A rule that a row must meet. */
export interface RowRule {
  /** What is wrong with rows that break it, in a few words. */
  readonly reason: string;
  /** The column whose value breaks it. */
  readonly column: string;
  readonly wanted: string;
  /** SQL over the columns of prepare.ts, true where the rule is broken. */
  readonly broken: string;
}

/** Name, in SQL, of the value of feature `f`. */
export const featureColumn = (f: number): string => `adscale_f${f}`;

/**
 * Every rule that a mapping makes, in the order in which a row is judged by them.
 * @param present SQL of what stands in a column, NULL where there is nothing
 */
export function rowRules(mapping: Mapping, present: (column: string) => string): RowRule[] {
  const features = Object.values(mapping.features);
  return [
    ...countRules(mapping),
    ...keyRules(mapping),
    ...features.flatMap((feature, f) =>
      featureRules(feature, featureColumn(f), present(feature.column)),
    ),
  ];
}

function countRules({ impressions, clicks, label }: Mapping): RowRule[] {
  if (label !== undefined) {
    return [
      {
        reason: `${label} is not 0 or 1`,
        column: label,
        wanted: '0 or 1',
        broken: '(adscale_k IN (0, 1)) IS NOT TRUE',
      },
    ];
  }
  const notWhole = (name: string): string =>
    `(${name} >= 0 AND ${name} = floor(${name})) IS NOT TRUE`;
  return [
    {
      reason: `${impressions} is not a whole number`,
      column: impressions!,
      wanted: 'a whole number ≥ 1',
      broken: notWhole('adscale_n'),
    },
    {
      reason: `${impressions} is 0`,
      column: impressions!,
      wanted: 'a whole number ≥ 1',
      broken: 'adscale_n = 0',
    },
    {
      reason: `${clicks} is not a whole number`,
      column: clicks!,
      wanted: 'a whole number ≥ 0',
      broken: notWhole('adscale_k'),
    },
    {
      reason: `more ${clicks} than ${impressions}`,
      column: clicks!,
      wanted: `a whole number from 0 to the row's ${impressions}`,
      broken: 'adscale_k > adscale_n',
    },
  ];
}

function keyRules({ true_ctr: truth, time }: Mapping): RowRule[] {
  const rules: RowRule[] = [];
  if (truth !== undefined) {
    rules.push({
      reason: `${truth} is not a probability`,
      column: truth,
      wanted: 'a probability',
      broken: '(adscale_truth BETWEEN 0 AND 1) IS NOT TRUE',
    });
  }
  if (time !== undefined) {
    rules.push({
      reason: `${time} is not a time`,
      column: time,
      wanted: 'a date, a time as 2025-01-31 18:30:00, or a number',
      broken: 'adscale_time IS NULL',
    });
  }
  return rules;
}

/**
 * The rules of one feature.
 * @param value SQL of its value
 * @param present SQL of what stands in its column, NULL where there is nothing
 */
export function featureRules(feature: FeatureMapping, value: string, present: string): RowRule[] {
  const { column, kind, categories, missing = false } = feature;
  const wanted = wantedOf(feature);
  const rules: RowRule[] = [];
  if (!missing) {
    const broken = `${value} IS NULL AND ${present} IS NULL`;
    rules.push({ reason: `${column} is empty`, column, wanted, broken });
  }
  if (kind === 'categorical') {
    if (categories !== undefined && !categories.includes(OTHER)) {
      const broken = `${value} NOT IN (${quoteList(categories).slice(1, -1)})`;
      rules.push({ reason: `${column} is not a listed word`, column, wanted, broken });
    }
    return rules;
  }
  rules.push({
    reason: `${column} is not a number`,
    column,
    wanted,
    broken: `${value} IS NULL AND ${present} IS NOT NULL`,
  });
  if (kind === 'integer') {
    const broken = `${value} <> floor(${value})`;
    rules.push({ reason: `${column} is not a whole number`, column, wanted, broken });
  }
  const outside = boundsOf(feature).map(
    ([sign, bound]) => `NOT ${value} ${sign} ${quoteNumber(bound)}`,
  );
  if (outside.length > 0) {
    const broken = outside.map((test) => `(${test})`).join(' OR ');
    rules.push({ reason: `${column} is out of bounds`, column, wanted, broken });
  }
  return rules;
}

function boundsOf(feature: FeatureMapping): [sign: string, bound: number][] {
  const { minimum, exclusive_minimum: exclusive, maximum } = feature;
  const bounds = [
    ['>=', minimum],
    ['>', exclusive],
    ['<=', maximum],
  ] as const;
  return bounds.flatMap(([sign, bound]) => (bound === undefined ? [] : [[sign, bound]]));
}

const MAX_LISTED = 20;

/** What a value of the feature must be, in words that follow "wanted". */
export function wantedOf(feature: FeatureMapping): string {
  const { kind, categories } = feature;
  if (kind === 'categorical') {
    if (categories === undefined) return 'a word';
    const more = categories.length > MAX_LISTED ? ` or ${categories.length - MAX_LISTED} more` : '';
    return `one of ${categories.slice(0, MAX_LISTED).join(', ')}${more}`;
  }
  const bounds = boundsOf(feature).map(([sign, bound]) =>
    `${sign} ${bound}`.replace('>=', '≥').replace('<=', '≤'),
  );
  return `a${kind === 'integer' ? ' whole' : ''} number ${bounds.join(' and ')}`.trim();
}
