/* What the columns of an export mean: the draft that the trainer makes, as the form changes it. */

export const KINDS = ['numeric', 'integer', 'categorical', 'word'] as const;
export type Kind = (typeof KINDS)[number];

/** How a feature is taken from a column; keys that the form does not know stay as they are. */
export interface FeatureMapping {
  readonly column: string;
  readonly kind: Kind;
  readonly missing?: boolean;
  readonly whole?: boolean;
  readonly force?: boolean;
  readonly description?: string;
  readonly [other: string]: unknown;
}

export interface Mapping {
  readonly impressions?: string;
  readonly clicks?: string;
  readonly label?: string;
  readonly time?: string;
  readonly group?: string;
  readonly dirty?: 'drop' | 'refuse';
  readonly derived?: Readonly<Record<string, string>>;
  readonly features: Readonly<Record<string, FeatureMapping>>;
  readonly [other: string]: unknown;
}

export type Role = 'impressions' | 'clicks' | 'label' | 'time' | 'group';

/** A column as the trainer profiles it. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: string;
  readonly rows: number;
  readonly missing: number;
  readonly unreadable: number;
  readonly distinct: number;
  readonly quantiles?: readonly number[];
  readonly top?: readonly { readonly value: string; readonly rows: number }[];
}

/** What `adscale inspect --json` says of a table, as far as the page shows it. */
export interface Inspection {
  readonly source: string;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly files: readonly {
    readonly written?: string;
    readonly delimiter?: string;
    readonly header_line?: number;
  }[];
  readonly totals: {
    readonly rows: readonly { readonly line: number; readonly says: string }[];
    readonly differences: readonly {
      readonly column: string;
      readonly total: number;
      readonly sum: number;
    }[];
  };
  readonly findings: readonly {
    readonly kind: string;
    readonly column?: string;
    readonly text: string;
  }[];
  readonly excluded: readonly { readonly column: string; readonly because: string }[];
  readonly dirty: {
    readonly usable: number;
    readonly dirty: number;
    readonly left_out: number;
    readonly reasons: readonly { readonly reason: string; readonly rows: number }[];
    readonly examples: readonly unknown[];
  };
  readonly mapping: Mapping;
}

/** More different values than this are an open vocabulary. */
const MOST_CATEGORIES = 50;

/** The mapping with another column in a role, or with none. A column of a role is no feature. */
export function withRole(mapping: Mapping, role: Role, column: string | undefined): Mapping {
  const { [role]: _, features, ...rest } = mapping;
  if (column === undefined) return { ...rest, features };
  const isTarget = role === 'impressions' || role === 'clicks' || role === 'label';
  const kept = Object.entries(features).filter(([, f]) => !(isTarget && f.column === column));
  return { ...rest, [role]: column, features: Object.fromEntries(kept) };
}

/** The mapping whose impressions are a feature too, or not. */
export function withExposure(mapping: Mapping, wanted: boolean): Mapping {
  const { exposure_feature: _, features, ...rest } = mapping;
  return { ...rest, ...(wanted && { exposure_feature: true }), features };
}

/** The mapping that counts by impressions and clicks, or by a label, one row an impression. */
export function countingBy(mapping: Mapping, what: 'counts' | 'label'): Mapping {
  const roles: Role[] = what === 'counts' ? ['label'] : ['impressions', 'clicks'];
  return roles.reduce((before, role) => withRole(before, role, undefined), mapping);
}

/** The mapping with a feature in the place of another, or without it. */
export function withFeature(
  mapping: Mapping,
  name: string,
  next: { readonly name: string; readonly feature: FeatureMapping } | undefined,
): Mapping {
  const entries = Object.entries(mapping.features).flatMap(
    ([known, feature]): [string, FeatureMapping][] => {
      if (known !== name) return [[known, feature]];
      return next === undefined ? [] : [[next.name, next.feature]];
    },
  );
  // Of its own: a column may be called as what every object has, such as constructor.
  const isNew = !Object.hasOwn(mapping.features, name);
  if (next !== undefined && isNew) entries.push([next.name, next.feature]);
  return { ...mapping, features: Object.fromEntries(entries) };
}

/** A column as a feature of the kind that its cells suggest. @param isForced although it leaks the clicks */
export function featureOf(profile: ColumnProfile, isForced: boolean): FeatureMapping {
  const kinds: Record<string, Kind> = { number: 'numeric', integer: 'integer' };
  const words = profile.distinct > MOST_CATEGORIES ? 'word' : 'categorical';
  return {
    column: profile.name,
    kind: kinds[profile.type] ?? words,
    ...(profile.missing > 0 && { missing: true }),
    ...(isForced && { force: true }),
  };
}

/** The feature read in another way: bounds and lists of the former kind say nothing of this one. */
export function asKind(feature: FeatureMapping, kind: Kind, type: string): FeatureMapping {
  const { column, missing, force, description } = feature;
  return {
    ...{ column, kind },
    ...(kind === 'word' && type === 'integer' && { whole: true }),
    ...(missing && { missing }),
    ...(force && { force }),
    ...(description !== undefined && { description }),
  };
}

/** A name that the API can take a feature of this column under. */
export function nameFor(column: string, taken: readonly string[]): string {
  const plain = column.normalize('NFKD').toLowerCase();
  const made = plain.replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+|_+$/g, '') || 'feature';
  let name = made;
  for (let n = 2; taken.includes(name); n++) name = `${made}_${n}`;
  return name;
}

/** Why nothing can be learned by a mapping; undefined if something may be. */
export function faultOf({ impressions, clicks, label, features }: Mapping): string | undefined {
  if (label === undefined && (impressions === undefined || clicks === undefined)) {
    return 'Say which columns count impressions and clicks, or which one is the label.';
  }
  if (impressions !== undefined && impressions === clicks) {
    return 'Impressions and clicks are the same column.';
  }
  const names = Object.keys(features);
  if (names.length === 0) return 'Use at least one column as a feature.';
  const wrong = names.find((name) => !/^[a-z][a-z0-9_]*$/.test(name));
  return wrong === undefined
    ? undefined
    : `“${wrong}” cannot name a feature: use small letters, digits and _.`;
}
