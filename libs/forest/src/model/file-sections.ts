/*
 * What a forest is made of, as named arrays: all trees end to end, and back again. Nothing that is
 * read is believed: parts must add up, links must stay in their tree, numbers must ascend.
 *
 * Version 1 knows bags of trees and isotonic calibrations. What it cannot say (parts, Platt's
 * calibration, overdispersion, attachments) makes a file one of version 2, which says it beside.
 */
import { binsFromCuts } from '../data/binning.js';
import { isPlatt, type Calibration, type PlattCalibration } from '../judge/calibration.js';
import { ForestError } from '../errors.js';
import { Forest, type AttachedArray, type Attachments } from './forest.js';
import type { IntervalModel } from '../judge/intervals.js';
import type { FitParameters } from '../data/parameters.js';
import type { Schema } from '../data/schema.js';
import { links } from '../trees/links.js';
import { checkParts, isBag, type Part } from '../trees/parts.js';
import { checkTree, type Tree } from '../trees/tree.js';

export const arrayTypes = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Uint8Array,
} as const;
export type ArrayType = keyof typeof arrayTypes;
export type NumberArray = AttachedArray;

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

/** By version: the sections that a file has. Version 2: by member, how many trees. */
export const sectionsOfVersion: Readonly<Record<number, Readonly<Record<string, ArrayType>>>> = {
  1: sectionTypes,
  2: { ...sectionTypes, members: 'Int32Array' },
};

/** A forest but for its arrays. */
export interface ForestFacts {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  /** The intervals but for their scores; null if there are none. */
  readonly intervals: Omit<IntervalModel, 'scores'> | null;
  /** Version 2: the parts, with their numbers of members. */
  readonly parts?: readonly (Omit<Part, 'members'> & { readonly members: number })[];
  /** Version 2: Platt's calibration, if there is that. */
  readonly platt?: PlattCalibration | null;
}

export type Sections = Readonly<Record<string, NumberArray>>;

/** The version that can say what a forest is. */
export function versionFor({ parts, calibration, intervals, attached }: Forest): 1 | 2 {
  const platt = calibration !== null && isPlatt(calibration);
  const overdispersed = intervals?.overdispersion !== undefined;
  return isBag(parts) && !platt && !overdispersed && attached === null ? 1 : 2;
}

export function factsOf(forest: Forest): ForestFacts {
  const { schema, parameters, intervals, calibration } = forest;
  const facts = { schema, parameters, intervals: intervals && withoutScores(intervals) };
  if (versionFor(forest) === 1) return facts;
  const parts = forest.parts.map(({ link, base, weight, members }) => {
    return { link, base, weight, members: members.length };
  });
  return {
    ...facts,
    parts,
    platt: calibration !== null && isPlatt(calibration) ? calibration : null,
  };
}

function withoutScores({
  noise,
  meanSquareError,
  rows,
  overdispersion,
}: Omit<IntervalModel, 'scores'>): Omit<IntervalModel, 'scores'> {
  return { noise, meanSquareError, rows, ...(overdispersion !== undefined && { overdispersion }) };
}

export function sectionsOf(forest: Forest): Sections {
  const { bins, trees, calibration, intervals, parts } = forest;
  const points = calibration === null || isPlatt(calibration) ? null : calibration;
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
  sections['calibrationX'] = points?.x ?? new Float64Array(0);
  sections['calibrationY'] = points?.y ?? new Float64Array(0);
  sections['intervalScores'] = intervals?.scores ?? new Float64Array(0);
  for (const [name, type] of Object.entries(nodeSections)) {
    const whole = trees.map((tree) => tree[name as keyof typeof nodeSections]);
    sections[name] = concatenate(type, whole);
  }
  if (versionFor(forest) === 2) {
    sections['members'] = Int32Array.from(parts.flatMap(({ members }) => members));
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
  { schema, parameters, intervals, parts: heads, platt }: ForestFacts,
  arrays: Sections,
  attached: Attachments | null,
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
  const parts = 'members' in arrays ? readParts(heads, arrays, trees.length) : undefined;
  const calibration = readPlatt(platt) ?? readCalibration(arrays);
  const judged = readIntervals(intervals, arrays);
  return new Forest(schema, parameters, bins, trees, calibration, judged, {
    ...(parts && { parts }),
    attached,
  });
}

function readParts(heads: ForestFacts['parts'], arrays: Sections, trees: number): Part[] {
  if (!Array.isArray(heads)) invalid('the header has no parts');
  const counts = heads.map((head) => head?.members as unknown);
  if (!counts.every((n) => Number.isSafeInteger(n))) invalid('parts do not say their members');
  const members = splitUp(arrays['members'], counts as number[], 'members');
  const parts = heads.map(({ link, base, weight }, p): Part => {
    if (!links.includes(link)) invalid(`the link of part ${p} is ${String(link)}`);
    return { link, base, weight, members: Array.from(members[p]) };
  });
  const problem = checkParts(parts, trees);
  if (problem !== null) invalid(problem);
  return parts;
}

function readPlatt(platt: ForestFacts['platt']): PlattCalibration | null {
  if (platt === null || platt === undefined) return null;
  const { slope, intercept } = platt;
  // A map that fell would turn the order of predictions round, and `reach` with it.
  if (!(Number.isFinite(slope) && slope >= 0 && Number.isFinite(intercept))) {
    invalid(`Platt's calibration has slope ${slope} and intercept ${intercept}`);
  }
  return { slope, intercept };
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
function splitUp<T extends NumberArray>(whole: T, counts: Iterable<number>, name: string): T[] {
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
  const { noise, meanSquareError, rows, overdispersion } = intervals;
  const sound =
    (noise === 'plain' || noise === 'binomial') &&
    meanSquareError >= 0 &&
    Number.isSafeInteger(rows) &&
    (overdispersion === undefined ||
      (Number.isFinite(overdispersion) && overdispersion >= 0 && overdispersion <= 1)) &&
    scores.length >= 1 &&
    scores.length <= rows &&
    // A row that no out-of-bag tree thought possible has an endless score.
    scores.every((score, i) => score >= 0 && (i === 0 || scores[i - 1] <= score));
  if (!sound) invalid('the intervals contradict themselves');
  return { ...withoutScores(intervals), scores };
}
