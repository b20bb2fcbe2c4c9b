import { isDeepStrictEqual } from 'node:util';
import { defaultSchema, type RecordFeature, type RecordSchema } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { checkHeld } from '../mapping/check.js';
import {
  featureOf,
  isText,
  mappingOf,
  MAX_CATEGORIES,
  OTHER,
  type FeatureMapping,
  type Mapping,
} from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import { FIRST, PREPARED, USABLE } from './prepare.js';

/** A mapping whose schema no longer depends on the data, and that schema. */
export interface Completed {
  readonly mapping: Mapping;
  readonly schema: RecordSchema;
}

/**
 * Fills in what the mapping leaves to the data: the words of categorical features, most
 * impressions first, the rarest put together as `OTHER`; the values that features are held at; and a
 * typical value of each feature as the example of the API.
 * @throws InputError if a feature is held at a value that it cannot have
 */
export async function completeMapping(database: Database, mapping: Mapping): Promise<Completed> {
  const features: Record<string, FeatureMapping> = {};
  const described: RecordFeature[] = [];
  for (const [f, [name, feature]] of Object.entries(mapping.features).entries()) {
    const full =
      feature.kind === 'categorical' && feature.categories === undefined
        ? { ...feature, categories: await commonWords(database, `f${f}`) }
        : feature;
    features[name] = await held(database, name, full, `f${f}`);
    checkHeld(name, features[name], () => 'mapping');
    described.push(await describeFeature(database, name, features[name], `f${f}`));
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

/** A feature that is held at a value, with that value. */
async function held(
  database: Database,
  name: string,
  feature: FeatureMapping,
  column: string,
): Promise<FeatureMapping> {
  if (feature.bias !== true || feature.held_at !== undefined) return feature;
  const usual = isText(feature) ? 'mode' : 'min';
  const { value } = await database.row(
    `SELECT ${usual}(${column}) AS value FROM ${PREPARED} WHERE ${USABLE}`,
  );
  if (value === null) {
    const wanted = 'a held_at beside bias: true, since no row has a value';
    throw new InputError(`mapping: features.${name}.held_at: got nothing, wanted ${wanted}`);
  }
  return { ...feature, held_at: value as number | string };
}

async function describeFeature(
  database: Database,
  name: string,
  feature: FeatureMapping,
  column: string,
): Promise<RecordFeature> {
  const standard = defaultSchema.features.find((known) => isSame(known, name, feature));
  if (standard !== undefined) {
    return { ...standard, ...(feature.missing === true && { missing: true }) };
  }
  const description = feature.description ?? `Column "${feature.column}" of the training data.`;
  const described = featureOf(name, { ...feature, description });
  if (described.kind === 'categorical') {
    return { ...described, example: await commonest(database, column, described.categories) };
  }
  if (described.kind === 'word') {
    const { word } = await database.row(`SELECT mode(${column}) AS word FROM ${FIRST}`);
    if (word === null) return described;
    return { ...described, example: described.whole === true ? Number(word) : String(word) };
  }
  const example = await median(database, column);
  return { ...described, ...(example !== undefined && { example }) };
}

/** Does the mapping ask for just this feature of the default model, missing values apart? */
function isSame(known: RecordFeature, name: string, feature: FeatureMapping): boolean {
  return known.name === name && isDeepStrictEqual(ruleOf(mappingOf(known)), ruleOf(feature));
}

/** What a feature may hold, wherever it is taken from. */
function ruleOf({ column: _, force: __, missing: ___, ...rule }: FeatureMapping): unknown {
  return rule;
}

async function commonest(
  database: Database,
  column: string,
  categories: readonly string[],
): Promise<string> {
  const row = await database.row(`
    SELECT mode(${column}) AS word FROM ${FIRST}`);
  const word = String(row.word);
  return categories.includes(word) ? word : categories[0];
}

/** A value of the data near the middle: of the first rows, which is enough for an example. */
async function median(database: Database, column: string): Promise<number | undefined> {
  const row = await database.row(`
    SELECT quantile_disc(${column}, 0.5) AS middle FROM ${FIRST}`);
  return typeof row.middle === 'number' ? row.middle : undefined;
}
