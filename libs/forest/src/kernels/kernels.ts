/*
 * The kernels (the folder kernels/, in AssemblyScript) and how they are called: each user has an
 * instance with a memory of its own, which goes when its user goes.
 */
import { ForestError } from '../errors.js';
import { kernelText, memoryKindAt } from './embedded.js';

/** A WebAssembly memory. */
export interface KernelMemory {
  readonly buffer: ArrayBufferLike;
}

interface Global {
  readonly value: number;
}

/** What is used of it. TypeScript knows it as a part of browsers only. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Addresses and sizes are bytes; what the arguments mean is said where the kernel is. */
interface Exports {
  take(count: number, bytesEach: number): number;
  continueRandom(a: number, b: number, c: number, counter: number): void;
  bindRows(width: number, codeBytes: number, mostRows: number): void;
  bindFeature(
    f: number,
    offset: number,
    mask: number,
    bins: number,
    first: number,
    categorical: boolean,
    anyMissing: boolean,
    monotone: number,
  ): void;
  bindRules(
    minLeafRows: number,
    minLeafWeight: number,
    minGain: number,
    maxDepth: number,
    maxLeaves: number,
    maxFeatures: number,
    poisson: boolean,
    extraTrees: boolean,
  ): void;
  bindBoosting(
    shrinkage: number,
    smoothing: number,
    treeFeatures: number,
    keepsHistograms: boolean,
  ): void;
  bindBooster(rows: number, folds: number, groups: number, sampled: boolean): void;
  bindMargins(mostNodes: number, longest: number): void;
  bindLoss(loss: number): void;
  listGroups(fold: number): void;
  setMargins(margin: number): void;
  sampleGroups(): void;
  layDerivatives(): void;
  scaleTree(rate: number, shift: number): void;
  openTree(nodes: number, setWords: number): void;
  addToMargins(): void;
  lossHeld(): number;
  keepMargins(): void;
  takeHeld(rows: number, margins: number): number;
  readonly trainedWeight: Global;
  readonly trainedSum: Global;
  readonly heldWeight: Global;
  bindSplits(longest: number): void;
  bindNodes(setBytes: number, bins: number): void;
  bindTree(mostNodes: number): void;
  bindBuffers(rows: number, longest: number): void;
  bindGrower(mostLeaves: number): void;
  bindRoutes(most: number): void;
  bindBag(rows: number, counted: boolean): void;
  drawBag(rows: number, draws: number, bootstrap: boolean): void;
  gather(rows: number): void;
  grow(): number;
  beginRoutes(): void;
  route(from: number, to: number): number;
  makeCoding(
    categorical: boolean,
    missing: number,
    first: number,
    last: number,
    shift: number,
    most: number,
    cuts: number,
    starts: number,
  ): number;
  bindCodes(most: number): void;
  addCodes(
    coding: number,
    values: number,
    step: number,
    count: number,
    scale: number,
    to: number,
  ): void;
  bindForest(
    nodes: number,
    values: number,
    roots: number,
    features: number,
    slots: number,
    rows: number,
    coded: number,
  ): void;
  bindTest(f: number, coding: number, at: number, sets: number, sides: number): void;
  predictRow(first: number, trees: number): number;
  predictCodes(first: number, trees: number): number;
  walkTrees(first: number, trees: number): number;
  codeRows(first: number, count: number): void;
  sumBlock(first: number, trees: number, count: number): void;
  readonly numbers: Global;
  readonly sums: Global;
  bindNumbers(most: number): void;
  sortNumbers(count: number): number;
  bindDistinct(limit: number): void;
  beginDistinct(): void;
  addDistinct(values: number, count: number): number;
  sortDistinct(): void;
  bindRecords(rows: number, weights: boolean, counts: boolean, codeBytes: number, at: number): void;
  putRows(from: number, count: number): void;
  putNumbers(which: number, values: number, from: number, count: number): void;
  putColumn(
    coding: number,
    values: number,
    from: number,
    count: number,
    offset: number,
    wide: boolean,
  ): number;
  beginSort(level: number): void;
  countTop(from: number, to: number): void;
  layTop(): number;
  fillTop(bucket: number): void;
  sortTop(bucket: number): void;
  releaseGrowers(): void;
  markGroups(from: number, to: number): number;
  takeRows(from: number, count: number, to: number): void;
  takeNumbers(which: number, from: number, count: number, to: number): void;
  readonly records: Global;
  readonly sorted: Global;
  readonly distinct: Global;
  readonly drawn: Global;
  readonly missed: Global;
  readonly nodeFeature: Global;
  readonly nodeCut: Global;
  readonly nodeLeft: Global;
  readonly nodeMissingLeft: Global;
  readonly nodeValue: Global;
  readonly nodeCover: Global;
  readonly nodeGain: Global;
  readonly nodeSets: Global;
  readonly setWords: Global;
  readonly outPositions: Global;
  readonly outLeaves: Global;
}

type NumericArray = Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float64Array;
type ArrayType<T extends NumericArray> = new (
  memory: ArrayBufferLike,
  at: number,
  length: number,
) => T;

