/*
 * The cell of a row: its codes, counted only over the cuts that some tree uses.
 *
 * A forest is constant within a cell, so a cell is all that a prediction, a table or a cache
 * needs to know of a row:
 *
 *   feature      used cuts            codes
 *   numeric      u0 < u1 < … < um     0 … m + 1, missing = m + 2 − 1 … the last
 *   categorical  —                    one a category, missing last
 *   never used   —                    0 for everything
 *
 * A cell's code is its codes in mixed radix, feature 0 the slowest: one safe integer where the
 * product of sizes allows, a string of the codes where it does not.
 */
import { codeOf, type FeatureBins } from '../data/binning.js';
import { CutSearch, indexCuts, type CutIndex } from '../data/cut-search.js';
import { inSet, type Tree } from '../trees/tree.js';

/** The code of a cell. Rows whose cells have the same code get the same prediction, always. */
export type CellCode = number | string;

/** The parts of a cell space: plain arrays, so that one thread can send them to another. */
export interface CellPlan {
  /** By feature: bins over used cuts only. */
  readonly bins: readonly FeatureBins[];
  /** By feature: how many codes, missing included; 1 where no tree asks for the feature. */
  readonly sizes: readonly number[];
  /** By feature and place of a cut among all cuts: its place among the used cuts. */
  readonly places: readonly Int32Array[];
  /** By feature: the used cuts, laid out for the search. */
  readonly cuts: readonly CutIndex[];
}

export class CellSpace {
  readonly bins: readonly FeatureBins[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** Number of cells, possibly beyond the safe integers. */
  readonly count: number;
  private readonly searches: readonly CutSearch[];

  constructor(readonly plan: CellPlan) {
    this.bins = plan.bins;
    this.sizes = plan.sizes;
    this.searches = plan.cuts.map((index) => new CutSearch(index));
    const strides = this.sizes.map(() => 1);
    for (let f = strides.length - 2; f >= 0; f--) strides[f] = strides[f + 1] * this.sizes[f + 1];
    this.strides = strides;
    this.count = strides[0] * this.sizes[0];
  }

  /** The space of the cells that some trees tell apart. */
  static of(allBins: readonly FeatureBins[], trees: readonly Tree[]): CellSpace {
    const used = usedCuts(allBins, trees);
    const bins = allBins.map((feature, f) =>
      feature.categorical ? feature : keepCuts(feature, used[f]),
    );
    return new CellSpace({
      bins,
      sizes: bins.map((feature, f) => (used[f].includes(1) ? feature.bins + 1 : 1)),
      places: used.map(placesOf),
      cuts: bins.map(({ cuts }) => indexCuts(cuts)),
    });
  }

  /** The code, over used cuts, of a number in feature `f`. */
  codeOf(f: number, x: number): number {
    if (this.sizes[f] === 1) return 0;
    return this.bins[f].categorical ? codeOf(this.bins[f], x) : this.searches[f].codeOf(x);
  }

  /** A numeric node's cut among the used cuts: codes up to it go left. */
  cutPlace(f: number, cut: number): number {
    return this.plan.places[f][cut];
  }

  /** The cell of a row of numbers. */
  cellOf(row: ArrayLike<number>): CellCode {
    if (this.count <= Number.MAX_SAFE_INTEGER) return this.indexOf(row);
    let code = '';
    for (let f = 0; f < this.sizes.length; f++) code += String.fromCharCode(this.codeOf(f, row[f]));
    return code;
  }

  /**
   * Turns a code over the used cuts of a feature into one over all its cuts, from the same cell.
   * @param all the feature's bins over all cuts
   */
  codeOfAll(f: number, code: number, all: FeatureBins): number {
    if (all.categorical || this.sizes[f] === 1) return code;
    const used = this.bins[f];
    if (code === used.bins) return all.bins;
    return code < used.cuts.length ? codeOf(all, used.cuts[code]) : all.bins - 1;
  }

  /** The codes, over used cuts, of a cell that `cellOf` gave. */
  codesIn(cell: CellCode, codes: Int32Array): Int32Array {
    if (typeof cell === 'string') {
      for (let f = 0; f < codes.length; f++) codes[f] = cell.charCodeAt(f);
      return codes;
    }
    let rest = cell;
    for (let f = 0; f < codes.length; f++) {
      codes[f] = Math.floor(rest / this.strides[f]);
      rest -= codes[f] * this.strides[f];
    }
    return codes;
  }

  /**
   * The cell's number, for a space that fits the safe integers.
   * @param at where the row begins in `rows`
   */
  indexOf(rows: ArrayLike<number>, at = 0): number {
    const { strides } = this;
    let index = 0;
    for (let f = 0; f < strides.length; f++) index += strides[f] * this.codeOf(f, rows[at + f]);
    return index;
  }
}

/** By feature: 1 at every cut that some node uses. The place after the last: observed or missing. */
function usedCuts(bins: readonly FeatureBins[], trees: readonly Tree[]): Uint8Array[] {
  const used = bins.map(
    (feature) => new Uint8Array(feature.categorical ? 1 : feature.cuts.length + 1),
  );
  for (const { nodes, feature, cut } of trees) {
    for (let node = 0; node < nodes; node++) {
      const f = feature[node];
      if (f >= 0) used[f][bins[f].categorical ? 0 : cut[node]] = 1;
    }
  }
  return used;
}

function keepCuts(feature: FeatureBins, used: Uint8Array): FeatureBins {
  const cuts = feature.cuts.filter((_, place) => used[place] === 1);
  return { categorical: false, cuts, bins: cuts.length + 1 };
}

/** By place of a cut: how many used cuts lie before it. */
function placesOf(used: Uint8Array): Int32Array {
  const places = new Int32Array(used.length);
  let before = 0;
  used.forEach((isUsed, place) => {
    places[place] = before;
    before += isUsed;
  });
  // "Observed or missing" is no cut of its own: everything observed, up to the last code.
  places[used.length - 1] = before - used[used.length - 1];
  return places;
}

/** Which way a code over the used cuts goes at an inner node. */
export function codeGoesLeft(cells: CellSpace, tree: Tree, node: number, code: number): boolean {
  const f = tree.feature[node];
  const { categorical, bins } = cells.bins[f];
  if (code === bins) return tree.missingLeft[node] === 1;
  if (categorical) return inSet(tree.sets, tree.cut[node], code);
  return code <= cells.cutPlace(f, tree.cut[node]);
}
