/*
 * From trees grown elsewhere to a Forest. A reader of a foreign format drafts each tree in our
 * words (numbers ≤ bound go left, or a set of categories does); then every feature's bins are the
 * union of its bounds over all trees, and each bound becomes a place among them.
 */
import { binsFromCuts, codeOfNumber, type FeatureBins } from '../data/binning.js';
import { ForestError } from '../errors.js';
import { Forest } from '../model/forest.js';
import { resolveParameters } from '../data/parameters.js';
import { checkSchema, type Schema } from '../data/schema.js';
import type { Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/** What a foreign file may not say. */
export interface ImportOptions {
  /**
   * Names and kinds of the features, in the foreign model's order. Default: numeric features
   * x0, x1, … A feature declared categorical is tested by its category's place.
   */
  readonly schema?: Schema;
}

const MAX_TREES = 100_000;
const MAX_FEATURES = 1024;
/** Compiled nodes hold a cut's place in 16 bits. */
const MAX_CUTS = 65_000;
/** Compiling descends recursively. */
const MAX_DEPTH = 1024;

export function importInvalid(detail: string, options?: ErrorOptions): never {
  throw new ForestError('IMPORT_INVALID', detail, options);
}

export function importUnsupported(detail: string): never {
  throw new ForestError('IMPORT_UNSUPPORTED', detail);
}

/** One tree in the making: node 0 is the root, and every node is a leaf until it is split. */
export class TreeDraft {
  private readonly feature = [-1];
  private readonly bound = [0];
  private readonly left = [0];
  private readonly missingLeft = [0];
  private readonly value = [0];
  private readonly cover = [1];
  private readonly gain = [0];
  private readonly depth = [0];
  private readonly sets: number[] = [];

  get nodes(): number {
    return this.feature.length;
  }

  /**
   * @param cover training weight of the leaf, where the file tells it; default: all leaves alike
   * @throws ForestError IMPORT_INVALID if `value` is not finite, or `cover` not a number ≥ 0
   */
  leaf(node: number, value: number, cover = 1): void {
    if (!Number.isFinite(value)) importInvalid(`a leaf's value is ${value}`);
    if (!(cover >= 0 && cover < Infinity)) importInvalid(`a leaf's cover is ${cover}`);
    this.value[node] = value;
    this.cover[node] = cover;
  }

  /** Says what the split of a node saved in training. */
  saved(node: number, gain: number): void {
    this.gain[node] = gain;
  }

  /**
   * Numbers ≤ `bound` go left; with +∞ every number does, which tells observed from missing.
   * @returns the left child; the right one is next to it
   */
  split(node: number, feature: number, bound: number, missingLeft: boolean): number {
    // −0 and 0 are the same bound.
    this.bound[node] = bound + 0;
    return this.open(node, feature, missingLeft);
  }

  /** Categories in the bit set go left. */
  splitSet(node: number, feature: number, set: Uint32Array, missingLeft: boolean): number {
    this.bound[node] = this.sets.length;
    for (const word of set) this.sets.push(word);
    return this.open(node, feature, missingLeft);
  }

  /** Adds the tree's bounds to those of its features. */
  collectBounds(schema: Schema, bounds: readonly Set<number>[]): void {
    this.feature.forEach((f, node) => {
      if (f < 0 || schema.features[f].kind === 'categorical') return;
      if (this.bound[node] !== Infinity) bounds[f].add(this.bound[node]);
    });
  }

  /**
   * Most foreign files tell no in-bag weights: then every leaf counts 1. An inner node's value is the
   * mean of its leaves.
   */
  finish(bins: readonly FeatureBins[]): Tree {
    const { nodes } = this;
    const value = Float64Array.from(this.value);
    const cover = Float64Array.from(this.cover);
    for (let node = nodes - 1; node >= 0; node--) {
      const left = this.left[node];
      if (left === 0) continue;
      cover[node] = cover[left] + cover[left + 1];
      const share = cover[node] > 0 ? cover[left] / cover[node] : 0.5;
      value[node] = share * value[left] + (1 - share) * value[left + 1];
    }
    return {
      nodes,
      feature: Int16Array.from(this.feature),
      cut: Int32Array.from(this.feature, (f, node) => this.cutOf(bins, f, node)),
      left: Int32Array.from(this.left),
      missingLeft: Uint8Array.from(this.missingLeft),
      value,
      cover,
      gain: Float64Array.from(this.gain),
      sets: Uint32Array.from(this.sets),
    };
  }

  private cutOf(bins: readonly FeatureBins[], f: number, node: number): number {
    if (f < 0) return 0;
    if (bins[f].categorical) return this.bound[node];
    return codeOfNumber(bins[f].cuts, this.bound[node]);
  }

  private open(node: number, feature: number, missingLeft: boolean): number {
    const left = this.nodes;
    const depth = this.depth[node] + 1;
    if (depth > MAX_DEPTH) importUnsupported(`a tree is deeper than ${MAX_DEPTH}`);
    this.feature[node] = feature;
    this.missingLeft[node] = +missingLeft;
    this.left[node] = left;
    for (let child = left; child < left + 2; child++) {
      this.feature.push(-1);
      this.bound.push(0);
      this.left.push(0);
      this.missingLeft.push(0);
      this.value.push(0);
      this.cover.push(1);
      this.gain.push(0);
      this.depth.push(depth);
    }
    return left;
  }
}

/**
 * The schema of an import: the caller's if there is one, numeric features x0, x1, … otherwise.
 * @param width features the foreign model says it has, or at least tests
 * @param exact whether the model says so itself
 * @throws ForestError SCHEMA_INVALID, or IMPORT_INVALID if schema and model do not fit
 */
export function importSchema(schema: Schema | undefined, width: number, exact: boolean): Schema {
  if (schema !== undefined) {
    const { length } = checkSchema(schema).features;
    if (exact ? length !== width : length < width) {
      const wanted = `${exact ? '' : 'at least '}${width}`;
      importInvalid(`the schema has ${length} features, the model ${wanted}`);
    }
    return schema;
  }
  if (width > MAX_FEATURES) {
    importUnsupported(`it has ${width} features, wanted at most ${MAX_FEATURES}`);
  }
  const features = Array.from({ length: Math.max(1, width) }, (_, f) => ({
    name: `x${f}`,
    kind: 'numeric' as const,
  }));
  return { features };
}

/**
 * Puts drafts together.
 * @param parts what is made of the trees; default: their mean
 * @throws ForestError IMPORT_UNSUPPORTED beyond 100,000 trees or 65,000 bounds of a feature
 */
export function assembleForest(
  schema: Schema,
  drafts: readonly TreeDraft[],
  parts?: readonly Part[],
): Forest {
  if (drafts.length < 1) importInvalid('it has no trees');
  if (drafts.length > MAX_TREES) {
    importUnsupported(`it has ${drafts.length} trees, wanted at most ${MAX_TREES}`);
  }
  const bounds = schema.features.map(() => new Set<number>());
  for (const draft of drafts) draft.collectBounds(schema, bounds);
  bounds.forEach(({ size }, f) => {
    if (size > MAX_CUTS) {
      const { name } = schema.features[f];
      importUnsupported(`${name} has ${size} distinct thresholds, wanted at most ${MAX_CUTS}`);
    }
  });
  const cuts = bounds.map((values) => Float64Array.from(values).sort());
  const bins = binsFromCuts(schema, cuts);
  const parameters = resolveParameters(schema, { trees: drafts.length, bootstrap: false });
  const trees = drafts.map((draft) => draft.finish(bins));
  return new Forest(schema, parameters, bins, trees, null, null, { parts });
}