const PAGE = 2 ** 16;
/** What 32-bit addresses reach: 4 GiB. */
const MOST_PAGES = 2 ** 16;

/**
 * V8 does not count shared memories, and would not collect them. So each comes with a buffer as large,
 * which is counted, is kept as long, and takes no room since nobody touches it.
 */
const pressure = new FinalizationRegistry<ArrayBuffer>(() => {});

/** An instance of the kernels. */
export class Kernels {
  readonly call: Exports;
  readonly memory: KernelMemory;
  /** What another thread may take over with the memory. */
  readonly module: object;

  /**
   * @param memory one that kernels have laid out, maybe on another thread; a new one if absent
   * @param module compiled on that thread, which saves this one the work
   * @throws ForestError KERNELS_UNAVAILABLE
   */
  constructor(memory?: KernelMemory, module?: object) {
    this.memory = memory ?? newMemory(1, false);
    const shared = this.memory.buffer[Symbol.toStringTag] === 'SharedArrayBuffer';
    const imports = {
      env: { memory: this.memory },
      split: { log: Math.log },
      memory: { outOfMemory },
    };
    if (shared) pressure.register(this.memory, new ArrayBuffer(this.memory.buffer.byteLength));
    if (module !== undefined) modules[+shared] ??= module;
    this.module = moduleFor(shared);
    const instance = new WebAssembly.Instance(this.module, imports);
    this.call = instance.exports as unknown as Exports;
  }

  /** Room for `length` numbers; its address. */
  room<T extends NumericArray>(
    type: ArrayType<T> & { BYTES_PER_ELEMENT: number },
    length: number,
  ): number {
    return this.call.take(length, type.BYTES_PER_ELEMENT) >>> 0;
  }

  /** What lies at an address, until more memory is taken. */
  at<T extends NumericArray>(type: ArrayType<T>, address: number | Global, length: number): T {
    const at = typeof address === 'number' ? address : address.value;
    return new type(this.memory.buffer, at >>> 0, length);
  }
}

/** Copies `count` numbers from place `from` on to the beginning of `to`. */
export function copyNumbers(
  to: Float64Array,
  numbers: ArrayLike<number>,
  from: number,
  count: number,
): void {
  if (numbers instanceof Float64Array) to.set(numbers.subarray(from, from + count));
  else for (let i = 0; i < count; i++) to[i] = numbers[from + i];
}

/** The parts of a search for codes, as src/data/cut-search.ts makes them. */
interface Cuts {
  readonly cuts: Float64Array;
  readonly starts: Uint16Array;
  readonly first: number;
  readonly last: number;
  readonly shift: number;
  readonly most: number;
}

/** Lays out how a feature is coded; its address. */
export function putCoding(
  kernels: Kernels,
  categorical: boolean,
  missing: number,
  { cuts, starts, first, last, shift, most }: Cuts,
): number {
  const cutsAt = kernels.room(Float64Array, cuts.length);
  const startsAt = kernels.room(Uint16Array, starts.length);
  kernels.at(Float64Array, cutsAt, cuts.length).set(cuts);
  kernels.at(Uint16Array, startsAt, starts.length).set(starts);
  const { call } = kernels;
  return call.makeCoding(categorical, missing, first, last, shift, most, cutsAt, startsAt) >>> 0;
}

function outOfMemory(bytes: number): never {
  const wanted = `${Math.ceil(bytes / 2 ** 20)} MB more`;
  throw new ForestError(
    'MEMORY_EXHAUSTED',
    `${wanted}, and a fit or a compiled forest has at most 4 GiB`,
  );
}

/** @throws ForestError KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED */
export function newMemory(bytes: number, shared: boolean): KernelMemory {
  if (typeof WebAssembly !== 'object') throw unavailable('there is no WebAssembly');
  const initial = Math.max(1, Math.ceil(bytes / PAGE));
  try {
    return new WebAssembly.Memory({ initial, maximum: MOST_PAGES, shared });
  } catch (cause) {
    if (cause instanceof RangeError) outOfMemory(bytes);
    throw unavailable(String(cause));
  }
}

/** What the module says of memory that is not shared: that it has a maximum. */
const OWN = 1;

/** Compiled once, each kind, when first needed. */
const modules: [own?: object, shared?: object] = [];

function moduleFor(shared: boolean): object {
  return (modules[+shared] ??= compile(shared));
}

function compile(shared: boolean): object {
  try {
    const text = atob(kernelText);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    if (!shared) bytes[memoryKindAt] = OWN;
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw unavailable(String(cause));
  }
}

function unavailable(why: string): ForestError {
  return new ForestError('KERNELS_UNAVAILABLE', why);
}

let available: boolean | undefined;

/** Can this host run the kernels? It may lack WebAssembly or its vectors, or a page may forbid it. */
export function hasKernels(): boolean {
  return (available ??= canRun());
}

function canRun(): boolean {
  try {
    new Kernels();
    return true;
  } catch {
    return false;
  }
}
