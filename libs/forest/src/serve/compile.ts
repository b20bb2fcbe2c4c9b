import { ForestError } from '../errors.js';
import type { FeatureBins } from '../data/binning.js';
import { calibrated, type Calibration } from '../judge/calibration.js';
import { CellSpace, type CellCode, type CellPlan } from './cells.js';
import { hasKernels } from '../kernels/kernels.js';
import { PackedForest } from './packed.js';
import { packTrees, type PackedNodes } from './packing.js';
import { sampleFromLeaves } from './leaf-sample.js';
import { trainingWeight, type CodeShares } from './support.js';
import { buildTable, TableBatch } from './table.js';
import type { Tree } from '../trees/tree.js';
import { WalkedForest } from './walked.js';

export interface CompileOptions {
  /** Build a table if it has at most this many cells (8 bytes each). Default 4,194,304. */
  readonly maxTableCells?: number;
}

const DEFAULT_TABLE_CELLS = 2 ** 22;

/** Asking more trees than this makes an estimate of their spread hardly better. */
const MOST_ASKED = 200;

/** The parts of a forest that it is compiled from. */
interface Source {
  readonly seed: number;
  readonly bins: readonly FeatureBins[];
  readonly trees: readonly Tree[];
  readonly calibration: Calibration | null;
}

/**
 * A compiled forest as plain arrays, which one thread can make and another use. Exactly one of
 * `table`, `packed` and `walked` is not null.
 */
export interface CompiledParts {
  readonly cells: CellPlan;
  /** Applied to the means of `packed` and `walked`; the cells of a table have it applied already. */
  readonly calibration: Calibration | null;
  readonly table: Float64Array | null;
  readonly packed: PackedNodes | null;
  readonly walked: Pick<Source, 'bins' | 'trees'> | null;
}

/**
 * Chooses between table, packed nodes and walk, and makes the one chosen.
 * @param shared may another thread use it?
 */
export function compileForest(
  { bins, trees, calibration }: Omit<Source, 'seed'>,
  { maxTableCells = DEFAULT_TABLE_CELLS }: CompileOptions = {},
  shared = false,
): CompiledParts {
  const cells = CellSpace.of(bins, trees);
  const parts = { cells: cells.plan, calibration, table: null, packed: null, walked: null };
  if (cells.count <= maxTableCells) {
    const table = buildTable(cells, trees);
    if (calibration !== null) {
      for (let cell = 0; cell < table.length; cell++) {
        table[cell] = calibrated(calibration, table[cell]);
      }
    }
    return { ...parts, table };
  }
  const packed = hasKernels() ? packTrees(cells, trees, shared) : null;
  return packed === null ? { ...parts, walked: { bins, trees } } : { ...parts, packed };
}

/**
 * A forest in a form that answers fast: a table of all cells if that fits the budget; else packed
 * nodes; or a walk by codes if there are too many sets of categories for packed nodes, or if the host
 * lacks WebAssembly. All predict what `Forest.predict` does, bit for bit.
 */
export class Compiled {
  readonly kind: 'table' | 'packed' | 'walked';
  /** Number of cells the forest tells apart. */
  readonly cellCount: number;
  /** The cells that it tells apart, and how rows are coded. */
  readonly cells: CellSpace;
  private readonly table: Float64Array | null;
  private readonly trees: PackedForest | WalkedForest | null;
  private readonly calibration: Calibration | null;
  private readonly codes: Int32Array;
  private tableBatch: TableBatch | undefined;
  private single: PackedForest | WalkedForest | undefined;

  /**
   * @param source what was compiled
   * @param parts from `compileForest`, here or on another thread
   */
  constructor(
    private readonly source: Source,
    { cells, calibration, table, packed, walked }: CompiledParts,
  ) {
    this.cells = new CellSpace(cells);
    this.codes = new Int32Array(this.cells.sizes.length);
    this.cellCount = this.cells.count;
    this.calibration = calibration;
    this.table = table;
    if (packed !== null) {
      this.kind = 'packed';
      this.trees = new PackedForest(this.cells, packed);
    } else if (walked !== null) {
      this.kind = 'walked';
      this.trees = new WalkedForest(walked.bins, walked.trees);
    } else {
      this.kind = 'table';
      this.trees = null;
    }
  }

