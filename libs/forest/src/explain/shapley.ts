/*
 * Exact interventional Shapley values, by enumeration.
 *
 * The game of one row x against one background row b: a coalition S of features predicts the row
 * that takes S from x and the rest from b. A feature is a column, or a group of columns that come
 * from x or from b together. The values are the averages of the games' Shapley
 * values (Shapley 1953; interventional: Janzing et al. 2020, Lundberg et al. 2020).
 *
 * Two things keep the 2^F coalitions few. Background rows of one cell (cells.ts) play the same
 * game and are merged. And where x and b share a feature's codes, that feature is a dummy: it gets
 * 0 and can leave the game, which changes no other player's value. What remains is a cube with
 * one corner a coalition of the d features that differ:
 *
 *   corner   bit i set: differing feature i comes from x, else from b
 *   value i  Σ over corners S without i of  |S|! (d − 1 − |S|)! / d!  ·  (v[S + i] − v[S])
 */
import { readBackground, type Background, type BackgroundRows } from './background.js';
import { calibrated } from '../judge/calibration.js';
import type { CellCode, CellSpace } from '../serve/cells.js';
import type { Compiled } from '../serve/compile.js';
import { Corners } from './corners.js';
import { ForestError } from '../errors.js';
import { readGroups, type FeatureGroups, type GroupOptions } from './groups.js';
import type { Forest } from '../model/forest.js';
import { treesOf } from '../trees/parts.js';

/** How much each feature moved a prediction; all in one unit. */
export interface Explanation {
  /** What is predicted when nothing is known of the row. */
  readonly base: number;
  /**
   * By feature in schema order, or by group in the order given; base + Σ values = what is explained,
   * but for rounding.
   */
  readonly values: Float64Array;
}

export interface ShapleyOptions extends GroupOptions {
  /** How much each background row counts, ≥ 0. Default: all alike. */
  readonly weight?: ArrayLike<number>;
}

/** Enumeration ends here: 2^12 coalitions a background row. */
export const MAX_SHAPLEY_FEATURES = 12;

/** Background rows that are explained against together: a tree is read once for all of them. */
const BLOCK = 16;

/** A background row that stands for all rows of its cell. */
interface Stand {
  readonly row: Float64Array;
  readonly codes: Int32Array;
  weight: number;
}

/** Explains rows against one background sample. */
export class ShapleyExplainer {
  /** The (weighted) mean prediction over the background. */
  readonly base: number;
  private readonly cells: CellSpace;
  private readonly stands: readonly Stand[];
  private readonly compiled: Compiled;
  private readonly groups: FeatureGroups;

  /**
   * @param background a sample of the population to compare with; tens to hundreds of rows do
   * @throws ForestError FEATURE_INVALID if the trees use more than 12 features, or groups of them
   * (`treeShap` has no such bound); BACKGROUND_INVALID; OPTION_INVALID if the groups are not such
   */
  constructor(
    private readonly forest: Forest,
    background: BackgroundRows,
    { weight, groups }: ShapleyOptions = {},
  ) {
    this.groups = readGroups(forest.schema, groups);
    this.compiled = forest.compile();
    this.cells = this.compiled.cells;
    const { sizes } = this.cells;
    const used = this.groups.filter((columns) => columns.some((f) => sizes[f] > 1)).length;
    if (used > MAX_SHAPLEY_FEATURES) {
      throw new ForestError(
        'FEATURE_INVALID',
        `its trees use ${used} ${groups ? 'groups of ' : ''}features and exact Shapley values go up to ` +
          `${MAX_SHAPLEY_FEATURES}; treeShap explains any number`,
      );
    }
    this.stands = this.merge(readBackground(forest.schema, background, weight));
    let base = 0;
    for (const { row, weight } of this.stands) base += weight * this.compiled.predict(row);
    this.base = base;
  }

