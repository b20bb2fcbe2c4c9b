/*
 * The levels at which words have statistics, coarse before fine: each level's words are shrunk towards
 * those of its parent, and the coarsest towards the account's average (empirical Bayes along a
 * hierarchy, as of nested random effects).
 *
 *   average ─┬─ campaign ─── ad_group ─── creative
 *            ├─ keyword
 *            └─ publisher ── publisher × position
 */
import { CtrError } from '../errors.js';
import type { RecordColumns, RecordSchema } from '../table/schema.js';
import { indexRows, type NumberIndex } from './number-index.js';

/** What users declare of words. */
export interface WordOptions {
  /**
   * Chains of features, coarse before fine, each word of one within one of the one before:
   * [['campaign', 'ad_group', 'creative']]. Default: found in the training rows.
   */
  readonly hierarchy?: readonly (readonly string[])[];
  /** Pairs of features whose combinations are words of their own. */
  readonly cross?: readonly (readonly [string, string])[];
}

/** Words of a kind: the values of a feature, or of two features together. */
export interface Level {
  readonly name: string;
  /** Places in the record's schema: one, or the two of a cross. */
  readonly features: readonly number[];
  /** Place of the parent among the levels, before this one; null: the average. */
  readonly parent: number | null;
}

/** A level and the words of some rows at it. */
export interface LevelRows {
  readonly level: Level;
  /** By row: the number of its word; −1: none. */
  readonly words: Int32Array;
  /** Different words. */
  readonly size: number;
  /** By word: its word at the parent, −1: none; null if the level has no parent. */
  readonly parents: Int32Array | null;
  /** Where a row does not hold the word's number itself: the word of its numbers. */
  readonly index: NumberIndex | null;
}

/** Fewer disagreements than this were to be expected of chance: that there are none says nothing. */
const TELLING = 20;
/** Of rows of words with a parent, so many may be dirt. */
const MOST_DIRT = 1e-3;

/**
 * The levels of a table, parents first.
 * @throws CtrError TABLE_INVALID if a declared feature is not there, or is above itself or below two others
 */
export function levelsOf(
  columns: RecordColumns,
  { hierarchy, cross = [] }: WordOptions = {},
): LevelRows[] {
  const { features } = columns.schema;
  const placeOf = placeIn(columns.schema);
  const declared = (hierarchy ?? []).map((chain) =>
    chain.map((name) => placeOf(name, 'hierarchy')),
  );
  const named = new Set(declared.flat());
  const discrete = [...features.keys()].filter(
    (f) => named.has(f) || features[f].kind === 'word' || features[f].kind === 'categorical',
  );
  const rows = new Map(discrete.map((f) => [f, wordsOf(columns, [f])]));
  const parentOf =
    hierarchy === undefined ? findParents(columns, rows) : chained(declared, columns.schema);
  const crossed = cross.map((names) => names.map((name) => placeOf(name, 'cross')));
  const wanted = new Set<number>();
  const want = (f: number): void => {
    const parent = parentOf.get(f);
    if (parent !== undefined && !wanted.has(parent)) want(parent);
    wanted.add(f);
  };
  for (const f of discrete) if (features[f].kind === 'word' || named.has(f)) want(f);
  for (const [first] of crossed) if (rows.has(first)) want(first);
  const levels: LevelRows[] = [];
  const at = new Map<number, number>();
  const add = (name: string, own: readonly number[], above: number | undefined): void => {
    const found = own.length === 1 ? rows.get(own[0])! : wordsOf(columns, own);
    const parent = above === undefined ? null : at.get(above)!;
    if (own.length === 1) at.set(own[0], levels.length);
    const level = { name, features: own, parent };
    const parents = parent === null ? null : commonest(found, levels[parent].words);
    levels.push({ level, ...found, parents });
  };
  for (const f of wanted) add(features[f].name, [f], parentOf.get(f));
  for (const [c, pair] of crossed.entries()) {
    const isAgain = crossed.slice(0, c).some((other) => pair.every((f) => other.includes(f)));
    if (isAgain || pair[0] === pair[1]) {
      const what = isAgain ? 'twice' : 'with itself';
      const names = pair.map((f) => features[f].name).join(' and ');
      throw new CtrError('TABLE_INVALID', `cross names ${names} ${what}, wanted different pairs`);
    }
    const name = pair.map((f) => features[f].name).join(' × ');
    add(name, pair, wanted.has(pair[0]) ? pair[0] : undefined);
  }
  return levels;
}

function placeIn({ features }: RecordSchema): (name: string, option: string) => number {
  return (name, option) => {
    const place = features.findIndex((feature) => feature.name === name);
    if (place >= 0) return place;
    const names = features.map((feature) => feature.name).join(', ');
    throw new CtrError('TABLE_INVALID', `${option} names ${name}, wanted a feature of ${names}`);
  };
}

/** A declared parent that words of the child disagree about. */
export interface NotNested {
  readonly child: string;
  readonly parent: string;
  /** Words of the child whose rows have two or more words of the parent, of all its words. */
  readonly words: number;
  readonly of: number;
  /** Rows whose parent is not the one that their word is taken to have; share of all rows. */
  readonly share: number;
}

