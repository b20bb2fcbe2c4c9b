import { defaultSchema } from '@adscale/ctr';
import type { Feature } from '@adscale/forest';
import type { FeatureMapping, Mapping } from './mapping.js';

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
      defaultSchema.features.map((feature) => [feature.name, featureMapping(feature)]),
    ),
  };
}

/** Does a table have all columns that the default mapping names? */
export function fitsDefault(names: readonly string[]): boolean {
  return [...defaultSchema.features.map(({ name }) => name), 'clicks'].every((name) =>
    names.includes(name),
  );
}

function featureMapping(feature: Feature): FeatureMapping {
  const { name: column, kind, description } = feature;
  const text = description === undefined ? {} : { description };
  if (kind === 'categorical') return { column, kind, categories: feature.categories, ...text };
  const { minimum, maximum } = feature;
  const exclusive = kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return {
    column,
    kind,
    ...(minimum !== undefined && { minimum }),
    ...(exclusive !== undefined && { exclusive_minimum: exclusive }),
    ...(maximum !== undefined && { maximum }),
    ...text,
  };
}
