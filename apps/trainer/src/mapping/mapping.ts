import { isDeepStrictEqual } from 'node:util';
import { defaultSchema, type RecordFeature } from '@adscale/ctr';

/** How one feature of the model is taken from a column. */
export interface FeatureMapping {
  /** A column of the data, or a derived one. */
  readonly column: string;
  readonly kind: RecordFeature['kind'];
  readonly minimum?: number;
  readonly exclusive_minimum?: number;
  readonly maximum?: number;
  /** The words of a categorical feature; taken from the data if absent. */
  readonly categories?: readonly string[];
  /** The words of a feature of kind word are whole numbers that name something, such as ids. */
  readonly whole?: boolean;
  /** Empty cells are trained on as "missing"; otherwise they make a row unusable. */
  readonly missing?: boolean;
  /**
   * Learnt from, and held at a value in records that lack it: a position, which candidates that are
   * ranked do not have yet.
   */
  readonly bias?: boolean;
  /** The value that a feature with `bias` is held at. Default: the least, or the commonest category. */
  readonly held_at?: number | string;
  /** Trained on although it follows the clicks. */
  readonly force?: boolean;
  readonly description?: string;
}

/**
 * What a table's columns mean; the content of a mapping file, and a part of the model's card.
 * Either `clicks` and `impressions` count, or `label` is 1 on the impressions that were clicked.
 */
export interface Mapping {
  readonly impressions?: string;
  readonly clicks?: string;
  /** A column of 0 and 1: the data is a click log, one row an impression. */
  readonly label?: string;
  /** The probability of a click, where a generator knows it. */
  readonly true_ctr?: string;
  /** When the row happened: a date, a time, or any number that grows. For splits by time. */
  readonly time?: string;
  /** Rows that belong together, such as a campaign's. For splits by group. */
  readonly group?: string;
  /** By the name that the API takes it under. */
  readonly features: Readonly<Record<string, FeatureMapping>>;
  /**
   * Chains of features, coarse before fine, each word of one within one of the one before: an unknown
   * creative is answered by its ad group. Found in the data if absent.
   */
  readonly hierarchy?: readonly (readonly string[])[];
  /** Pairs of features whose combinations are words of their own. */
  readonly cross?: readonly (readonly [string, string])[];
  /** Further columns, each an SQL expression over the others. */
  readonly derived?: Readonly<Record<string, string>>;
  /** SQL conditions that a row must meet to be learned from. */
  readonly where?: readonly string[];
  /** The decimal mark in text; found out from the data if absent. */
  readonly decimal?: 'point' | 'comma';
  /** Which part of 07/09/2026 comes first, day or month; found out from the data if absent. */
  readonly dates?: 'dmy' | 'mdy';
  /**
   * Impressions are a feature too, named `impressions`: CTR depends on volume, as people tire of an
   * ad and auctions give more of the lesser places.
   */
  readonly exposure_feature?: boolean;
  /**
   * Share of the impressions without a click that the data holds, in (0, 1]; clicks are all there.
   * All figures are those of the data before it was sampled. Default 1.
   */
  readonly negative_sampling_rate?: number;
  /** A label above 1 counts the clicks of one impression: it is one click, or a fault. Default cap. */
  readonly repeat_clicks?: 'cap' | 'refuse';
  /** Empty clicks beside impressions are no clicks, as some platforms write them, or a fault. */
  readonly blank_clicks?: 'zero' | 'refuse';
  /** Rows of one key with other counts: the newest is taken, the data refused, or all are kept. */
  readonly restated?: Restated;
  /** Days that are left out at the end, whose counts still grow: whole number ≥ 0. Default 0. */
  readonly mature_days?: number;
  /** What happens to rows that break a rule. Default refuse. */
  readonly dirty?: 'drop' | 'refuse';
}

/** What becomes of rows that say again what others say, with other counts. */
export type Restated = 'newest' | 'refuse' | 'keep';

/** So many words of a categorical feature are kept; the rest is `OTHER`. */
export const MAX_CATEGORIES = 100;

/** The word for all words of a categorical feature that are not listed. */
export const OTHER = 'other';

/** A column of more different values than this holds words: no list of them stays complete. */
export const MOST_LISTED = 50;

/** Is a feature taken from text? */
export const isText = ({ kind, whole }: FeatureMapping): boolean =>
  kind === 'categorical' || (kind === 'word' && whole !== true);

