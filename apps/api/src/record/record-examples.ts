import type { Feature, Schema } from '@adscale/forest';

/** A record with a value for every feature. */
export type RecordValues = Record<string, number | string>;

const MAX_EXAMPLES = 4;

/**
 * Requests to show in the documentation: one of typical values, then the same with each other word
 * of the first categorical feature. All of them are valid.
 */
export function exampleRequests(schema: Schema): Record<string, RecordValues> {
  const typical = Object.fromEntries(schema.features.map((f) => [f.name, exampleValue(f)]));
  const examples: Record<string, RecordValues> = { typical };
  const varied = schema.features.find((feature) => feature.kind === 'categorical');
  const others = varied?.categories.filter((word) => word !== typical[varied.name]) ?? [];
  for (const word of others.slice(0, MAX_EXAMPLES - 1)) {
    examples[word] = { ...typical, [varied!.name]: word };
  }
  return examples;
}

function exampleValue(feature: Feature): number | string {
  if (feature.example !== undefined) return feature.example;
  if (feature.kind === 'categorical') return feature.categories[0];
  const { minimum, maximum } = feature;
  if (minimum !== undefined) return minimum;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  if (exclusive !== undefined) return (exclusive + (maximum ?? exclusive + 2)) / 2;
  return Math.min(1, maximum ?? 1);
}
