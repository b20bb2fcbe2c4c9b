/*
 * What a forest is made of, as named arrays: all trees end to end, and back again. Nothing that is
 * read is believed: parts must add up, links must stay in their tree, numbers must ascend.
 */
import { binsFromCuts } from '../data/binning.js';
import type { Calibration } from '../judge/calibration.js';
import { ForestError } from '../errors.js';
import { Forest } from './forest.js';
import type { IntervalModel } from '../judge/intervals.js';
import type { FitParameters } from '../data/parameters.js';
import type { Schema } from '../data/schema.js';
import { checkTree, type Tree } from '../trees/tree.js';

export const arrayTypes = {
  Float64Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint8Array,
} as const;
export type ArrayType = keyof typeof arrayTypes;
export type NumberArray = Float64Array | Int32Array | Uint32Array | Int16Array | Uint8Array;

/** Node arrays, one section each, and what they are made of. */
const nodeSections = {
  feature: 'Int16Array',
  cut: 'Int32Array',
  left: 'Int32Array',
  missingLeft: 'Uint8Array',
  value: 'Float64Array',
  cover: 'Float64Array',
  gain: 'Float64Array',
} as const satisfies Partial<Record<keyof Tree, ArrayType>>;

const treeSections = {
  cuts: 'Float64Array',
  cutCounts: 'Int32Array',
  nodeCounts: 'Int32Array',
  setWords: 'Int32Array',
  sets: 'Uint32Array',
} as const satisfies Record<string, ArrayType>;

/** Sections that a forest may lack: empty then. */
const optionalSections = {
  calibrationX: 'Float64Array',
  calibrationY: 'Float64Array',
  intervalScores: 'Float64Array',
} as const satisfies Record<string, ArrayType>;

export const sectionTypes: Readonly<Record<string, ArrayType>> = {
  ...treeSections,
  ...nodeSections,
  ...optionalSections,
};

/** A forest but for its arrays. */
export interface ForestFacts {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  /** The intervals but for their scores; null if there are none. */
  readonly intervals: Omit<IntervalModel, 'scores'> | null;
}

export type Sections = Readonly<Record<string, NumberArray>>;

export function factsOf({ schema, parameters, intervals }: Forest): ForestFacts {
  if (intervals === null) return { schema, parameters, intervals: null };
  const { noise, meanSquareError, rows } = intervals;
  return { schema, parameters, intervals: { noise, meanSquareError, rows } };
}

export function sectionsOf({ bins, trees, calibration, intervals }: Forest): Sections {
  const sections: Record<string, NumberArray> = {
    cuts: concatenate(
      'Float64Array',
      bins.map((feature) => feature.cuts),
    ),
    cutCounts: Int32Array.from(bins, (feature) => feature.cuts.length),
    nodeCounts: Int32Array.from(trees, (tree) => tree.nodes),
    setWords: Int32Array.from(trees, (tree) => tree.sets.length),
    sets: concatenate(
      'Uint32Array',
      trees.map((tree) => tree.sets),
    ),
  };
  sections['calibrationX'] = calibration?.x ?? new Float64Array(0);
  sections['calibrationY'] = calibration?.y ?? new Float64Array(0);
  sections['intervalScores'] = intervals?.scores ?? new Float64Array(0);
  for (const [name, type] of Object.entries(nodeSections)) {
    const parts = trees.map((tree) => tree[name as keyof typeof nodeSections]);
    sections[name] = concatenate(type, parts);
  }
  return sections;
}

function concatenate(type: ArrayType, parts: readonly NumberArray[]): NumberArray {
  const whole = new arrayTypes[type](parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Puts a forest together again. It keeps views of the arrays.
 * @throws ForestError FILE_INVALID saying what does not fit
 */
export function forestFrom(
  { schema, parameters, intervals }: ForestFacts,
  arrays: Sections,
): Forest {
  const bins = binsFromCuts(schema, readCuts(schema, arrays));
  const trees = readTrees(arrays);
  if (trees.length !== parameters.trees) {
    invalid(`it holds ${trees.length} trees and says ${parameters.trees}`);
  }
  for (const [t, tree] of trees.entries()) {
    const problem = checkTree(tree, bins);
    if (problem !== null) invalid(`tree ${t}: ${problem}`);
  }
  return new Forest(
    schema,
    parameters,
    bins,
    trees,
    readCalibration(arrays),
    readIntervals(intervals, arrays),
  );
}

/** @throws ForestError FILE_INVALID */
export function invalid(detail: string): never {
  throw new ForestError('FILE_INVALID', detail);
}

function readCuts(schema: Schema, arrays: Sections): Float64Array[] {
  const cuts = arrays['cuts'] as Float64Array;
  const counts = arrays['cutCounts'];
  if (counts.length !== schema.features.length) invalid('cuts do not match the schema');
  return splitUp(cuts, counts, 'cuts').map((part, f) => {
    for (let i = 1; i < part.length; i++) {
      if (!(part[i - 1] < part[i])) invalid(`cuts of ${schema.features[f].name} do not ascend`);
    }
    return part;
  });
}

/** Cuts `whole` into consecutive parts of the given lengths, which must use it up. */
function splitUp<T extends NumberArray>(whole: T, counts: NumberArray, name: string): T[] {
  const parts: T[] = [];
  let at = 0;
  for (const count of counts) {
    if (count < 0 || at + count > whole.length) invalid(`${name} are shorter than counted`);
    parts.push(whole.subarray(at, at + count) as T);
    at += count;
  }
  if (at !== whole.length) invalid(`${name} are longer than counted`);
  return parts;
}

function readTrees(arrays: Sections): Tree[] {
  const { nodeCounts, setWords, sets } = arrays;
  if (setWords.length !== nodeCounts.length) invalid('sets do not match the trees');
  const setParts = splitUp(sets, setWords, 'sets');
  const parts = Object.fromEntries(
    Object.keys(nodeSections).map((name) => [name, splitUp(arrays[name], nodeCounts, name)]),
  );
  return Array.from(nodeCounts, (nodes, t) => {
    const arraysOfTree = Object.entries(parts).map(([name, ofTrees]) => [name, ofTrees[t]]);
    return { nodes, sets: setParts[t], ...Object.fromEntries(arraysOfTree) } as Tree;
  });
}

function ascends(values: NumberArray, strictly: boolean): boolean {
  return values.every(
    (value, i) =>
      Number.isFinite(value) &&
      (i === 0 || values[i - 1] < value || (!strictly && values[i - 1] === value)),
  );
}

function readCalibration(arrays: Sections): Calibration | null {
  const x = arrays['calibrationX'] as Float64Array;
  const y = arrays['calibrationY'] as Float64Array;
  if (x.length !== y.length) invalid('the calibration has points without a partner');
  if (!ascends(x, true) || !ascends(y, false)) invalid('the calibration does not ascend');
  return x.length === 0 ? null : { x, y };
}

function readIntervals(
  intervals: ForestFacts['intervals'],
  arrays: Sections,
): IntervalModel | null {
  if (intervals === null || intervals === undefined) return null;
  const scores = arrays['intervalScores'] as Float64Array;
  const { noise, meanSquareError, rows } = intervals;
  const sound =
    (noise === 'plain' || noise === 'binomial') &&
    meanSquareError >= 0 &&
    Number.isSafeInteger(rows) &&
    scores.length >= 1 &&
    scores.length <= rows &&
    // A row that no out-of-bag tree thought possible has an endless score.
    scores.every((score, i) => score >= 0 && (i === 0 || scores[i - 1] <= score));
  if (!sound) invalid('the intervals contradict themselves');
  return { noise, meanSquareError, rows, scores };
}
