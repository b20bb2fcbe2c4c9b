import type { Feature, Schema } from '@adscale/forest';

/**
 * Why a model with schema `offered` cannot answer requests checked against `served`, or undefined
 * when it can. Descriptions and examples may differ, and the order: requests name their fields.
 */
export function schemaMismatch(served: Schema, offered: Schema): string | undefined {
  const features = new Map(offered.features.map((feature) => [feature.name, feature]));
  for (const feature of served.features) {
    const other = features.get(feature.name);
    if (other === undefined) return `feature ${feature.name} is missing`;
    const [wanted, got] = [domainOf(feature), domainOf(other)];
    if (wanted !== got) return `feature ${feature.name} is ${got}, routes expect ${wanted}`;
    features.delete(feature.name);
  }
  const [extra] = features.keys();
  return extra === undefined ? undefined : `feature ${extra} is not one that routes expect`;
}

/** Everything about a feature that validation depends on, as text. */
function domainOf(feature: Feature): string {
  if (feature.kind === 'categorical') return `categorical [${feature.categories.join(', ')}]`;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  const bounds = [
    exclusive !== undefined && `> ${exclusive}`,
    feature.minimum !== undefined && `>= ${feature.minimum}`,
    feature.maximum !== undefined && `<= ${feature.maximum}`,
  ].filter((bound) => bound !== false);
  return [feature.kind, ...bounds].join(' ');
}
