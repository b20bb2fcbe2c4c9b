/* What a model file keeps of words, and how it is read: nothing that is read is believed. */
import type { Attachments, Forest, Schema } from '@adscale/forest';
import { CtrError } from '../errors.js';
import type { RecordSchema } from '../table/schema.js';
import { Vocabulary } from '../table/vocabulary.js';
import { WordEncoding, type KnownLevel } from './encoding.js';
import type { Level } from './levels.js';
import { NumberIndex } from './number-index.js';

/** What a model file keeps of an encoding. */
export function attachWords(encoding: WordEncoding): Attachments {
  const arrays: Record<string, Attachments['arrays'][string]> = {};
  encoding.levels.forEach(({ index, ctr, count }, l) => {
    arrays[`words.${l}.ctr`] = ctr;
    arrays[`words.${l}.count`] = count;
    if (index !== null) arrays[`words.${l}.keys`] = index.keys;
  });
  Object.values(encoding.vocabularies).forEach(({ bytes, ends }, v) => {
    arrays[`words.text${v}.bytes`] = bytes;
    arrays[`words.text${v}.ends`] = ends;
  });
  const levels = encoding.levels.map(({ name, features, parent, index }) => {
    return { name, features, parent, indexed: index !== null };
  });
  const { schema, average } = encoding;
  return {
    facts: { words: { schema, levels, vocabularies: Object.keys(encoding.vocabularies), average } },
    arrays,
  };
}

/**
 * Reads what `attachWords` wrote with a forest of its columns; nothing that is read is believed.
 * @returns undefined if the model has no words
 * @throws CtrError MODEL_INVALID
 */
export function readWords({
  attached,
  schema,
}: Pick<Forest, 'attached' | 'schema'>): WordEncoding | undefined {
  const facts = (attached?.facts as { words?: StoredWords } | null | undefined)?.words;
  if (attached === null || facts === undefined) return undefined;
  try {
    const words = read(facts, attached.arrays);
    if (isLike(words.layout.schema, schema)) return words;
    throw new RangeError('they make other columns than the trees ask for');
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new CtrError('MODEL_INVALID', `its words: ${cause.message}`, { cause });
  }
}

/** Are these the same columns? */
function isLike(one: Schema, other: Schema): boolean {
  const told = ({ features }: Schema): string =>
    JSON.stringify(features.map((f) => [f.name, f.kind, f.kind === 'categorical' && f.categories]));
  return told(one) === told(other);
}

interface StoredWords {
  readonly schema: RecordSchema;
  readonly levels: readonly (Level & { readonly indexed: boolean })[];
  readonly vocabularies: readonly string[];
  readonly average: number;
}

function read(
  { schema, levels, vocabularies, average }: StoredWords,
  arrays: Attachments['arrays'],
): WordEncoding {
  const take = <T>(name: string, type: abstract new (...args: never[]) => T): T => {
    const array = arrays[name] as { readonly [Symbol.toStringTag]?: string } | undefined;
    // By name: an array that another thread read need not be of this one's class.
    if (array?.[Symbol.toStringTag] === type.name) return array as T;
    throw new RangeError(`there is no ${name} of the kind wanted`);
  };
  const texts = vocabularies.map((name, v) => {
    const bytes = take(`words.text${v}.bytes`, Uint8Array);
    return [name, new Vocabulary(bytes, take(`words.text${v}.ends`, Uint32Array))] as const;
  });
  const vocabulary = new Map(texts);
  const known = levels.map(({ name, features, parent, indexed }, l): KnownLevel => {
    const [ctr, count] = [
      take(`words.${l}.ctr`, Float32Array),
      take(`words.${l}.count`, Float32Array),
    ];
    const keys = indexed ? take(`words.${l}.keys`, Float64Array) : null;
    const index = keys && new NumberIndex(keys, features.length);
    const level = { name, features, parent, index, ctr, count };
    if (!fits(level, l, schema, vocabulary))
      throw new RangeError(`level ${l} does not fit together`);
    return level;
  });
  const hasLevel = (f: number): boolean =>
    known.some(({ features: own }) => own.length === 1 && own[0] === f);
  schema.features.forEach(({ name, kind }, f) => {
    if (kind === 'word' && !hasLevel(f)) throw new RangeError(`there is no level of ${name}`);
  });
  if (!(average >= 0 && average <= 1)) throw new RangeError(`the average is ${average}`);
  return new WordEncoding(schema, known, Object.fromEntries(texts), average);
}

/** Does a level hold together, and with the schema and the words? */
function fits(
  { features, parent, index, ctr, count }: KnownLevel,
  place: number,
  schema: RecordSchema,
  vocabulary: ReadonlyMap<string, Vocabulary>,
): boolean {
  const isPlace = (place: number, places: number): boolean =>
    Number.isInteger(place) && place >= 0 && place < places;
  if (!features.every((f) => isPlace(f, schema.features.length))) return false;
  if (parent !== null && !isPlace(parent, place)) return false;
  if (ctr.length !== count.length) return false;
  if (!count.every((n, word) => n === 0 || (n > 0 && ctr[word] >= 0 && ctr[word] <= 1)))
    return false;
  if (index !== null) return index.size === count.length;
  if (features.length !== 1) return false;
  const feature = schema.features[features[0]];
  if (feature.kind === 'word') return vocabulary.get(feature.name)?.size === count.length;
  return feature.kind === 'categorical' && count.length <= feature.categories.length;
}