  /**
   * The Shapley value of every feature, or group, at one row of numbers in schema order: how much
   * knowing it moves the prediction away from `base`, averaged over all orders in which the features
   * may become known; in the target's unit. Every forest is explained as it predicts: of a logit link
   * the chance and not the log-odds, of a mixture all parts, calibration included. A feature that no
   * tree uses gets exactly 0. The sum is the prediction − base, but for rounding.
   * @throws ForestError ROW_INVALID if the row's length is not the number of features
   */
  explain(row: ArrayLike<number>): Explanation {
    checkWidth(this.forest, row);
    const codes = this.codesOf(row);
    const { groups } = this;
    const values = new Float64Array(groups.length);
    for (let from = 0; from < this.stands.length; from += BLOCK) {
      const block = this.stands.slice(from, from + BLOCK);
      const cubes = block.map((stand) => {
        const differs = (columns: readonly number[]): boolean =>
          columns.some((f) => codes[f] !== stand.codes[f]);
        const differing = [...groups.keys()].filter((g) => differs(groups[g]));
        return new Corners(row, stand.row, groups, differing);
      });
      this.fill(cubes);
      cubes.forEach((cube, i) => addShapley(values, cube, block[i].weight));
    }
    return { base: this.base, values };
  }

  /** Reads corners from the table where there is one, else lays tree after tree over them. */
  private fill(cubes: readonly Corners[]): void {
    const { bins, trees, calibration, parts } = this.forest;
    if (this.compiled.kind === 'table') {
      for (const cube of cubes) cube.ask((row) => this.compiled.predict(row));
      return;
    }
    let t = 0;
    for (const part of parts) {
      for (const end = t + treesOf(part); t < end; t++) {
        for (const cube of cubes) cube.addTree(trees[t], bins);
      }
      for (const cube of cubes) cube.endPart(part);
    }
    if (calibration === null) return;
    for (const cube of cubes) cube.finish((prediction) => calibrated(calibration, prediction));
  }

  private merge({ rows, values, weight }: Background): Stand[] {
    const width = this.cells.sizes.length;
    const stands = new Map<CellCode, Stand>();
    for (let i = 0; i < rows; i++) {
      if (weight[i] === 0) continue;
      const row = values.subarray(i * width, (i + 1) * width);
      const cell = this.cells.cellOf(row);
      const stand = stands.get(cell);
      if (stand !== undefined) stand.weight += weight[i];
      else stands.set(cell, { row, codes: this.codesOf(row), weight: weight[i] });
    }
    return [...stands.values()];
  }

  private codesOf(row: ArrayLike<number>): Int32Array {
    return Int32Array.from(row, (x, f) => this.cells.codeOf(f, x));
  }
}

/**
 * One row's Shapley values; for many rows make one `ShapleyExplainer`.
 * @throws ForestError as `ShapleyExplainer` and its `explain` do
 */
export function shapleyValues(
  forest: Forest,
  row: ArrayLike<number>,
  background: BackgroundRows,
  options?: ShapleyOptions,
): Explanation {
  return new ShapleyExplainer(forest, background, options).explain(row);
}

/** @throws ForestError ROW_INVALID */
export function checkWidth({ schema }: Forest, row: ArrayLike<number>): void {
  const wanted = schema.features.length;
  if (row.length === wanted) return;
  throw new ForestError('ROW_INVALID', `got ${row.length} numbers, wanted ${wanted}`);
}

/** Adds `weight` times the cube's Shapley values to those of the differing groups. */
function addShapley(values: Float64Array, cube: Corners, weight: number): void {
  const { differing, values: corners } = cube;
  const shares = orderShares(differing.length);
  const sizes = new Uint8Array(corners.length);
  for (let s = 1; s < sizes.length; s++) sizes[s] = sizes[s >>> 1] + (s & 1);
  differing.forEach((g, i) => {
    let value = 0;
    for (let s = 0; s < corners.length; s++) {
      if ((s >>> i) & 1) continue;
      value += shares[sizes[s]] * (corners[s | (1 << i)] - corners[s]);
    }
    values[g] += weight * value;
  });
}

/** By size s: the share s! (d − 1 − s)! / d! of orders in which just those s come before a player. */
function orderShares(players: number): Float64Array {
  const shares = new Float64Array(players);
  let choose = 1;
  for (let s = 0; s < players; s++) {
    shares[s] = 1 / (players * choose);
    choose = (choose * (players - 1 - s)) / (s + 1);
  }
  return shares;
}
