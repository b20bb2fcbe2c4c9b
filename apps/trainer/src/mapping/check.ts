import { FieldContract, shortened } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { FEATURE_NAME, featureOf, type FeatureMapping, type Mapping } from './mapping.js';

/** Says where a key stands: "ads.mapping.yaml: line 7". */
export type Locate = (path: readonly string[]) => string;

type Rule = readonly [wanted: string, fits: (value: unknown) => boolean];

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const isWord = (words: readonly string[]) => (value: unknown) => words.includes(value as string);
const isBlock = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNames = (value: unknown, least: number, most: number): boolean =>
  Array.isArray(value) &&
  value.length >= least &&
  value.length <= most &&
  value.every(isText) &&
  new Set(value).size === value.length;

const column: Rule = ['the name of a column', isText];
const bound: Rule = ['a number', isNumber];
const flag: Rule = ['true or false', (value) => typeof value === 'boolean'];

const mappingRules: Readonly<Record<keyof Mapping, Rule>> = {
  impressions: column,
  clicks: column,
  label: column,
  true_ctr: column,
  time: column,
  group: column,
  features: ['a block of features by name', isBlock],
  hierarchy: [
    'features, coarse before fine, as [campaign, ad_group, creative], or a list of such lists',
    (value) => Array.isArray(value) && value.every((chain) => isNames(chain, 2, Infinity)),
  ],
  cross: [
    'a pair of different features, as [publisher, position], or a list of such pairs',
    (value) => Array.isArray(value) && value.every((pair) => isNames(pair, 2, 2)),
  ],
  derived: [
    'a block of SQL expressions by name',
    (value) => isBlock(value) && Object.values(value).every(isText),
  ],
  where: [
    'a list of SQL conditions',
    (value) => Array.isArray(value) && value.every((entry) => isText(entry)),
  ],
  decimal: ['point or comma', isWord(['point', 'comma'])],
  dates: ['dmy or mdy', isWord(['dmy', 'mdy'])],
  exposure_feature: flag,
  negative_sampling_rate: [
    'a share above 0, at most 1',
    (value) => isNumber(value) && value > 0 && value <= 1,
  ],
  repeat_clicks: ['cap or refuse', isWord(['cap', 'refuse'])],
  blank_clicks: ['zero or refuse', isWord(['zero', 'refuse'])],
  restated: ['newest, refuse or keep', isWord(['newest', 'refuse', 'keep'])],
  mature_days: [
    'a whole number of days from 0',
    (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  ],
  dirty: ['drop or refuse', isWord(['drop', 'refuse'])],
};

const featureRules: Readonly<Record<keyof FeatureMapping, Rule>> = {
  column,
  kind: [
    'numeric, integer, categorical or word',
    isWord(['numeric', 'integer', 'categorical', 'word']),
  ],
  minimum: bound,
  exclusive_minimum: bound,
  maximum: bound,
  categories: [
    'a list of different words',
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every(isText) &&
      new Set(value).size === value.length,
  ],
  whole: flag,
  missing: flag,
  bias: flag,
  held_at: ['a number or a word', (value) => isNumber(value) || isText(value)],
  force: flag,
  description: ['a text', isText],
};

/**
 * Checks a mapping from wherever it came.
 * @throws InputError naming the key, the value got and the value wanted
 */
export function checkMapping(given: unknown, locate: Locate): Mapping {
  if (!isBlock(given)) throw refusal(locate, [], given, 'a block of keys and values');
  const document = withLists(given);
  checkKeys(document, mappingRules, locate, []);
  if (document.features === undefined) {
    throw refusal(locate, ['features'], undefined, mappingRules.features[0]);
  }
  const mapping = document as unknown as Mapping;
  checkTarget(mapping, locate);
  const features = Object.entries(mapping.features);
  if (features.length === 0) throw refusal(locate, ['features'], {}, 'at least one feature');
  for (const key of ['hierarchy', 'cross'] as const) {
    const unknown = (mapping[key] ?? []).flat().find((name) => !(name in mapping.features));
    if (unknown === undefined) continue;
    throw refusal(
      locate,
      [key],
      unknown,
      `one of the features ${Object.keys(mapping.features).join(', ')}`,
    );
  }
  features.forEach(([name, feature]) => checkFeature(name, feature, locate));
  return mapping;
}

/** One chain or one pair may stand where a list of them is wanted. */
function withLists(document: Record<string, unknown>): Record<string, unknown> {
  const lists = (['hierarchy', 'cross'] as const).flatMap((key) => {
    const value = document[key];
    const isOne = Array.isArray(value) && value.length > 0 && !value.some(Array.isArray);
    return isOne ? [[key, [value]]] : [];
  });
  return { ...document, ...Object.fromEntries(lists) };
}

function checkTarget({ impressions, clicks, label }: Mapping, locate: Locate): void {
  if (label !== undefined) {
    if (impressions === undefined && clicks === undefined) return;
    const wanted = 'no label beside impressions and clicks: a row is an impression, or it counts';
    throw refusal(locate, ['label'], label, wanted);
  }
  if (impressions === undefined) {
    throw refusal(locate, ['impressions'], undefined, 'a column, or a label column instead');
  }
  if (clicks === undefined) {
    throw refusal(locate, ['clicks'], undefined, 'a column, or a label column instead');
  }
}

function checkFeature(name: string, feature: unknown, locate: Locate): void {
  const path = ['features', name];
  if (!FEATURE_NAME.test(name) || name in Object.prototype) {
    throw refusal(locate, path, name, 'a name of small letters, digits and _');
  }
  if (!isBlock(feature)) throw refusal(locate, path, feature, 'a block with column and kind');
  checkKeys(feature, featureRules, locate, path);
  const { column, kind, minimum, exclusive_minimum, maximum, categories } =
    feature as unknown as FeatureMapping;
  for (const [key, value] of Object.entries({ column, kind })) {
    if (value !== undefined) continue;
    throw refusal(locate, [...path, key], value, featureRules[key as keyof FeatureMapping][0]);
  }
  const { whole, bias, held_at: heldAt } = feature as unknown as FeatureMapping;
  if (heldAt !== undefined && bias !== true) {
    throw refusal(locate, [...path, 'held_at'], heldAt, 'bias: true beside it');
  }
  if (whole !== undefined && kind !== 'word') {
    throw refusal(locate, [...path, 'whole'], whole, `none on a ${kind} feature`);
  }
  if (kind === 'categorical' || kind === 'word') {
    for (const [key, value] of Object.entries({ minimum, exclusive_minimum, maximum })) {
      if (value === undefined) continue;
      throw refusal(locate, [...path, key], value, `no bound on a ${kind} feature`);
    }
  }
  if (kind !== 'categorical' && categories !== undefined) {
    throw refusal(locate, [...path, 'categories'], categories, `none on a ${kind} feature`);
  }
  if (kind === 'integer' && exclusive_minimum !== undefined) {
    const wanted = `minimum: ${exclusive_minimum + 1} on an integer feature`;
    throw refusal(locate, [...path, 'exclusive_minimum'], exclusive_minimum, wanted);
  }
  const least = minimum ?? exclusive_minimum ?? -Infinity;
  if (maximum !== undefined && maximum < least) {
    throw refusal(locate, [...path, 'maximum'], maximum, `at least the minimum, ${least}`);
  }
  // Words that are taken from the data are not known yet.
  if (kind === 'categorical' && categories === undefined) return;
  checkHeld(name, feature as unknown as FeatureMapping, locate);
}

/**
 * Checks the value that a feature is held at by the rule for the values of requests.
 * @param feature if categorical, one that lists its words
 * @throws InputError naming the key, the value got and the value wanted
 */
export function checkHeld(name: string, feature: FeatureMapping, locate: Locate): void {
  const { held_at: heldAt } = feature;
  if (heldAt === undefined) return;
  const { bias: _, ...described } = feature;
  const field = new FieldContract(featureOf(name, described), false);
  if (field.accepts(heldAt)) return;
  throw refusal(locate, ['features', name, 'held_at'], heldAt, field.words);
}

function checkKeys(
  block: Record<string, unknown>,
  rules: Readonly<Record<string, Rule>>,
  locate: Locate,
  path: readonly string[],
): void {
  for (const [key, value] of Object.entries(block)) {
    if (!Object.hasOwn(rules, key)) {
      const wanted = `one of the keys ${Object.keys(rules).join(', ')}`;
      throw refusal(locate, [...path, key], value, wanted);
    }
    const [wanted, fits] = rules[key];
    if (!fits(value)) throw refusal(locate, [...path, key], value, wanted);
  }
}

function refusal(
  locate: Locate,
  path: readonly string[],
  value: unknown,
  wanted: string,
): InputError {
  const key = path.length === 0 ? 'the mapping' : path.join('.');
  const got = value === undefined ? 'nothing' : shortened(JSON.stringify(value));
  return new InputError(`${locate(path)}: ${key}: got ${got}, wanted ${wanted}`);
}
