import type { FeatureBins } from './binning.js';
import { calibrated, type Calibration } from './calibration.js';
import { CellSpace, type CellCode } from './cells.js';
import { PackedForest } from './packed.js';
import { buildTable } from './table.js';
import type { Tree } from './tree.js';
import { WalkedForest } from './walked.js';

export interface CompileOptions {
  /** Build a table if it has at most this many cells (8 bytes each). Default 4,194,304. */
  readonly maxTableCells?: number;
}

const DEFAULT_TABLE_CELLS = 2 ** 22;

/** What a forest's predictions depend on. */
interface Source {
  readonly bins: readonly FeatureBins[];
  readonly trees: readonly Tree[];
  readonly calibration: Calibration | null;
}

/**
 * A forest made fast: a table of all cells where it fits the budget, packed nodes otherwise, and a
 * walk by codes where categories are too many for either. Each equals `Forest.predict` bit for bit.
 */
export class Compiled {
  readonly kind: 'table' | 'packed' | 'walked';
  /** Number of cells the forest tells apart. */
  readonly cellCount: number;
  private readonly cells: CellSpace;
  private readonly table: Float64Array | null;
  private readonly trees: PackedForest | WalkedForest | null;
  private readonly calibration: Calibration | null;

  constructor(forest: Source, { maxTableCells = DEFAULT_TABLE_CELLS }: CompileOptions = {}) {
    this.cells = new CellSpace(forest.bins, forest.trees);
    this.cellCount = this.cells.count;
    this.calibration = forest.calibration;
    if (this.cells.count <= maxTableCells) {
      this.kind = 'table';
      this.table = buildTable(this.cells, forest.trees).map((mean) => this.finish(mean));
      this.trees = null;
      return;
    }
    const packed = PackedForest.build(this.cells, forest.trees);
    this.kind = packed === null ? 'walked' : 'packed';
    this.table = null;
    this.trees = packed ?? new WalkedForest(forest.bins, forest.trees);
  }

  /** The forest's prediction at a row of numbers in schema order. */
  predict(row: ArrayLike<number>): number {
    if (this.table !== null) return this.table[this.cells.indexOf(row)];
    return this.finish(this.trees!.predict(row));
  }

  private finish(mean: number): number {
    return this.calibration === null ? mean : calibrated(this.calibration, mean);
  }

  /** The packed code of the row's cell: rows with the same code have the same prediction. */
  cellOf(row: ArrayLike<number>): CellCode {
    return this.cells.cellOf(row);
  }

  /**
   * Predicts many rows.
   * @param rows row after row, `count * features` numbers
   * @param out where to write, at least `count` long
   */
  predictBatch(rows: Float64Array, out: Float64Array): Float64Array {
    const width = this.cells.sizes.length;
    const count = rows.length / width;
    const { table, trees, cells } = this;
    if (table !== null) {
      for (let i = 0, at = 0; i < count; i++, at += width) out[i] = table[cells.indexOf(rows, at)];
    } else {
      for (let i = 0, at = 0; i < count; i++, at += width) {
        out[i] = this.finish(trees!.predict(rows, at));
      }
    }
    return out;
  }
}
