import { CellSpace, type CellCode } from './cells.js';
import type { Forest } from './forest.js';
import { PackedForest } from './packed.js';
import { buildTable } from './table.js';

export interface CompileOptions {
  /** Build a table if it has at most this many cells (8 bytes each). Default 4,194,304. */
  readonly maxTableCells?: number;
}

const DEFAULT_TABLE_CELLS = 2 ** 22;

/**
 * A forest made fast: a table of all cells where it fits the budget, packed nodes otherwise.
 * Both equal `Forest.predict` bit for bit.
 */
export class Compiled {
  readonly kind: 'table' | 'packed';
  /** Number of cells the forest tells apart. */
  readonly cellCount: number;
  private readonly cells: CellSpace;
  private readonly table: Float64Array | null;
  private readonly packed: PackedForest | null;

  constructor(forest: Forest, { maxTableCells = DEFAULT_TABLE_CELLS }: CompileOptions = {}) {
    this.cells = new CellSpace(forest.bins, forest.trees);
    this.cellCount = this.cells.count;
    const fits = this.cells.count <= maxTableCells;
    this.kind = fits ? 'table' : 'packed';
    this.table = fits ? buildTable(this.cells, forest.trees) : null;
    this.packed = fits ? null : new PackedForest(this.cells, forest.trees);
  }

  /** The forest's prediction at a row of numbers in schema order. */
  predict(row: ArrayLike<number>): number {
    if (this.table !== null) return this.table[this.cells.indexOf(row)];
    return this.packed!.predict(row);
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
    for (let i = 0, at = 0; i < count; i++, at += width) {
      out[i] = this.predict(rows.subarray(at, at + width));
    }
    return out;
  }
}
