/*
 * The one definition of a valid record. Everything that takes records from outside (requests,
 * decisions, tensors, rows of a table) derives its checks, its words, its documentation and its
 * row of numbers from here, so that no two of them can disagree.
 *
 *   schema ──▶ RecordContract ─┬─ read        a valid record becomes a row, in one pass
 *                              ├─ problems    what is wrong with an invalid one, field by field
 *                              └─ fields      for each: words of the rule, JSON Schema, number
 */
import { checkSchema, ForestError, type Schema } from '@adscale/forest';
import type { TrainingRange } from './card/card.js';
import { LONGEST_WORD, type RecordFeature, type RecordSchema } from './table/schema.js';
import type { WordEncoding } from './words/encoding.js';

/** What is wrong with one field of a record. */
export interface FieldProblem {
  readonly field: string;
  /** What was got, short and fit for JSON; absent if the field is. */
  readonly value?: unknown;
  /** What is wanted, in words that follow "must be". */
  readonly rule: string;
  /** The whole sentence. */
  readonly message: string;
}

/** JSON Schema (2020-12, as OpenAPI 3.1 uses it) of a value that is there. */
export interface FieldSchema {
  readonly type: 'string' | 'integer' | 'number';
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly example?: string | number;
  /** What an absent value counts as. */
  readonly default?: string | number;
}

/** A rule names at most this many of a feature's categories. */
const MOST_NAMED = 20;

/** The rule of one feature of a record. Nothing is converted: the text "5" is no number. */
export class FieldContract {
  readonly name: string;
  /** What a value must be, in words that follow "must be": `a whole number from 1 to 10`. */
  readonly words: string;
  readonly jsonSchema: FieldSchema;
  private readonly places: ReadonlyMap<unknown, number> | null;
  private readonly takesWords: boolean;
  private readonly whole: boolean;
  private readonly minimum: number;
  private readonly maximum: number;
  private readonly above: number;

  constructor(
    readonly feature: RecordFeature,
    /** The field may be absent or null: training rows lacked it too, or it is held at a value then. */
    readonly optional: boolean,
    /** Of a feature of words: the number of a known word, NaN for any other. */
    private readonly wordNumber: (word: string | number) => number = () => NaN,
  ) {
    this.name = feature.name;
    this.words = wordsOf(feature) + (optional ? ', or absent' : '');
    this.jsonSchema = jsonSchemaOf(feature);
    this.takesWords = feature.kind === 'word';
    this.whole = feature.kind === 'integer' || (feature.kind === 'word' && feature.whole === true);
    const { minimum, maximum, exclusiveMinimum } = boundsOf(feature);
    // No infinite number is within these.
    this.minimum = minimum ?? -Number.MAX_VALUE;
    this.maximum = maximum ?? Number.MAX_VALUE;
    this.above = exclusiveMinimum ?? -Infinity;
    this.places =
      feature.kind === 'categorical'
        ? new Map(feature.categories.map((category, place) => [category, place]))
        : null;
  }

  /**
   * The number that stands for a value in a row: a category's place, a word's number, or the number
   * itself.
   * @returns NaN for a value that breaks the rule, for one that is absent or null, and for a word that is
   *   not known
   */
  numberOf(value: unknown): number {
    if (this.takesWords) return this.isWord(value) ? this.wordNumber(value) : NaN;
    if (this.places !== null) return this.places.get(value) ?? NaN;
    if (typeof value !== 'number') return NaN;
    if (this.whole && !Number.isInteger(value)) return NaN;
    return value >= this.minimum && value <= this.maximum && value > this.above ? value : NaN;
  }

  /** Whether a record may have this value, or lack it if it is undefined or null. */
  accepts(value: unknown): boolean {
    if (this.takesWords && (value === '' || value === null)) return true;
    if (value === undefined || value === null) return this.optional;
    if (this.takesWords) return this.isWord(value);
    return !Number.isNaN(this.numberOf(value));
  }

  /** Any text is a word, known or not; of ids it is a whole number. Empty ones are answered by what is above. */
  private isWord(value: unknown): value is string | number {
    if (this.whole) return Number.isSafeInteger(value);
    return typeof value === 'string' && hasAtMost(value, LONGEST_WORD);
  }

  /** What is wrong with a value that the field does not accept. */
  problem(value: unknown): FieldProblem {
    return fieldProblem(this.name, value, this.words);
  }
}

/** Has a text at most so many characters (code points, as JSON Schema counts them)? */
function hasAtMost(text: string, most: number): boolean {
  return text.length <= most || (text.length <= 2 * most && [...text].length <= most);
}

/**
 * What is wrong with a value, as a sentence and in parts.
 * @param value what was got; undefined if the field is missing
 * @param rule what it must be, in words that follow "must be"
 */
