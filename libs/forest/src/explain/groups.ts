import { ForestError } from '../errors.js';
import type { Schema } from '../data/schema.js';

/**
 * Columns that are one feature to whoever reads the numbers, such as the two statistics of a word: by
 * group, its places in the schema. Every column is in one group.
 */
export type FeatureGroups = readonly (readonly number[])[];

export interface GroupOptions {
  /** What gets one number each, in this order. Default: every column by itself. */
  readonly groups?: FeatureGroups;
}

/**
 * The groups asked for, or every column by itself.
 * @throws ForestError OPTION_INVALID if a group is empty, or a column is in none or in two
 */
export function readGroups({ features }: Schema, groups?: FeatureGroups): FeatureGroups {
  if (groups === undefined) return features.map((_, f) => [f]);
  const timesOf = new Int32Array(features.length);
  groups.forEach((columns, g) => {
    if (columns.length === 0) refuse(`group ${g} is empty, wanted one column or more`);
    for (const f of columns) {
      if (!(f in features)) {
        refuse(`group ${g} holds column ${f}, wanted 0 to ${features.length - 1}`);
      }
      timesOf[f]++;
    }
  });
  timesOf.forEach((times, f) => {
    if (times !== 1) refuse(`column ${features[f].name} is in ${times} of the groups, wanted 1`);
  });
  return groups;
}

function refuse(detail: string): never {
  throw new ForestError('OPTION_INVALID', `groups: ${detail}`);
}

/** By group: the sum over its columns. */
export function sumByGroup(values: Float64Array, groups: FeatureGroups): Float64Array {
  return Float64Array.from(groups, (columns) => columns.reduce((sum, f) => sum + values[f], 0));
}

/** By group: the name of its column, or those of its columns joined by " + ". */
export function groupNames({ features }: Schema, groups: FeatureGroups): string[] {
  return groups.map((columns) => columns.map((f) => features[f].name).join(' + '));
}