/** A name that the API can take a feature under. */
export const FEATURE_NAME = /^[a-z][a-z0-9_]*$/;

/** The columns of the data that a mapping names, derived ones included. */
export function columnsOf(mapping: Mapping): string[] {
  const { impressions, clicks, label, true_ctr: truth, time, group, features } = mapping;
  const roles = [impressions, clicks, label, truth, time, group];
  const names = [...roles, ...Object.values(features).map(({ column }) => column)];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * The feature of a schema that a mapping's feature becomes.
 * @param feature if categorical, one that lists its words
 */
export function featureOf(name: string, feature: FeatureMapping): RecordFeature {
  const { kind, categories, missing, description, bias, held_at: heldAt } = feature;
  const rest = {
    ...(bias === true && heldAt !== undefined && { bias: { heldAt } }),
    ...(missing === true && { missing }),
    ...(description !== undefined && { description }),
  };
  if (kind === 'categorical') return { name, kind, categories: categories!, ...rest };
  if (kind === 'word')
    return { name, kind, ...(feature.whole === true && { whole: true }), ...rest };
  const { minimum, exclusive_minimum: exclusive, maximum } = feature;
  return {
    name,
    kind,
    ...(minimum !== undefined && { minimum }),
    ...(kind === 'numeric' && exclusive !== undefined && { exclusiveMinimum: exclusive }),
    ...(maximum !== undefined && { maximum }),
    ...rest,
  };
}

/** The mapping of a schema's feature that is taken from a column of its name. */
export function mappingOf(feature: RecordFeature): FeatureMapping {
  const { name: column, kind, description, bias } = feature;
  const rest = {
    ...(bias !== undefined && { bias: true, held_at: bias.heldAt }),
    ...(feature.missing === true && { missing: true }),
    ...(description !== undefined && { description }),
  };
  if (kind === 'categorical') return { column, kind, categories: feature.categories, ...rest };
  if (kind === 'word')
    return { column, kind, ...(feature.whole === true && { whole: true }), ...rest };
  const { minimum, maximum } = feature;
  const exclusive = kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return {
    column,
    kind,
    ...(minimum !== undefined && { minimum }),
    ...(exclusive !== undefined && { exclusive_minimum: exclusive }),
    ...(maximum !== undefined && { maximum }),
    ...rest,
  };
}

/**
 * The mapping of the default model: columns named as its features and `clicks`.
 * @param names of the table's columns: `true_ctr` is taken if it is there
 */
export function defaultMapping(names: readonly string[]): Mapping {
  return {
    impressions: 'impressions',
    clicks: 'clicks',
    ...(names.includes('true_ctr') && { true_ctr: 'true_ctr' }),
    features: Object.fromEntries(
      defaultSchema.features.map((feature) => [feature.name, mappingOf(feature)]),
    ),
  };
}

/** Is a mapping that of the default model? */
export function isDefault({ impressions, clicks, features }: Mapping): boolean {
  const { features: standard } = defaultMapping([]);
  return (
    impressions === 'impressions' && clicks === 'clicks' && isDeepStrictEqual(features, standard)
  );
}

/** Does a table have all columns that the default mapping names? */
export function fitsDefault(names: readonly string[]): boolean {
  return [...defaultSchema.features.map(({ name }) => name), 'clicks'].every((name) =>
    names.includes(name),
  );
}

/**
 * The columns of a table of the default model that its mapping leaves alone. `ctr` is not among them:
 * it tells nothing that clicks do not.
 */
export function besideDefault(names: readonly string[]): string[] {
  const known = [...columnsOf(defaultMapping(names)), 'ctr'];
  return names.filter((name) => !known.includes(name));
}

/** Name of the feature that impressions are, where they are one: decisions know it by this name. */
export const EXPOSURE_FEATURE = 'impressions';

/** The mapping with everything written out that its keys stand for. */
export function expandMapping(mapping: Mapping): Mapping {
  const { exposure_feature: wanted, impressions, features } = mapping;
  if (wanted !== true || impressions === undefined || EXPOSURE_FEATURE in features) return mapping;
  const exposure = { column: impressions, kind: 'integer', minimum: 1, missing: true } as const;
  return { ...mapping, features: { [EXPOSURE_FEATURE]: exposure, ...features } };
}