export function fieldProblem(field: string, value: unknown, rule: string): FieldProblem {
  if (value === undefined) {
    return { field, rule, message: `${field} is missing; it must be ${rule}` };
  }
  const got = shownValue(value);
  return {
    field,
    value: got,
    rule,
    message: `${field} is ${JSON.stringify(got)}; it must be ${rule}`,
  };
}

/** What a record of a schema must be. */
export class RecordContract {
  /** In schema order. */
  readonly fields: readonly FieldContract[];
  /** Names of the fields, as a sentence lists them: `impressions, budget`. */
  readonly names: string;
  private readonly byName: ReadonlyMap<string, FieldContract>;
  /** By field: the number that an absent value counts as; NaN: it stays absent. */
  private readonly heldAt: Float64Array;
  /** Whether a plain object has a value by a field's name that is not its own, as `constructor` is. */
  private readonly mayInherit: boolean;

  /**
   * @param ranges of the model's card. A feature may be absent if its schema says so (`missing`, or
   *   `bias`, which holds it at a value then), or, but for words, if some training row lacked it.
   * @param words that the model knows; without it no word is known
   * @throws ForestError SCHEMA_INVALID
   */
  constructor(
    readonly schema: RecordSchema,
    ranges: Readonly<Record<string, TrainingRange>> = {},
    private readonly words?: WordEncoding,
  ) {
    const closed = schema.features.filter(({ kind }) => kind !== 'word');
    if (closed.length === schema.features.length) checkSchema(schema as Schema);
    this.fields = schema.features.map((feature, f) => {
      // A card counts words that were forgotten among those that were missing.
      const lacking = feature.kind === 'word' ? 0 : (ranges[feature.name]?.missing ?? 0);
      const optional = (feature.missing ?? lacking > 0) || feature.bias !== undefined;
      return new FieldContract(feature, optional, words && ((word) => words.numberOf(f, word)));
    });
    this.byName = new Map(this.fields.map((field) => [field.name, field]));
    this.names = [...this.byName.keys()].join(', ');
    this.heldAt = Float64Array.from(this.fields, heldNumber);
    this.mayInherit = this.fields.some(({ name }) => name in Object.prototype);
  }

  /** How many numbers a row has. */
  get width(): number {
    return this.fields.length;
  }

  /**
   * Checks a record and turns it into numbers, in one pass.
   * @param rows gets the record's `width` numbers from place `at` on: numbers as they are, a
   *   category as its place in the list, NaN for what is absent and for a word that is not known; what
   *   is absent and held at a value, as that value. What it holds means nothing if the record is refused.
   * @returns whether the record is valid; if not, `problems` tells why
   */
  read(record: object, rows: Float64Array, at = 0): boolean {
    const values = record as Readonly<Record<string, unknown>>;
    const { fields } = this;
    let known = 0;
    for (let f = 0; f < fields.length; f++) {
      const field = fields[f];
      const value = values[field.name];
      const number = field.numberOf(value);
      const isNone = number !== number;
      if (isNone && !field.accepts(value)) return false;
      if (value !== undefined) known++;
      rows[at + f] = isNone && (value ?? null) === null ? this.heldAt[f] : number;
    }
    let named = 0;
    for (const name in values) {
      // A list of the names would cost half of all this.
      void name;
      named++;
    }
    // As many names as known values, all of them its own: what most records are is told fastest so.
    const isPlain = !this.mayInherit && Object.getPrototypeOf(values) === Object.prototype;
    if (isPlain && named === known) return true;
    let given = 0;
    for (const name in values) {
      if (values[name] !== undefined && Object.hasOwn(values, name)) given++;
    }
    // More than known: a field is unknown. Fewer: a value is not the record's own.
    return given === known;
  }

  /** The number of one field's value in a row, as `read` writes it. NaN if it breaks the rule. */
  numberIn(f: number, value: unknown): number {
    return (value ?? null) === null ? this.heldAt[f] : this.fields[f].numberOf(value);
  }

  /** What a record lacks and is held at a value: those values, by field. */
  heldIn(record: object): Record<string, number | string> {
    const values = record as Readonly<Record<string, unknown>>;
    const held: Record<string, number | string> = {};
    for (const { name, feature } of this.fields) {
      if (feature.bias !== undefined && (values[name] ?? null) === null) {
        held[name] = feature.bias.heldAt;
      }
    }
    return held;
  }

  /**
   * Everything that is wrong with a record, in schema order, unknown fields last.
   * @param most how many problems to list
   * @returns none for a valid record
   */
  problems(record: object, most = Infinity): FieldProblem[] {
    const found: FieldProblem[] = [];
    for (const field of this.fields) {
      const value = Object.hasOwn(record, field.name)
        ? (record as Record<string, unknown>)[field.name]
        : undefined;
      if (!field.accepts(value)) found.push(field.problem(value));
    }
    for (const [name, value] of Object.entries(record)) {
      if (found.length >= most) break;
      if (value !== undefined && !this.byName.has(name)) found.push(this.unknown(name, value));
    }
    return found.slice(0, most);
  }

