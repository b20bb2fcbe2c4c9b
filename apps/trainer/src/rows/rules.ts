import { isDeepStrictEqual } from 'node:util';
import { defaultSchema, FieldContract, LONGEST_WORD } from '@adscale/ctr';
import { featureOf, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { isOneOf, quoteNumber } from '../source/sql.js';

/** What a database calls the few things that rules are made of. */
export interface RuleWords {
  /** A condition, false where it is not known. */
  isTrue(condition: string): string;
  /** Whether a text is one of a list; false for NULL. */
  isOneOf(text: string, list: readonly string[]): string;
  number(value: number): string;
  /** Characters of a text. */
  length(text: string): string;
}

/** Those of the database that reads files. */
const ownWords: RuleWords = {
  isTrue: (condition) => `(${condition}) IS TRUE`,
  isOneOf,
  number: quoteNumber,
  length: (text) => `length(${text})`,
};

/** A rule that a row must meet. */
export interface RowRule {
  /** What is wrong with rows that break it, in a few words. */
  readonly reason: string;
  /** The column whose value breaks it. */
  readonly column: string;
  readonly wanted: string;
  /** SQL over the columns of prepare.ts, true where the rule is broken. */
  readonly broken: string;
  /** A row that breaks it is not dropped by itself: that would leave out clicks alone. */
  readonly fatal?: boolean;
  /** A row that breaks it tells nothing: nothing is lost without it. */
  readonly harmless?: boolean;
  /** The value is missing, or a word that the model has not seen. */
  readonly unknown?: boolean;
}

/** Name, in SQL, of the value of feature `f`. */
export const featureColumn = (f: number): string => `adscale_f${f}`;

/**
 * Every rule that a mapping makes, in the order in which a row is judged by them.
 * @param present SQL of what stands in a column, NULL where there is nothing
 * @param words of the database that judges the rows
 */
export function rowRules(
  mapping: Mapping,
  present: (column: string) => string,
  answering = false,
  words = ownWords,
): RowRule[] {
  return [
    ...countRules(mapping, present, words),
    ...keyRules(mapping, words),
    ...featureRules(mapping, present, answering, words),
  ];
}

/**
 * The rules of all features, which are what a row needs that is only to be predicted.
 * @param answering a model is asked: empty cells and unseen words are answered by what it knows
 *   without them, but for the lists of the default model, which are closed; empty cells of a
 *   feature with `bias` are held at its value
 */
export function featureRules(
  { features }: Mapping,
  present: (column: string) => string,
  answering = false,
  words = ownWords,
): RowRule[] {
  return Object.entries(features).flatMap(([name, feature], f) => {
    const isOpen = answering && !isClosed(name, feature);
    const isHeld = answering && feature.bias === true;
    const asked = isHeld ? { ...feature, missing: true } : feature;
    return rulesOf(name, asked, {
      value: featureColumn(f),
      present: present(feature.column),
      words,
    }).filter(({ unknown }) => !(isOpen && unknown === true));
  });
}

/** A feature of the default model: what it may be is known, and anything else is a fault. */
function isClosed(name: string, feature: FeatureMapping): boolean {
  const known = defaultSchema.features.find((standard) => standard.name === name);
  if (known === undefined || known.kind !== feature.kind) return false;
  if (known.kind !== 'categorical') return known.minimum === feature.minimum;
  return isDeepStrictEqual(known.categories, feature.categories);
}

function countRules(
  { impressions, clicks, label }: Mapping,
  present: (column: string) => string,
  { isTrue }: RuleWords,
): RowRule[] {
  if (label !== undefined) {
    return [
      {
        reason: `${label} is not 0 or 1`,
        column: label,
        wanted: '0 or 1',
        broken: `NOT ${isTrue('adscale_k >= 0 AND adscale_k = floor(adscale_k)')}`,
      },
      {
        reason: `${label} is above 1`,
        column: label,
        wanted: '0 or 1; --repeat-clicks cap takes the clicks of one impression as one click',
        broken: 'adscale_k > 1',
        fatal: true,
      },
    ];
  }
  const notWhole = (name: string): string =>
    `NOT ${isTrue(`${name} >= 0 AND ${name} = floor(${name})`)}`;
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
      harmless: true,
    },
    {
      reason: `${clicks} is empty`,
      column: clicks!,
      wanted: 'a whole number ≥ 0; --blank-clicks zero takes it for none',
      broken: `${present(clicks!)} IS NULL AND adscale_k IS NULL`,
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

function keyRules({ true_ctr: truth, time }: Mapping, { isTrue }: RuleWords): RowRule[] {
  const rules: RowRule[] = [];
  if (truth !== undefined) {
    rules.push({
      reason: `${truth} is not a probability`,
      column: truth,
      wanted: 'a probability',
      broken: `NOT ${isTrue('adscale_truth BETWEEN 0 AND 1')}`,
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
function rulesOf(
  name: string,
  feature: FeatureMapping,
  { value, present, words: sql }: { value: string; present: string; words: RuleWords },
): RowRule[] {
  const { column, kind, categories, missing = false } = feature;
  const isOpen = kind === 'categorical' && categories === undefined;
  const isWords = kind === 'word' && feature.whole !== true;
  const field = isOpen ? undefined : new FieldContract(featureOf(name, feature), missing);
  const wanted = field?.words ?? 'a word';
  const rules: RowRule[] = [];
  const refuse = (what: string, broken: string, unknown = false): void => {
    rules.push({ reason: `${column} is ${what}`, column, wanted, broken, unknown });
  };
  if (!missing) {
    rules.push({
      ...{ reason: `${column} is empty`, column, unknown: true },
      wanted: `${wanted}; "missing: true" beside ${name} in the mapping learns from empty cells too`,
      broken: `${value} IS NULL AND ${present} IS NULL`,
    });
  }
  if (field === undefined) return rules;
  if (isWords) {
    refuse('too long', `${sql.length(value)} > ${LONGEST_WORD}`);
    return rules;
  }
  const { type, enum: words, minimum, exclusiveMinimum, maximum } = field.jsonSchema;
  if (words !== undefined) {
    // Where the rest has a word of its own, no word is unlisted.
    if (!words.includes(OTHER)) {
      refuse(
        'not a listed word',
        `${value} IS NOT NULL AND NOT ${sql.isOneOf(value, words)}`,
        true,
      );
    }
    return rules;
  }
  refuse('not a number', `${value} IS NULL AND ${present} IS NOT NULL`);
  if (type === 'integer') refuse('not a whole number', `${value} <> floor(${value})`);
  const outside = [
    minimum !== undefined && `${value} < ${sql.number(minimum)}`,
    exclusiveMinimum !== undefined && `${value} <= ${sql.number(exclusiveMinimum)}`,
    maximum !== undefined && `${value} > ${sql.number(maximum)}`,
  ].filter((test) => test !== false);
  if (outside.length > 0) refuse('out of bounds', outside.join(' OR '));
  return rules;
}
