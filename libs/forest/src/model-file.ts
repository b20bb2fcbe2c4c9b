/*
 * A forest as one buffer, little endian:
 *
 *   0    "ADSF"            magic
 *   4    uint32            format version
 *   8    uint32            length of the header text
 *   12   header            JSON: schema, parameters, sections { name, type, offset, length }
 *        sections          typed arrays, each at a multiple of 8, all trees end to end
 *   −32  SHA-256           of everything before it
 *
 * Reading makes views of the buffer, not copies. Nothing in the header is believed: every length
 * is held against the buffer before it is used, and every link against the tree it is in.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { binsFromCuts } from './binning.js';
import type { Calibration } from './calibration.js';
import { ForestError } from './errors.js';
import { Forest } from './forest.js';
import type { IntervalModel } from './intervals.js';
import type { FitParameters } from './parameters.js';
import { checkSchema, type Schema } from './schema.js';
import type { Tree } from './tree.js';
import { checkTree } from './tree-check.js';

export const MODEL_FILE_VERSION = 1;

const MAGIC = 0x46534441;
const PREFIX_BYTES = 12;
const DIGEST_BYTES = 32;

const arrayTypes = { Float64Array, Int32Array, Uint32Array, Int16Array, Uint8Array } as const;
type ArrayType = keyof typeof arrayTypes;
type NumberArray = Float64Array | Int32Array | Uint32Array | Int16Array | Uint8Array;

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

const sectionTypes: Readonly<Record<string, ArrayType>> = {
  ...treeSections,
  ...nodeSections,
  ...optionalSections,
};

interface Section {
  readonly name: string;
  readonly type: ArrayType;
  /** Bytes from the start of the buffer. */
  readonly offset: number;
  /** Elements. */
  readonly length: number;
}

interface Header {
  readonly schema: Schema;
  readonly parameters: FitParameters;
  /** The intervals but for their scores; null if there are none. */
  readonly intervals: Omit<IntervalModel, 'scores'> | null;
  readonly sections: readonly Section[];
}

/** Writes a forest; the same forest always gives the same bytes. */
export function writeModel(forest: Forest): Uint8Array {
  const arrays = sectionsOf(forest);
  // Offsets depend on the header's length and the header holds the offsets: they count from the
  // end of the header, and reading adds its length.
  let offset = 0;
  const sections = Object.entries(arrays).map(([name, array]): Section => {
    const section = { name, type: sectionTypes[name], offset, length: array.length };
    offset = align(offset + array.byteLength);
    return section;
  });
  const { schema, parameters } = forest;
  const header: Header = { schema, parameters, intervals: intervalsHeader(forest), sections };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = align(PREFIX_BYTES + text.length);
  const bytes = new Uint8Array(start + offset + DIGEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, MODEL_FILE_VERSION, true);
  view.setUint32(8, text.length, true);
  bytes.set(text, PREFIX_BYTES);
  Object.values(arrays).forEach((array, i) => {
    const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes.set(raw, start + sections[i].offset);
  });
  const body = bytes.subarray(0, -DIGEST_BYTES);
  bytes.set(sha256(body), body.length);
  return bytes;
}

/**
 * Reads a forest. The forest keeps views of `bytes`: leave them alone.
 * @throws ForestError FILE_MAGIC, FILE_VERSION, FILE_TRUNCATED, FILE_CORRUPT, FILE_INVALID
 */
export function readModel(bytes: Uint8Array): Forest {
  checkFrame(bytes);
  const { header, start } = readHeader(bytes);
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const arrays = readSections(aligned, header, start);
  const { schema, parameters } = header;
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
    readIntervals(header, arrays),
  );
}

