import type { RecordFeature, RecordSchema } from '@adscale/ctr';

/** A record with a value for every feature. */
export type RecordValues = Record<string, number | string>;

const MAX_EXAMPLES = 4;

/**
 * Makes valid records for the documentation: one of typical values, then the same with each other
 * category of the first categorical feature, up to four in all.
 */
export function exampleRequests(schema: RecordSchema): Record<string, RecordValues> {
  const typical = Object.fromEntries(schema.features.map((f) => [f.name, exampleValue(f)]));
  const examples: Record<string, RecordValues> = { typical };
  const varied = schema.features.find((feature) => feature.kind === 'categorical');
  const others = varied?.categories.filter((other) => other !== typical[varied.name]) ?? [];
  for (const category of others.slice(0, MAX_EXAMPLES - 1)) {
    examples[category] = { ...typical, [varied!.name]: category };
  }
  return examples;
}

function exampleValue(feature: RecordFeature): number | string {
  if (feature.example !== undefined) return feature.example;
  if (feature.kind === 'categorical') return feature.categories[0];
  if (feature.kind === 'word') return feature.whole === true ? 1 : 'example';
  const { minimum, maximum } = feature;
  if (minimum !== undefined) return minimum;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  if (exclusive !== undefined) return (exclusive + (maximum ?? exclusive + 2)) / 2;
  return Math.min(1, maximum ?? 1);
}
