import { FieldContract } from '@adscale/ctr';
import { featureOf, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { isOneOf, quoteNumber } from '../source/sql.js';

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
  return [...countRules(mapping), ...keyRules(mapping), ...featureRules(mapping, present)];
}

/** The rules of all features, which are what a row needs that is only to be predicted. */
export function featureRules(
  { features }: Mapping,
  present: (column: string) => string,
): RowRule[] {
  return Object.entries(features).flatMap(([name, feature], f) =>
    rulesOf(name, feature, featureColumn(f), present(feature.column)),
  );
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
 * The rules of one feature: SQL that refuses exactly the values that the feature's contract does,
 * one part of it after another, so that a row's problem can be told in a few words.
 * @param value SQL of its value: a finite number, or a word
 * @param present SQL of what stands in its column, NULL where there is nothing
 */
function rulesOf(name: string, feature: FeatureMapping, value: string, present: string): RowRule[] {
  const { column, kind, categories, missing = false } = feature;
  const isOpen = kind === 'categorical' && categories === undefined;
  const field = isOpen ? undefined : new FieldContract(featureOf(name, feature), missing);
  const wanted = field?.words ?? 'a word';
  const rules: RowRule[] = [];
  const refuse = (what: string, broken: string): void => {
    rules.push({ reason: `${column} is ${what}`, column, wanted, broken });
  };
  if (!missing) refuse('empty', `${value} IS NULL AND ${present} IS NULL`);
  if (field === undefined) return rules;
  const { type, enum: words, minimum, exclusiveMinimum, maximum } = field.jsonSchema;
  if (words !== undefined) {
    // Where the rest has a word of its own, no word is unlisted.
    if (!words.includes(OTHER)) {
      refuse('not a listed word', `${value} IS NOT NULL AND NOT ${isOneOf(value, words)}`);
    }
    return rules;
  }
  refuse('not a number', `${value} IS NULL AND ${present} IS NOT NULL`);
  if (type === 'integer') refuse('not a whole number', `${value} <> floor(${value})`);
  const outside = [
    minimum !== undefined && `${value} < ${quoteNumber(minimum)}`,
    exclusiveMinimum !== undefined && `${value} <= ${quoteNumber(exclusiveMinimum)}`,
    maximum !== undefined && `${value} > ${quoteNumber(maximum)}`,
  ].filter((test) => test !== false);
  if (outside.length > 0) refuse('out of bounds', outside.join(' OR '));
  return rules;
}
