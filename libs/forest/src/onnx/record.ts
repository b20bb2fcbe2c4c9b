/* The fields of a record, as a caller describes them: what makes the columns of a row. */
import { ForestError } from '../errors.js';
import type { Schema } from '../data/schema.js';
import { OWN } from './graph.js';

/** Another field of the record, whose number a word that is not listed takes over. */
export interface ParentField {
  /** Its name: a field of words, of ids, a cross, or one of categories that has values. */
  readonly parent: string;
}

/** What is known of listed words, ids or pairs, in two columns of a row. */
export interface FieldStatistics {
  /** Each one's number for the first column, such as a smoothed rate. */
  readonly values: ArrayLike<number>;
  /** Each one's number for the second column, such as the weight behind it. */
  readonly counts: ArrayLike<number>;
  /** What the first column has for one that is not listed; its second one has 0. */
  readonly unknown: number | ParentField;
}

/** A number that is a column as it is. */
export interface NumberField {
  readonly kind: 'number';
  /** Of the graph's input. */
  readonly name: string;
  /** The column's place in the schema. */
  readonly column: number;
  /** Type of the input. Default `double`, where NaN is missing. */
  readonly type?: 'double' | 'int64';
}

/** A category of the schema, as a string; one outside the list, such as '', is missing. */
export interface CategoryField {
  readonly kind: 'category';
  readonly name: string;
  readonly column: number;
  /** By category: what fields take over whose parent this is. */
  readonly values?: ArrayLike<number>;
  /** The same for a category outside the list; wanted where there are values. */
  readonly unknown?: number;
}

/** A word, as a string; '' is unknown. */
export interface WordField extends FieldStatistics {
  readonly kind: 'word';
  readonly name: string;
  readonly words: readonly string[];
  readonly columns: readonly [value: number, count: number];
}

/** A whole number that is a name, not a quantity. */
export interface IdField extends FieldStatistics {
  readonly kind: 'id';
  readonly name: string;
  /** Safe integers. */
  readonly ids: ArrayLike<number>;
  /** The third column, if there is one, has the number itself. */
  readonly columns:
    | readonly [value: number, count: number]
    | readonly [value: number, count: number, itself: number];
  /** Type of the input. Default `double`, where NaN is missing, and thus unknown. */
  readonly type?: 'double' | 'int64';
}

/** Two fields together; no input of its own. */
export interface CrossField extends FieldStatistics {
  readonly kind: 'cross';
  readonly name: string;
  /** Names of two fields of words, ids or categories. */
  readonly of: readonly [string, string];
  /** Strings of words and categories, numbers of ids. */
  readonly pairs: readonly (readonly [string | number, string | number])[];
  readonly columns: readonly [value: number, count: number];
}

/** How a field of a record makes columns of a row. */
export type RecordField = NumberField | CategoryField | WordField | IdField | CrossField;

export function refuse(detail: string): never {
  throw new ForestError('OPTION_INVALID', `record: ${detail}`);
}

/**
 * Checks that fields make every column once, of lists that fit.
 * @throws ForestError OPTION_INVALID naming the field or column
 */
export function checkRecord({ features }: Schema, fields: readonly RecordField[]): void {
  const times = new Int32Array(features.length);
  const names = new Set<string>();
  for (const field of fields) {
    const { name } = field;
    if (typeof name !== 'string' || name === '' || name.startsWith(OWN) || name === 'prediction') {
      refuse(`a field is named "${name}", wanted a name but "prediction" and not from "${OWN}" on`);
    }
    if (names.has(name)) refuse(`two fields are named ${name}`);
    names.add(name);
    for (const column of columnsOf(field)) {
      if (!(column in features)) {
        refuse(`field ${name} makes column ${column}, wanted 0 to ${features.length - 1}`);
      }
      const isCategorical = features[column].kind === 'categorical';
      if (isCategorical !== (field.kind === 'category')) {
        refuse(`field ${name} is of kind ${field.kind}, its column ${features[column].kind}`);
      }
      times[column]++;
    }
    checkLists(field);
  }
  times.forEach((count, f) => {
    if (count !== 1) refuse(`column ${features[f].name} is made by ${count} fields, wanted 1`);
  });
}

/** The columns that a field makes, by their places in the schema. */
export function columnsOf(field: RecordField): readonly number[] {
  return 'columns' in field ? field.columns : [field.column];
}

function checkLists(field: RecordField): void {
  if (!('counts' in field)) return;
  const { name, values, counts } = field;
  const keys = keysOf(field);
  for (const [what, list] of Object.entries({ values, counts })) {
    if (list.length !== keys.length) {
      refuse(`field ${name} has ${list.length} ${what}, wanted ${keys.length}`);
    }
  }
  if (new Set(keys).size !== keys.length) refuse(`field ${name} lists something twice`);
  if (keys.includes('')) refuse(`field ${name} lists the empty word, which is unknown`);
  const ids: readonly unknown[] = field.kind === 'id' ? keys : [];
  const odd = ids.find((id) => !Number.isSafeInteger(id));
  if (odd !== undefined) refuse(`field ${name} lists ${String(odd)}, wanted safe integers`);
}

/** What the field lists, each as one value. */
function keysOf(field: WordField | IdField | CrossField): readonly (string | number)[] {
  if (field.kind === 'word') return field.words;
  if (field.kind === 'id') return Array.from(field.ids);
  return field.pairs.map((pair) => JSON.stringify(pair));
}
