/*
 * What a job may be asked to do. Each option is one flag of the trainer, its value checked here and
 * handed on as `--flag=value` in an argument of its own: nothing that a client writes is a command line,
 * and a value that begins with a dash is still a value.
 */
import { fieldProblem, modelKinds } from '@adscale/ctr';
import { type FieldError, ProblemError } from '../problem/problem.js';
import type { JobKind } from './jobs.js';

/** An option of a job. */
export interface JobOption {
  /** Jobs that know it. */
  readonly kinds: readonly JobKind[];
  /** In words that follow "must be". */
  readonly rule: string;
  readonly meaning: string;
  /** As OpenAPI writes it. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Arguments of the trainer; undefined if the value breaks the rule. */
  readonly argumentsOf: (value: unknown) => string[] | undefined;
}

const BOTH: readonly JobKind[] = ['inspect', 'train'];
const TRAIN: readonly JobKind[] = ['train'];
const MOST_SECONDS = 3600;
const MOST_LETTERS = 300;

/** By name. The mapping is not among them: it goes by a file. */
export const jobOptions: Readonly<Record<string, JobOption>> = {
  impressions: column('impressions', 'Column that counts how often the ad was shown.'),
  clicks: column('clicks', 'Column that counts the clicks.'),
  label: column('label', 'Column of 0 and 1, one row an impression.'),
  encoding: textOption('encoding', 'Of text, such as windows-1252; found out if absent.'),
  sheet: textOption('sheet', 'Of a workbook, by name or place; else the first.'),
  table: whole('table', BOTH, [1, 1000], 'Which of several tables in a file; else the largest.'),
  decimal: oneOf('decimal', BOTH, ['point', 'comma'], 'The decimal mark; found out if absent.'),
  dates: oneOf('dates', BOTH, ['dmy', 'mdy'], 'Whether 07/09/2026 is in September or in July.'),
  trees: whole('trees', TRAIN, [1, 5000], 'Number of trees.'),
  depth: whole('depth', TRAIN, [1, 64], 'Deepest a tree may grow.'),
  bins: whole('bins', TRAIN, [2, 65_535], 'Bins of a numeric feature.'),
  leaf_rows: whole('leaf-rows', TRAIN, [1, 1e9], 'Rows that a leaf must keep.'),
  seed: whole('seed', TRAIN, [0, 2 ** 31 - 1], 'Same seed, same model, byte for byte.'),
  held_out: share('held-out', TRAIN, 'Share of the rows that only judge the model.'),
  split_by: oneOf('split-by', TRAIN, ['rows', 'date', 'group'], 'Which rows are held out.'),
  model: oneOf('model', TRAIN, ['auto', ...modelKinds], 'Kind of model; auto compares all.'),
  folds: whole('folds', TRAIN, [2, 100], 'Also judge so many forests, each on its own fold.'),
  tune: whole('tune', TRAIN, [1, MOST_SECONDS], 'Seconds to search better settings for.'),
  promote: {
    kinds: TRAIN,
    rule: 'true or false',
    meaning: 'Serve the new version at once. Default: false, it waits under /models.',
    schema: { type: 'boolean' },
    argumentsOf: (value) =>
      typeof value === 'boolean' ? (value ? [] : ['--no-promote']) : undefined,
  },
};

/** What a request asks for. */
export interface AskedOptions {
  /** As they were given. */
  readonly told: Readonly<Record<string, unknown>>;
  /** The mapping as JSON. */
  readonly mapping?: string;
}

/**
 * Reads the options of a job.
 * @throws ProblemError INVALID_TRAINING naming each that is wrong or unknown
 */
export function readOptions(kind: JobKind, given: unknown): AskedOptions {
  if (given === undefined) return { told: {} };
  if (!isPlain(given)) throw invalid([fieldProblem('options', given, 'an object of options')]);
  const { mapping, ...told } = given;
  const errors = Object.entries(told).flatMap(([name, value]) => errorOf(kind, name, value));
  if (mapping !== undefined && (kind !== 'train' || !isPlain(mapping))) {
    const rule = kind === 'train' ? 'a mapping, as inspect drafts it' : 'absent: inspect drafts it';
    errors.push(fieldProblem('options.mapping', mapping, rule));
  }
  if (errors.length > 0) throw invalid(errors);
  return { told, ...(mapping !== undefined && { mapping: JSON.stringify(mapping) }) };
}