/** The file's own SHA-256, in hexadecimal: a name for exactly this model. */
export function modelDigest(bytes: Uint8Array): string {
  checkFrame(bytes);
  return Array.from(bytes.subarray(-DIGEST_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function invalid(detail: string): never {
  throw new ForestError('FILE_INVALID', detail);
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function sectionsOf({ bins, trees, calibration, intervals }: Forest): Record<string, NumberArray> {
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

function intervalsHeader({ intervals }: Forest): Header['intervals'] {
  if (intervals === null) return null;
  const { noise, meanSquareError, rows } = intervals;
  return { noise, meanSquareError, rows };
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

/** Magic, version and checksum, in the order that gives the most helpful error. */
function checkFrame(bytes: Uint8Array): void {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (length >= 4 && view.getUint32(0, true) !== MAGIC) {
    throw new ForestError('FILE_MAGIC', 'it does not begin with "ADSF"');
  }
  if (length < PREFIX_BYTES + DIGEST_BYTES) {
    const wanted = PREFIX_BYTES + DIGEST_BYTES;
    throw new ForestError('FILE_TRUNCATED', `got ${length} bytes, wanted at least ${wanted}`);
  }
  const version = view.getUint32(4, true);
  if (version > MODEL_FILE_VERSION || version < 1) {
    throw new ForestError(
      'FILE_VERSION',
      `got version ${version}, wanted 1 to ${MODEL_FILE_VERSION}`,
    );
  }
  const body = bytes.subarray(0, length - DIGEST_BYTES);
  const digest = sha256(body);
  if (digest.some((byte, i) => byte !== bytes[body.length + i])) {
    throw new ForestError('FILE_CORRUPT', 'it was cut short or changed since it was written');
  }
}

function readHeader(bytes: Uint8Array): { header: Header; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(8, true);
  const start = align(PREFIX_BYTES + length);
  if (start > bytes.length - DIGEST_BYTES) {
    throw new ForestError('FILE_TRUNCATED', `the header claims ${length} bytes`);
  }
  const text = new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch (cause) {
    throw new ForestError('FILE_INVALID', 'the header is not JSON', { cause });
  }
  if (header === null || typeof header !== 'object' || !Array.isArray(header.sections)) {
    invalid('the header lists no sections');
  }
  const { parameters } = header;
  if (parameters === null || typeof parameters !== 'object')
    invalid('the header has no parameters');
  checkSchema(header.schema);
  return { header, start };
}

function readSections(
  bytes: Uint8Array,
  { sections }: Header,
  start: number,
): Record<string, NumberArray> {
  const arrays: Record<string, NumberArray> = {};
  const end = bytes.length - DIGEST_BYTES;
  for (const [name, type] of Object.entries(sectionTypes)) {
    const section = sections.find((candidate) => candidate?.name === name);
    if (section === undefined || section.type !== type) invalid(`section ${name} is absent`);
    const { offset, length } = section;
    const fits =
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset % 8 === 0 &&
      start + offset + length * arrayTypes[type].BYTES_PER_ELEMENT <= end;
    if (!fits) invalid(`section ${name} lies outside the file`);
    arrays[name] = new arrayTypes[type](
      bytes.buffer as ArrayBuffer,
      bytes.byteOffset + start + offset,
      length,
    );
  }
  return arrays;
}

function readCuts(schema: Schema, arrays: Record<string, NumberArray>): Float64Array[] {
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

function readTrees(arrays: Record<string, NumberArray>): Tree[] {
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

function readCalibration(arrays: Record<string, NumberArray>): Calibration | null {
  const x = arrays['calibrationX'] as Float64Array;
  const y = arrays['calibrationY'] as Float64Array;
  if (x.length !== y.length) invalid('the calibration has points without a partner');
  if (!ascends(x, true) || !ascends(y, false)) invalid('the calibration does not ascend');
  return x.length === 0 ? null : { x, y };
}

function readIntervals(
  { intervals }: Header,
  arrays: Record<string, NumberArray>,
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
    ascends(scores, false);
  if (!sound) invalid('the intervals contradict themselves');
  return { noise, meanSquareError, rows, scores };
}
