import { ForestError } from '../errors.js';
import type { FeatureBins } from '../data/binning.js';
import { calibrated, type Calibration } from '../judge/calibration.js';
import { CellSpace, type CellCode, type CellPlan } from './cells.js';
import { hasKernels } from '../kernels/kernels.js';
import { PackedForest } from './packed.js';
import { packTrees, type PackedNodes } from './packing.js';
import { sampleFromLeaves } from './leaf-sample.js';
import { trainingWeights, type CodeShares } from './support.js';
import { buildTable, TableBatch } from './table.js';
import { drawsOf, isBag, treesOf, type Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';
import { WalkedForest } from './walked.js';

export interface CompileOptions {
  /** Build a table if it has at most this many cells (8 bytes each). Default 4,194,304. */
  readonly maxTableCells?: number;
}

const DEFAULT_TABLE_CELLS = 2 ** 22;

/** Walks that a table is worth: as many as the largest takes for a hundred trees, some seconds. */
const MOST_WALKS = 100 * DEFAULT_TABLE_CELLS;

/** Asking more trees than this makes an estimate of their spread hardly better. */
const MOST_ASKED = 200;

/** The parts of a forest that it is compiled from. */
interface Source {
  readonly seed: number;
  readonly bins: readonly FeatureBins[];
  readonly parts: readonly Part[];
  readonly trees: readonly Tree[];
  readonly calibration: Calibration | null;
}

/**
 * A compiled forest as plain arrays, which one thread can make and another use. Exactly one of
 * `table`, `packed` and `walked` is not null.
 */
export interface CompiledParts {
  readonly cells: CellPlan;
  /** Applied to what `packed` and `walked` give; the cells of a table have it applied already. */
  readonly calibration: Calibration | null;
  readonly table: Float64Array | null;
  readonly packed: PackedNodes | null;
  /** Beside a table that threads share: its first members, for whoever asks them one by one. */
  readonly members?: PackedNodes | null;
  readonly walked: Pick<Source, 'bins' | 'parts' | 'trees'> | null;
}

/**
 * Chooses between table, packed nodes and walk, and makes the one chosen.
 * @param shared may another thread use it?
 */
export function compileForest(
  { bins, parts, trees, calibration }: Omit<Source, 'seed'>,
  { maxTableCells = DEFAULT_TABLE_CELLS }: CompileOptions = {},
  shared = false,
): CompiledParts {
  const cells = CellSpace.of(bins, trees);
  const none = { cells: cells.plan, calibration, table: null, packed: null, walked: null };
  if (cells.count <= maxTableCells && cells.count * trees.length <= MOST_WALKS) {
    const table = buildTable(cells, parts, trees);
    if (calibration !== null) {
      for (let cell = 0; cell < table.length; cell++) {
        table[cell] = calibrated(calibration, table[cell]);
      }
    }
    if (!shared || !hasKernels()) return { ...none, table };
    const first = firstMembers({ parts, trees }, askedOf(parts));
    return { ...none, table, members: packTrees(cells, first.parts, first.trees, true) };
  }
  const packed = hasKernels() ? packTrees(cells, parts, trees, shared) : null;
  return packed === null ? { ...none, walked: { bins, parts, trees } } : { ...none, packed };
}

/** Whether another thread can use the parts: a memory of packed nodes must have been made for that. */
export function isForOthers({ packed }: CompiledParts): boolean {
  return packed === null || packed.memory.buffer instanceof SharedArrayBuffer;
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
  private readonly members: PackedNodes | null;
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
    { cells, calibration, table, packed, members = null, walked }: CompiledParts,
  ) {
    this.members = members;
    this.cells = new CellSpace(cells);
    this.codes = new Int32Array(this.cells.sizes.length);
    this.cellCount = this.cells.count;
    this.calibration = calibration;
    this.table = table;
    if (packed !== null) {
      this.kind = 'packed';
      this.trees = new PackedForest(this.cells, packed, this.askedTrees);
    } else if (walked !== null) {
      this.kind = 'walked';
      this.trees = new WalkedForest(walked.bins, walked.parts, walked.trees, this.askedTrees);
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

  private finish(prediction: number): number {
    return this.calibration === null ? prediction : calibrated(this.calibration, prediction);
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
   * How many draws `perTree` gives by default and at most: one for each member of the part that has
   * most (a bag's members are its trees), up to 200. The spread of 200 trees is known to a twentieth.
   */
  get askedTrees(): number {
    return askedOf(this.source.parts);
  }

  /**
   * What single members predict, before any calibration. A draw of a bag is what one tree predicts, of
   * a bag of boosters what one booster does, and of a mixture Σ weight · what one member of each part
   * does; parts of fewer members begin again.
   * @param rows row after row, `count * features` numbers in schema order
   * @param draws how many, from the first; 0 to `askedTrees`
   * @returns draw after draw, `draws * count` numbers
   * @throws ForestError OPTION_INVALID if `draws` is out of that range
   */
  perTree(rows: ArrayLike<number>, count: number, draws = this.askedTrees): Float64Array {
    const most = this.askedTrees;
    if (!(Number.isInteger(draws) && draws >= 0 && draws <= most)) {
      const wanted = `a whole number from 0 to ${most}`;
      throw new ForestError('OPTION_INVALID', `trees is ${draws}, wanted ${wanted}`);
    }
    this.single ??= this.singleMembers();
    const out = new Float64Array(draws * count);
    this.single.perTree(rows, count, draws, out);
    return out;
  }

  /** What predictions are made with; the members of a table that may be asked are packed here first. */
  private singleMembers(): PackedForest | WalkedForest {
    if (this.trees !== null) return this.trees;
    const { bins } = this.source;
    const most = this.askedTrees;
    if (this.members !== null) return new PackedForest(this.cells, this.members, most);
    const { parts, trees } = firstMembers(this.source, most);
    const packed = hasKernels() ? packTrees(this.cells, parts, trees) : null;
    return packed === null
      ? new WalkedForest(bins, parts, trees, most)
      : new PackedForest(this.cells, packed, most);
  }

  /**
   * How much training weight lay where some features have the row's values, whatever the others
   * have, as the trees remember it.
   * @param given places of those features in the schema
   * @param shares by feature and code, how common it is among training rows; alike if absent
   */
  support(row: ArrayLike<number>, given: readonly number[], shares?: CodeShares): number {
    return this.supports(row, given, shares)[0];
  }

  /**
   * `support` of many rows, each the same number, in hardly more time than of one.
   * @param rows row after row, numbers in schema order
   * @returns a number a row
   */
  supports(rows: ArrayLike<number>, given: readonly number[], shares?: CodeShares): Float64Array {
    const { bins, parts, trees } = this.source;
    return trainingWeights(bins, parts, trees, rows, given, shares);
  }

  /**
   * Rows like those of training, drawn from the leaves; the same at every call.
   * @returns row after row, `count * features` numbers in schema order
   */
  sample(count: number): Float64Array {
    const { bins, parts, trees, seed } = this.source;
    return sampleFromLeaves(bins, trees, isBag(parts), seed, count);
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

function askedOf(parts: readonly Part[]): number {
  return Math.min(MOST_ASKED, drawsOf(parts));
}

/** The first members of every part, up to `most`. */
function firstMembers(
  { parts, trees }: Pick<Source, 'parts' | 'trees'>,
  most: number,
): Pick<Source, 'parts' | 'trees'> {
  const asked = parts.map((part) => ({ ...part, members: part.members.slice(0, most) }));
  let from = 0;
  const kept = asked.flatMap((part, p) => {
    const first = trees.slice(from, from + treesOf(part));
    from += treesOf(parts[p]);
    return first;
  });
  return { parts: asked, trees: kept };
}
