/*
 * What a model knows of words, as the fields of an ONNX graph: strings and ids in, the columns of the
 * forest out, so that whoever runs the graph passes a record as it is.
 */
import type { RecordFeature, WordEncoding } from '@adscale/ctr';
import type { RecordField } from '@adscale/forest/onnx';
import { InputError } from '../cli/exit.js';

type KnownLevel = WordEncoding['levels'][number];

/** What is listed of a level, in three lists of one length. */
interface Listed {
  /** Places among the words of the level. */
  readonly words: readonly number[];
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/**
 * The inputs of a model's graph, one a feature of its records, and the crosses made of them.
 * @throws InputError if a number answers for words, which no graph can say
 */
export function recordFields(encoding: WordEncoding): RecordField[] {
  const { schema, levels, layout } = encoding;
  const levelOf = (f: number): KnownLevel | undefined =>
    levels.find(({ features }) => features.length === 1 && features[0] === f);
  const fields = schema.features.map((feature, f) =>
    fieldOf(encoding, feature, levelOf(f), layout.groups[f]),
  );
  const crosses = levels.filter(({ features }) => features.length > 1);
  return [
    ...fields,
    ...crosses.map((level, c) => crossOf(encoding, level, layout.groups[fields.length + c])),
  ];
}

function fieldOf(
  encoding: WordEncoding,
  feature: RecordFeature,
  level: KnownLevel | undefined,
  columns: readonly number[],
): RecordField {
  const { name, kind } = feature;
  if (kind === 'word') {
    const { words, values, counts } = listed(level!);
    const statistics = { name, values, counts, unknown: unknownOf(encoding, level!) };
    if (feature.whole !== true) {
      const [value, count] = columns;
      const texts = words.map((word) => encoding.vocabularies[name].textOf(word));
      return { kind, ...statistics, words: texts, columns: [value, count] };
    }
    const [itself, value, count] = columns;
    const ids = words.map((word) => level!.index!.keys[word]);
    return { kind: 'id', ...statistics, ids, columns: [value, count, itself] };
  }
  if (kind === 'categorical') {
    const field = { kind: 'category', name, column: columns[0] } as const;
    if (level === undefined) return field;
    if (level.parent !== null) refuse(`${name} is a closed list with a parent`);
    // One of which nothing is known is answered by the average, as one outside the list.
    const { average } = encoding;
    const values = Array.from(level.ctr, (ctr, place) => (level.count[place] > 0 ? ctr : average));
    const unseen = feature.categories.slice(values.length).map(() => average);
    return { ...field, values: [...values, ...unseen], unknown: average };
  }
  if (level !== undefined) refuse(`${name} is a number that answers for words`);
  return { kind: 'number', name, column: columns[0] };
}

function crossOf(
  encoding: WordEncoding,
  level: KnownLevel,
  [value, count]: readonly number[],
): RecordField {
  const { name, features, index } = level;
  const { words, values, counts } = listed(level);
  const [one, other] = features;
  const names = features.map((f) => encoding.schema.features[f].name);
  return {
    kind: 'cross',
    name,
    of: [names[0], names[1]],
    pairs: words.map((word) => [
      keyOf(encoding, one, index!.keys[2 * word]),
      keyOf(encoding, other, index!.keys[2 * word + 1]),
    ]),
    columns: [value, count],
    values,
    counts,
    unknown: unknownOf(encoding, level),
  };
}

/** What stands for a feature's number in a record: a category, a word, an id. */
function keyOf({ schema, vocabularies }: WordEncoding, f: number, number: number): string | number {
  const feature = schema.features[f];
  if (feature.kind === 'categorical') return feature.categories[number];
  return vocabularies[feature.name]?.textOf(number) ?? number;
}

/** The words of which something is known. */
function listed({ ctr, count }: KnownLevel): Listed {
  const words = [...count.keys()].filter((word) => count[word] > 0);
  return {
    words,
    values: words.map((word) => ctr[word]),
    counts: words.map((word) => count[word]),
  };
}

function unknownOf({ levels, average }: WordEncoding, { parent }: KnownLevel) {
  return parent === null ? average : { parent: levels[parent].name };
}

function refuse(what: string): never {
  throw new InputError(`${what}, which an ONNX graph cannot say`);
}