  /** The forest's prediction at a row of numbers in schema order. */
  predict(row: ArrayLike<number>): number {
    if (this.table !== null) return this.table[this.cells.indexOf(row)];
    return this.finish(this.trees!.predict(row));
  }

  private finish(mean: number): number {
    return this.calibration === null ? mean : calibrated(this.calibration, mean);
  }

  /** The code of a row's cell: rows with the same code have the same prediction, always. */
  code(row: ArrayLike<number>): CellCode {
    return this.cells.cellOf(row);
  }

  /** The earlier name of `code`, which stays. */
  cellOf(row: ArrayLike<number>): CellCode {
    return this.code(row);
  }

  /**
   * The forest's prediction, calibration included, for every row of a cell.
   * @param cell from `code` of this forest
   */
  at(cell: CellCode): number {
    if (this.table !== null) return this.table[cell as number];
    const codes = this.cells.codesIn(cell, this.codes);
    return this.finish(
      this.trees instanceof PackedForest
        ? this.trees.predictCodes(codes)
        : this.trees!.predictCodes(codes, this.cells),
    );
  }

  /**
   * How many trees `perTree` asks by default and at most: all of them up to 200. The spread of 200
   * trees is known to a twentieth.
   */
  get askedTrees(): number {
    return Math.min(MOST_ASKED, this.source.trees.length);
  }

  /**
   * What single trees predict, before any calibration.
   * @param rows row after row, `count * features` numbers in schema order
   * @param trees how many to ask, from the first; 0 to `askedTrees`
   * @returns tree after tree, `trees * count` numbers
   * @throws ForestError OPTION_INVALID if `trees` is out of that range
   */
  perTree(rows: ArrayLike<number>, count: number, trees = this.askedTrees): Float64Array {
    const most = this.askedTrees;
    if (!(Number.isInteger(trees) && trees >= 0 && trees <= most)) {
      const wanted = `a whole number from 0 to ${most}`;
      throw new ForestError('OPTION_INVALID', `trees is ${trees}, wanted ${wanted}`);
    }
    this.single ??= this.singleTrees();
    const out = new Float64Array(trees * count);
    this.single.perTree(rows, count, trees, out);
    return out;
  }

  /** The trees that predictions are made with; a table's trees are packed here first. */
  private singleTrees(): PackedForest | WalkedForest {
    if (this.trees !== null) return this.trees;
    const { bins, trees } = this.source;
    const asked = trees.slice(0, this.askedTrees);
    const packed = hasKernels() ? packTrees(this.cells, asked) : null;
    return packed === null ? new WalkedForest(bins, asked) : new PackedForest(this.cells, packed);
  }

  /**
   * How much training weight lay where some features have the row's values, whatever the others
   * have, as the trees remember it.
   * @param given places of those features in the schema
   * @param shares by feature and code, how common it is among training rows; alike if absent
   */
  support(row: ArrayLike<number>, given: readonly number[], shares?: CodeShares): number {
    const { bins, trees } = this.source;
    return trainingWeight(bins, trees, row, given, shares);
  }

  /**
   * Rows like those of training, drawn from the leaves; the same at every call.
   * @returns row after row, `count * features` numbers in schema order
   */
  sample(count: number): Float64Array {
    const { bins, trees, seed } = this.source;
    return sampleFromLeaves(bins, trees, seed, count);
  }

  /**
   * Predicts many rows.
   * @param rows row after row, `count * features` numbers
   * @param out where to write, at least `count` long
   */
  predictBatch(rows: Float64Array, out: Float64Array): Float64Array {
    const count = Math.floor(rows.length / this.cells.sizes.length);
    const { table, trees } = this;
    if (table !== null) {
      this.tableBatch ??= new TableBatch(this.cells, table);
      this.tableBatch.predict(rows, count, out);
      return out;
    }
    trees!.predictBatch(rows, count, out);
    if (this.calibration !== null) for (let i = 0; i < count; i++) out[i] = this.finish(out[i]);
    return out;
  }
}
