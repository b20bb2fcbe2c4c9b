import type { CtrModel } from '@adscale/ctr';
import type { Feature, Schema } from '@adscale/forest';
import { InputError } from '../cli/exit.js';
import type { FeatureMapping, Mapping } from '../mapping/mapping.js';

/**
 * What columns mean to a stored model: as it was trained, or, where that is not known (generated
 * records, imported models), columns that are named as its features, `impressions` and `clicks`.
 * @param names of the data's columns: `true_ctr` is taken if it is there
 * @param given a mapping that says it for other data: its columns, the model's features
 * @throws InputError if it lacks a feature of the model
 */
export function modelMapping(
  { schema, card }: CtrModel,
  names: readonly string[],
  given?: Mapping,
): Mapping {
  const trained = (card?.mapping as Mapping | undefined) ?? {
    impressions: 'impressions',
    clicks: 'clicks',
    ...(names.includes('true_ctr') && { true_ctr: 'true_ctr' }),
    features: mappingOf(schema, card?.training?.ranges),
  };
  if (given === undefined) return trained;
  const features = schema.features.map(({ name }) => {
    const feature = given.features[name];
    if (feature === undefined) {
      const got = Object.keys(given.features).join(', ');
      throw new InputError(`mapping: features: got ${got}; the model wants ${name} too`);
    }
    const { column, missing } = feature;
    const own = { ...trained.features[name], column };
    return [name, missing === undefined ? own : { ...own, missing }] as const;
  });
  return { ...given, features: Object.fromEntries(features) };
}

type Ranges = CtrRanges | undefined;
type CtrRanges = NonNullable<CtrModel['card']>['training']['ranges'];

function mappingOf({ features }: Schema, ranges: Ranges): Record<string, FeatureMapping> {
  return Object.fromEntries(
    features.map((feature) => {
      const missing = (ranges?.[feature.name]?.missing ?? 0) > 0;
      return [feature.name, { ...columnOf(feature), ...(missing && { missing }) }];
    }),
  );
}

function columnOf(feature: Feature): FeatureMapping {
  const { name: column, kind } = feature;
  const description = feature.description === undefined ? {} : { description: feature.description };
  if (kind === 'categorical') {
    return { column, kind, categories: feature.categories, ...description };
  }
  const exclusive = kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return {
    column,
    kind,
    ...(feature.minimum !== undefined && { minimum: feature.minimum }),
    ...(exclusive !== undefined && { exclusive_minimum: exclusive }),
    ...(feature.maximum !== undefined && { maximum: feature.maximum }),
    ...description,
  };
}
