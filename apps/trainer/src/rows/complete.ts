import type { Feature, Schema } from '@adscale/forest';
import { defaultSchema } from '@adscale/ctr';
import { MAX_CATEGORIES, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import { PREPARED, USABLE } from './prepare.js';

/** A mapping whose schema no longer depends on the data, and that schema. */
export interface Completed {
  readonly mapping: Mapping;
  readonly schema: Schema;
}

/**
 * Fills in what the mapping leaves to the data: the words of categorical features, most
 * impressions first, the rarest put together as `OTHER`; and a typical value of each feature as the example of the API.
 */
export async function completeMapping(database: Database, mapping: Mapping): Promise<Completed> {
  const features: Record<string, FeatureMapping> = {};
  const described: Feature[] = [];
  for (const [f, [name, feature]] of Object.entries(mapping.features).entries()) {
    const full =
      feature.kind === 'categorical' && feature.categories === undefined
        ? { ...feature, categories: await commonWords(database, `f${f}`) }
        : feature;
    features[name] = full;
    described.push(await describeFeature(database, name, full, `f${f}`));
  }
  return { mapping: { ...mapping, features }, schema: { features: described } };
}

async function commonWords(database: Database, column: string): Promise<string[]> {
  const rows = await database.rows(`
    SELECT ${column} AS word FROM ${PREPARED} WHERE ${USABLE} AND ${column} IS NOT NULL
    GROUP BY ${column} ORDER BY sum(n) DESC, ${column} LIMIT ${MAX_CATEGORIES + 1}`);
  const words = rows.map(({ word }) => String(word));
  if (words.length === 0) return [OTHER];
  if (words.length <= MAX_CATEGORIES) return words;
  const kept = words.slice(0, MAX_CATEGORIES).filter((word) => word !== OTHER);
  return [...kept, OTHER];
}

async function describeFeature(
  database: Database,
  name: string,
  feature: FeatureMapping,
  column: string,
): Promise<Feature> {
  const standard = defaultSchema.features.find((known) => isSame(known, name, feature));
  if (standard !== undefined) return standard;
  const { kind, minimum, exclusive_minimum: exclusiveMinimum, maximum } = feature;
  const description = feature.description ?? `Column "${feature.column}" of the training data.`;
  if (kind === 'categorical') {
    const categories = feature.categories!;
    return {
      name,
      kind,
      categories,
      description,
      example: await commonest(database, column, categories),
    };
  }
  const bounds = {
    ...(minimum !== undefined && { minimum }),
    ...(kind === 'numeric' && exclusiveMinimum !== undefined && { exclusiveMinimum }),
    ...(maximum !== undefined && { maximum }),
  };
  const example = await median(database, column);
  return { name, kind, ...bounds, description, ...(example !== undefined && { example }) };
}

/** The default model's feature, if the mapping asks for just that. */
function isSame(known: Feature, name: string, feature: FeatureMapping): boolean {
  if (known.name !== name || known.kind !== feature.kind) return false;
  if (feature.description !== known.description) return false;
  if (known.kind === 'categorical') {
    return JSON.stringify(known.categories) === JSON.stringify(feature.categories);
  }
  const exclusive = known.kind === 'numeric' ? known.exclusiveMinimum : undefined;
  return (
    known.minimum === feature.minimum &&
    known.maximum === feature.maximum &&
    exclusive === feature.exclusive_minimum
  );
}

async function commonest(
  database: Database,
  column: string,
  categories: readonly string[],
): Promise<string> {
  const row = await database.row(`
    SELECT mode(${column}) AS word FROM (FROM ${PREPARED} WHERE ${USABLE} LIMIT 100000)`);
  const word = String(row.word);
  return categories.includes(word) ? word : categories[0];
}

/** A value of the data near the middle: of the first rows, which is enough for an example. */
async function median(database: Database, column: string): Promise<number | undefined> {
  const row = await database.row(`
    SELECT quantile_disc(${column}, 0.5) AS middle FROM (FROM ${PREPARED} WHERE ${USABLE} LIMIT 100000)`);
  return typeof row.middle === 'number' ? row.middle : undefined;
}
