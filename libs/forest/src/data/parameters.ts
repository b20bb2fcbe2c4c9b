import { ForestError } from '../errors.js';
import type { Schema } from './schema.js';

export type Criterion = 'squared_error' | 'poisson';

export type NoiseKind = 'binomial' | 'plain';

/** What boosting minimises, and with it the link: none, log-odds, logarithm. */
export type BoostLoss = 'squared_error' | 'binomial' | 'poisson';

/** How to grow a forest. Everything is optional; the defaults suit noisy tabular data. */
export interface FitOptions {
  /** Number of trees, 1 to 100,000. Default 100. */
  readonly trees?: number;
  /** Any safe integer; the same seed gives the same bytes. Default 42. */
  readonly seed?: number;
  /** What a split minimises. Default squared_error; poisson wants targets ≥ 0. */
  readonly criterion?: Criterion;
  /** Bins of a numeric feature, 2 to 65,000. Default 255. */
  readonly maxBins?: number;
  /** Edges from the root to the deepest leaf, 1 to 64. Default 32. */
  readonly maxDepth?: number;
  /** Leaves of a tree, ≥ 2, best gain first. Default: no bound. */
  readonly maxLeaves?: number;
  /** Distinct in-bag rows a leaf must keep, ≥ 1. Default 5. */
  readonly minLeafRows?: number;
  /** In-bag weight a leaf must keep, ≥ 0. Default 0. */
  readonly minLeafWeight?: number;
  /** Loss a split must save, per unit of the tree's weight, ≥ 0. Default 0. */
  readonly minGain?: number;
  /** Features drawn at each split: a share in (0, 1) or a count ≥ 1. Default: all of them. */
  readonly maxFeatures?: number;
  /** Draw each tree's rows with replacement. Default true. */
  readonly bootstrap?: boolean;
  /** Rows drawn for a tree over rows there are, in (0, 1]. Default 1. */
  readonly sampleFraction?: number;
  /** One random cut a feature instead of the best (Geurts et al. 2006). Default false. */
  readonly extraTrees?: boolean;
  /** By feature name: +1 the prediction may only rise with it, −1 only fall. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>;
  /**
   * What intervals take the target's noise to be: binomial if the target is a rate in [0, 1] over
   * the weight, a count; else plain. Default plain.
   */
  readonly noise?: NoiseKind;
  /**
   * Judge each row by the trees that did not see it: out-of-bag metrics, calibration and intervals
   * need it, and it takes about a fifth of the time. Default true.
   */
  readonly outOfBag?: boolean;
}

/** The rules of boosting that no bag has. */
export interface BoostRules {
  readonly loss: BoostLoss;
  readonly rounds: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly columnSample: number;
  readonly categorySmoothing: number;
  readonly folds: number;
  readonly patience: number;
}

/** `FitOptions` with every default filled in and every name resolved against the schema. */
export interface FitParameters {
  readonly trees: number;
  readonly seed: number;
  readonly criterion: Criterion;
  readonly maxBins: number;
  readonly maxDepth: number;
  /** 0: no bound. */
  readonly maxLeaves: number;
  readonly minLeafRows: number;
  readonly minLeafWeight: number;
  readonly minGain: number;
  /** A count, 1 to the number of features. */
  readonly maxFeatures: number;
  readonly bootstrap: boolean;
  readonly sampleFraction: number;
  readonly extraTrees: boolean;
  /** By feature place: +1, −1 or 0. */
  readonly monotone: readonly number[];
  readonly noise: NoiseKind;
  readonly outOfBag: boolean;
  /** Of boosted trees; absent where trees are bagged. */
  readonly boosting?: BoostRules;
}

export const MAX_TREES = 100_000;

/** What an option may be: a number in a range. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** The minimum itself is not allowed. */
  readonly open?: boolean;
}

const ranges: Readonly<Record<string, Range>> = {
  trees: { min: 1, max: MAX_TREES, whole: true },
  seed: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true },
  maxBins: { min: 2, max: 65_000, whole: true },
  maxDepth: { min: 1, max: 64, whole: true },
  maxLeaves: { min: 2, max: 2 ** 24, whole: true },
  minLeafRows: { min: 1, max: 2 ** 31 - 1, whole: true },
  minLeafWeight: { min: 0, max: Number.MAX_VALUE },
  minGain: { min: 0, max: Number.MAX_VALUE },
  maxFeatures: { min: 0, max: 1024, open: true },
  sampleFraction: { min: 0, max: 1, open: true },
};