  /** A row as a record: a category by its name, a word by its text, no field for what is missing. */
  recordOf(row: ArrayLike<number>): Record<string, number | string> {
    const record: Record<string, number | string> = {};
    this.schema.features.forEach((feature, f) => {
      if (Number.isNaN(row[f])) return;
      record[feature.name] = this.valueOf(feature, f, row[f]);
    });
    return record;
  }

  private valueOf(feature: RecordFeature, f: number, number: number): number | string {
    if (feature.kind === 'categorical') return feature.categories[number];
    if (feature.kind !== 'word' || feature.whole === true) return number;
    return this.words!.wordOf(f, number);
  }

  private unknown(name: string, value: unknown): FieldProblem {
    const rule = `no field but ${this.names}`;
    const field = shortened(name);
    const message = `${field} is not a field of this model; there is ${rule}`;
    return { field, value: shownValue(value), rule, message };
  }
}

/** @throws ForestError SCHEMA_INVALID if a feature is held at a value that it cannot have */
function heldNumber(field: FieldContract): number {
  const { bias } = field.feature;
  if (bias === undefined) return NaN;
  const { heldAt } = bias;
  if (heldAt !== undefined && heldAt !== null && field.accepts(heldAt))
    return field.numberOf(heldAt);
  const detail = `feature ${field.name} is held at ${shown(heldAt)}, wanted ${wordsOf(field.feature)}`;
  throw new ForestError('SCHEMA_INVALID', detail);
}

/** Longest text that an error repeats, in UTF-16 units. */
const MOST_SHOWN = 64;

/** Text as an error repeats it: at most 64 characters of it. */
export function shortened(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}

/** A value as an error repeats it in JSON: short, flat, and something that JSON can say. */
export function shownValue(value: unknown): unknown {
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return '(an array)';
  if (typeof value === 'object' && value !== null) return '(an object)';
  return value;
}

/** A value as a sentence repeats it: `"watch"`, `-5`, `a list of 3`, `missing`. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(shortened(value)) : shortened(String(value));
}

/** Bounds of a feature's values; none for a category. */
function boundsOf(
  feature: RecordFeature,
): Pick<FieldSchema, 'minimum' | 'exclusiveMinimum' | 'maximum'> {
  if (feature.kind === 'categorical' || feature.kind === 'word') return {};
  const { minimum, maximum } = feature;
  const exclusiveMinimum = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return {
    ...(minimum !== undefined && { minimum }),
    ...(exclusiveMinimum !== undefined && { exclusiveMinimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

function wordsOf(feature: RecordFeature): string {
  if (feature.kind === 'word') {
    return feature.whole === true
      ? 'a whole number, or empty'
      : `a text of at most ${LONGEST_WORD} characters`;
  }
  if (feature.kind !== 'categorical') {
    return numberWords({ whole: feature.kind === 'integer', ...boundsOf(feature) });
  }
  const { categories } = feature;
  const rest = categories.length - MOST_NAMED;
  // A category with a comma in it would read as two.
  const quoted = categories.some((category) => /,|^\s|\s$|^$/.test(category));
  const names = categories.slice(0, MOST_NAMED).map((c) => (quoted ? JSON.stringify(c) : c));
  const named = names.join(', ');
  return `one of ${named}${rest > 0 ? ` or ${rest} more` : ''}`;
}

/** What a number must be; the names are those of JSON Schema. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

/** A rule in words that follow "must be": `a whole number from 1 to 10`. */
export function numberWords(rule: NumberRule): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = rule;
  const noun = rule.whole === true ? 'a whole number' : 'a number';
  const isRange = minimum !== undefined && maximum !== undefined;
  if (isRange && exclusiveMinimum === undefined && exclusiveMaximum === undefined) {
    return `${noun} from ${minimum} to ${maximum}`;
  }
  const bounds = [
    exclusiveMinimum !== undefined && `greater than ${exclusiveMinimum}`,
    minimum !== undefined && `at least ${minimum}`,
    exclusiveMaximum !== undefined && `less than ${exclusiveMaximum}`,
    maximum !== undefined && `at most ${maximum}`,
  ].filter((bound) => bound !== false);
  return bounds.length === 0 ? noun : `${noun} ${bounds.join(' and ')}`;
}

function jsonSchemaOf(feature: RecordFeature): FieldSchema {
  const { description, example, bias } = feature;
  const text = {
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
    ...(bias !== undefined && { default: bias.heldAt }),
  };
  if (feature.kind === 'word') {
    if (feature.whole === true) return { type: 'integer', ...text };
    return { type: 'string', maxLength: LONGEST_WORD, ...text };
  }
  if (feature.kind === 'categorical') return { type: 'string', enum: feature.categories, ...text };
  return {
    type: feature.kind === 'integer' ? 'integer' : 'number',
    ...boundsOf(feature),
    ...text,
  };
}