/**
 * Where a declared hierarchy is not one: each word counts within the parent that most of its rows have,
 * whatever the others say. As a rule of dirt, one row in a thousand is no disagreement.
 * @throws CtrError TABLE_INVALID if a declared feature is not there
 */
export function notNested(
  columns: RecordColumns,
  hierarchy: readonly (readonly string[])[],
): NotNested[] {
  const placeOf = placeIn(columns.schema);
  const pairs = hierarchy.flatMap((chain) =>
    chain.slice(1).map((child, i) => [chain[i], child] as const),
  );
  return pairs.flatMap(([parent, child]) => {
    const { words, size } = wordsOf(columns, [placeOf(child, 'hierarchy')]);
    const above = wordsOf(columns, [placeOf(parent, 'hierarchy')]).words;
    const { best, rows } = agreement(words, size, above);
    const others = words.filter(
      (word, row) => word >= 0 && above[row] >= 0 && above[row] !== best[word],
    );
    if (others.length <= MOST_DIRT * words.length) return [];
    const of = rows.filter((count) => count > 0).length;
    return [
      { child, parent, words: new Set(others).size, of, share: others.length / words.length },
    ];
  });
}

type Words = Pick<LevelRows, 'words' | 'size' | 'index'>;

/** The words of rows: a row's own number where it is one, else the place of its numbers. */
function wordsOf({ schema, values }: RecordColumns, features: readonly number[]): Words {
  const [feature] = features;
  const described = schema.features[feature];
  const isNumbered =
    features.length === 1 &&
    (described.kind === 'categorical' || (described.kind === 'word' && described.whole !== true));
  if (!isNumbered) {
    const { index, places } = indexRows(features.map((f) => values[f]));
    return { words: places, size: index.size, index };
  }
  const words = Int32Array.from(values[feature], (value) => (Number.isNaN(value) ? -1 : value));
  const size = words.reduce((most, word) => Math.max(most, word), -1) + 1;
  return { words, size, index: null };
}

function chained(
  chains: readonly (readonly number[])[],
  { features }: RecordSchema,
): Map<number, number> {
  const parents = new Map<number, number>();
  const refuse = (child: number, what: string): never => {
    throw new CtrError('TABLE_INVALID', `hierarchy names ${features[child].name} ${what}`);
  };
  for (const chain of chains) {
    for (let i = 1; i < chain.length; i++) {
      const [parent, child] = [chain[i - 1], chain[i]];
      const other = parents.get(child) ?? parent;
      if (other !== parent) {
        refuse(child, `below ${features[other].name} and below ${features[parent].name}`);
      }
      for (
        let above: number | undefined = parent;
        above !== undefined;
        above = parents.get(above)
      ) {
        if (above === child) refuse(child, 'above itself');
      }
      parents.set(child, parent);
    }
  }
  return parents;
}

/** By word: its word at the parent, where most of its rows have one; −1 where it has none. */
function commonest({ words, size }: Words, above: Int32Array): Int32Array {
  const { best } = agreement(words, size, above);
  return best;
}

/**
 * Of each word the parent's word that most of its rows have, and how many rows have another. A majority vote (Boyer and Moore 1981) finds it in two passes without counting pairs
 * where there is a majority; what has none is no child of that parent.
 */
function agreement(
  words: Int32Array,
  size: number,
  above: Int32Array,
): { best: Int32Array; rows: Int32Array; others: number } {
  const best = new Int32Array(size).fill(-1);
  const lead = new Int32Array(size);
  const rows = new Int32Array(size);
  for (let row = 0; row < words.length; row++) {
    const word = words[row];
    if (word < 0) continue;
    rows[word]++;
    if (lead[word] === 0) best[word] = above[row];
    lead[word] += above[row] === best[word] ? 1 : -1;
  }
  let others = 0;
  for (let row = 0; row < words.length; row++) {
    if (words[row] >= 0 && above[row] !== best[words[row]]) others++;
  }
  return { best, rows, others };
}

/**
 * Parents by functional dependence: all rows of a word have one and the same word of the parent, and
 * that is no accident. Of several parents it is the finest.
 */
function findParents(
  { schema }: RecordColumns,
  rows: ReadonlyMap<number, Words>,
): Map<number, number> {
  const parents = new Map<number, number>();
  for (const [child, { words, size }] of rows) {
    if (schema.features[child].kind !== 'word') continue;
    let finest = 0;
    for (const [parent, above] of rows) {
      if (parent === child || above.size >= size || above.size <= finest) continue;
      if (!isNested(words, size, above)) continue;
      parents.set(child, parent);
      finest = above.size;
    }
  }
  return parents;
}

function isNested(words: Int32Array, size: number, above: Words): boolean {
  const { rows, others } = agreement(words, size, above.words);
  let repeated = 0;
  let again = 0;
  for (const count of rows) {
    if (count < 2) continue;
    repeated += count;
    again += count - 1;
  }
  if (others > MOST_DIRT * repeated) return false;
  const shares = new Float64Array(above.size + 1);
  for (const word of above.words) shares[word + 1] += 1 / words.length;
  const alike = shares.reduce((sum, share) => sum + share * share, 0);
  return again * (1 - alike) >= TELLING;
}