/** The arguments that options stand for, and those that a job has without being asked. */
export function optionArguments(
  kind: JobKind,
  told: Readonly<Record<string, unknown>>,
): readonly string[] {
  const asked = kind === 'train' ? { promote: false, ...told } : told;
  return Object.entries(asked).flatMap(([name, value]) => jobOptions[name].argumentsOf(value)!);
}

/** @throws ProblemError always */
export function invalid(errors: readonly FieldError[]): ProblemError {
  return new ProblemError('INVALID_TRAINING', { errors });
}

function errorOf(kind: JobKind, name: string, value: unknown): FieldError[] {
  const option = Object.hasOwn(jobOptions, name) ? jobOptions[name] : undefined;
  const field = `options.${name.slice(0, 64)}`;
  if (option?.kinds.includes(kind) !== true) {
    const known = Object.keys(jobOptions).filter((other) => jobOptions[other].kinds.includes(kind));
    const names = [...known, ...(kind === 'train' ? ['mapping'] : [])].join(', ');
    return [fieldProblem(field, value, `absent: ${kind} has the options ${names}`)];
  }
  const isGood = option.argumentsOf(value) !== undefined;
  return isGood ? [] : [fieldProblem(field, value, option.rule)];
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whole(
  flag: string,
  kinds: readonly JobKind[],
  [minimum, maximum]: readonly [number, number],
  meaning: string,
): JobOption {
  const isGood = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
  return {
    ...{ kinds, meaning, rule: `a whole number from ${minimum} to ${maximum}` },
    schema: { type: 'integer', minimum, maximum },
    argumentsOf: (value) => (isGood(value) ? [`--${flag}=${String(value)}`] : undefined),
  };
}

function share(flag: string, kinds: readonly JobKind[], meaning: string): JobOption {
  return {
    ...{ kinds, meaning, rule: 'a number from 0.01 to 0.9' },
    schema: { type: 'number', minimum: 0.01, maximum: 0.9 },
    argumentsOf: (value) =>
      typeof value === 'number' && value >= 0.01 && value <= 0.9
        ? [`--${flag}=${value}`]
        : undefined,
  };
}

function oneOf(
  flag: string,
  kinds: readonly JobKind[],
  words: readonly string[],
  meaning: string,
): JobOption {
  return {
    ...{ kinds, meaning, rule: `one of ${words.join(', ')}` },
    schema: { type: 'string', enum: words },
    argumentsOf: (value) =>
      words.some((word) => word === value) ? [`--${flag}=${value as string}`] : undefined,
  };
}

function textOption(flag: string, meaning: string): JobOption {
  return {
    ...{ kinds: BOTH, meaning, rule: `a text of 1 to ${MOST_LETTERS} letters without controls` },
    schema: { type: 'string', minLength: 1, maxLength: MOST_LETTERS },
    argumentsOf: (value) => (isName(value, MOST_LETTERS) ? [`--${flag}=${value}`] : undefined),
  };
}

/** Columns are named as the data has them, line ends and all; only NUL cannot be an argument. */
function column(flag: string, meaning: string): JobOption {
  const isGood = (value: unknown): value is string =>
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MOST_LETTERS &&
    !value.includes('\0');
  return {
    ...{ kinds: BOTH, meaning, rule: `the name of a column, 1 to ${MOST_LETTERS} letters` },
    schema: { type: 'string', minLength: 1, maxLength: MOST_LETTERS },
    argumentsOf: (value) => (isGood(value) ? [`--${flag}=${value}`] : undefined),
  };
}

/** Whether a value can be the name of something: it has letters, not too many, and no controls. */
export function isName(value: unknown, most: number): value is string {
  if (typeof value !== 'string' || value.length > most) return false;
  // Controls, and halves of characters.
  return value.trim() !== '' && !/[\p{Cc}\p{Cs}]/u.test(value);
}