const flags: readonly string[] = ['bootstrap', 'extraTrees', 'outOfBag'];
const words: Readonly<Record<string, readonly string[]>> = {
  criterion: ['squared_error', 'poisson'] satisfies Criterion[],
  noise: ['plain', 'binomial'] satisfies NoiseKind[],
};

/** The options that there are, by kind; `monotone` is one of all. */
export interface KnownOptions {
  readonly ranges: Readonly<Record<string, Range>>;
  readonly flags: readonly string[];
  readonly words: Readonly<Record<string, readonly string[]>>;
}

/**
 * Checks options by themselves.
 * @throws ForestError OPTION_INVALID naming the option, the value and its range
 */
export function checkOptions(options: object, known: KnownOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) checkOption(name, value, known);
  }
}

/**
 * The one place where fit options are checked and completed.
 * @throws ForestError OPTION_INVALID naming the option, the value and its range
 */
export function resolveParameters(schema: Schema, options: FitOptions = {}): FitParameters {
  checkOptions(options, { ranges, flags, words });
  const width = schema.features.length;
  return {
    trees: options.trees ?? 100,
    seed: options.seed ?? 42,
    criterion: options.criterion ?? 'squared_error',
    maxBins: options.maxBins ?? 255,
    maxDepth: options.maxDepth ?? 32,
    maxLeaves: options.maxLeaves ?? 0,
    minLeafRows: options.minLeafRows ?? 5,
    minLeafWeight: options.minLeafWeight ?? 0,
    minGain: options.minGain ?? 0,
    maxFeatures: featureCount(options.maxFeatures ?? width, width),
    bootstrap: options.bootstrap ?? true,
    sampleFraction: options.sampleFraction ?? 1,
    extraTrees: options.extraTrees ?? false,
    monotone: monotoneSigns(schema, options.monotone ?? {}),
    noise: options.noise ?? 'plain',
    outOfBag: options.outOfBag ?? true,
  };
}

export function refuse(name: string, value: unknown, wanted: string): never {
  throw new ForestError(
    'OPTION_INVALID',
    `${name} is ${JSON.stringify(value) ?? String(value)}, wanted ${wanted}`,
  );
}

function checkOption(name: string, value: unknown, { ranges, flags, words }: KnownOptions): void {
  if (name === 'monotone') return;
  if (Object.hasOwn(words, name)) {
    if (!words[name].includes(value as string)) refuse(name, value, words[name].join(' or '));
    return;
  }
  if (flags.includes(name)) {
    if (typeof value !== 'boolean') refuse(name, value, 'true or false');
    return;
  }
  if (!Object.hasOwn(ranges, name)) {
    const known = [...Object.keys(ranges), ...flags, ...Object.keys(words), 'monotone'].sort();
    refuse(name, value, `one of the options ${known.join(', ')}`);
  }
  const { min, max, whole = false, open = false } = ranges[name];
  const fits =
    typeof value === 'number' &&
    (open ? value > min : value >= min) &&
    value <= max &&
    (!whole || Number.isInteger(value));
  if (!fits) {
    refuse(name, value, `a${whole ? ' whole' : ''} number ${open ? '>' : '≥'} ${min} and ≤ ${max}`);
  }
}

/** A share below 1 is of the features, at least one; 1 and more is a count, at most all. */
function featureCount(wanted: number, width: number): number {
  const count = wanted < 1 ? Math.round(wanted * width) : Math.floor(wanted);
  return Math.min(width, Math.max(1, count));
}

/** By feature place: +1, −1 or 0. @throws ForestError OPTION_INVALID */
export function monotoneSigns(
  schema: Schema,
  monotone: Readonly<Record<string, number>>,
): number[] {
  const signs = schema.features.map(() => 0);
  for (const [name, sign] of Object.entries(monotone)) {
    const f = schema.features.findIndex((feature) => feature.name === name);
    if (f < 0) refuse(`monotone.${name}`, sign, 'the name of a feature');
    if (schema.features[f].kind === 'categorical') {
      refuse(`monotone.${name}`, sign, 'a numeric or integer feature: categories have no order');
    }
    if (sign !== 1 && sign !== -1) refuse(`monotone.${name}`, sign, '1 or -1');
    signs[f] = sign;
  }
  return signs;
}
