import { ForestError } from '../errors.js';

interface FeatureText {
  /** Unique within the schema; also the record's key. */
  readonly name: string;
  readonly description?: string;
  /** A record may lack it: some training rows did. */
  readonly missing?: boolean;
}

/** A real number. The bounds are for validation and documentation; the forest takes any number. */
export interface NumericFeature extends FeatureText {
  readonly kind: 'numeric';
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly example?: number;
}

/** A whole number. Binned like a numeric one. */
export interface IntegerFeature extends FeatureText {
  readonly kind: 'integer';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: number;
}

/** One of a closed list of words, in no order. A word outside the list counts as missing. */
export interface CategoricalFeature extends FeatureText {
  readonly kind: 'categorical';
  readonly categories: readonly string[];
  readonly example?: string;
}

export type Feature = NumericFeature | IntegerFeature | CategoricalFeature;

/** What a row is: its features in order. */
export interface Schema {
  readonly features: readonly Feature[];
}

/** A row as people write it: one value per feature name; absent or null is missing. */
export type FeatureRecord = Readonly<Record<string, unknown>>;

const MAX_FEATURES = 1024;
const MAX_CATEGORIES = 65_000;

/**
 * Checks a schema once, wherever it came from.
 * @throws ForestError SCHEMA_INVALID naming the feature and the rule
 */
export function checkSchema(schema: Schema): Schema {
  const features: unknown = schema?.features;
  if (!Array.isArray(features) || features.length < 1 || features.length > MAX_FEATURES) {
    throw new ForestError('SCHEMA_INVALID', `features must be a list of 1 to ${MAX_FEATURES}`);
  }
  const seen = new Set<string>();
  for (const feature of features as Feature[]) {
    const name = feature?.name;
    if (typeof name !== 'string' || name === '') {
      throw new ForestError('SCHEMA_INVALID', 'every feature needs a name');
    }
    if (seen.has(name)) throw new ForestError('SCHEMA_INVALID', `feature ${name} is named twice`);
    seen.add(name);
    checkKind(feature);
  }
  return schema;
}

function checkKind(feature: Feature): void {
  const { missing } = feature as { missing?: unknown };
  if (missing !== undefined && typeof missing !== 'boolean') {
    throw new ForestError(
      'SCHEMA_INVALID',
      `feature ${feature.name}: missing must be true or false, got ${String(missing)}`,
    );
  }
  if (feature.kind === 'numeric' || feature.kind === 'integer') return;
  if (feature.kind !== 'categorical') {
    const { name, kind } = feature as { name: string; kind: unknown };
    throw new ForestError(
      'SCHEMA_INVALID',
      `feature ${name}: kind must be numeric, integer or categorical, got ${String(kind)}`,
    );
  }
  const { name, categories } = feature;
  const words = Array.isArray(categories) && categories.every((c) => typeof c === 'string');
  if (!words || categories.length < 1 || categories.length > MAX_CATEGORIES) {
    throw new ForestError(
      'SCHEMA_INVALID',
      `feature ${name}: categories must be 1 to ${MAX_CATEGORIES} words`,
    );
  }
  if (new Set(categories).size !== categories.length) {
    throw new ForestError('SCHEMA_INVALID', `feature ${name}: a category is listed twice`);
  }
}

/**
 * The first difference between the rows of two schemas: another feature at a place, or another
 * category. Whole numbers and others are numbers alike.
 * @returns what `got` has and what was wanted, or null if the rows of both mean the same
 */
export function differenceOf(wanted: Schema, got: Schema): string | null {
  const length = Math.max(wanted.features.length, got.features.length);
  for (let f = 0; f < length; f++) {
    const [there, here] = [wanted.features[f], got.features[f]];
    if (there?.name !== here?.name) {
      return `its column ${f} is ${here?.name ?? 'absent'}, wanted ${there?.name ?? 'no more'}`;
    }
    const [theirs, ours] = [categoriesOf(there), categoriesOf(here)];
    const place = longer(theirs, ours).findIndex((_, k) => theirs[k] !== ours[k]);
    if (place >= 0) {
      const [is, want] = [ours, theirs].map((list) => JSON.stringify(list[place]) ?? 'none');
      return `category ${place} of its column ${here.name} is ${is}, wanted ${want}`;
    }
  }
  return null;
}

function categoriesOf(feature: Feature): readonly string[] {
  return feature.kind === 'categorical' ? feature.categories : [];
}

function longer<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return a.length > b.length ? a : b;
}

/**
 * Turns records into rows: numbers as they are, a category as its place in the list, whatever is
 * missing, not a number or not in the list as NaN.
 */
export class RowEncoder {
  readonly width: number;
  private readonly places: readonly (ReadonlyMap<string, number> | null)[];

  constructor(readonly schema: Schema) {
    this.width = schema.features.length;
    this.places = schema.features.map((feature) =>
      feature.kind === 'categorical'
        ? new Map(feature.categories.map((category, place) => [category, place]))
        : null,
    );
  }

  /** Writes `record` into `row` (length = number of features) and returns it. */
  encode(record: FeatureRecord, row: Float64Array = new Float64Array(this.width)): Float64Array {
    const { features } = this.schema;
    for (let f = 0; f < features.length; f++) {
      row[f] = this.encodeValue(f, record[features[f].name]);
    }
    return row;
  }

  /** The number that stands for `value` in feature `f`. */
  encodeValue(f: number, value: unknown): number {
    const places = this.places[f];
    if (places === null) return typeof value === 'number' ? value : NaN;
    return (typeof value === 'string' ? places.get(value) : undefined) ?? NaN;
  }
}
