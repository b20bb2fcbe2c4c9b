import { Random, streams } from '@adscale/forest';
import { CtrError } from '../errors.js';
import {
  blocksOf,
  joinRows,
  keysOf,
  shuffle,
  sides,
  splitTable,
  type Split,
  type SplitOptions,
} from './split.js';
import { joinTables, takeTable, type CtrTable } from './table.js';

/**
 * Splits a table `folds` ways: every row (or group) is held out once. By time each fold trains on
 * all that came before it, so the earliest rows only train.
 * @throws CtrError TABLE_INVALID if there are fewer rows, moments or groups than it takes
 */
export function splitFolds(table: CtrTable, folds: number, options: SplitOptions = {}): Split[] {
  const { by = 'rows', seed = 42 } = options;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new CtrError('TABLE_INVALID', `folds is ${folds}, wanted a whole number ≥ 2`);
  }
  if (by === 'rows') return rowFolds(table, folds, seed);
  const blocks = blocksOf(keysOf(table, by, options.keys), by);
  const wanted = by === 'time' ? folds + 1 : folds;
  if (blocks.length < wanted) {
    const what =
      by === 'time'
        ? `${folds} folds by time: got ${blocks.length} different moments, wanted ${wanted} or more, as the earliest only train`
        : `${folds} folds by group: got ${blocks.length} groups, wanted ${wanted} or more`;
    throw new CtrError(
      'TABLE_INVALID',
      `${what}; fewer folds, or rows held out at random, need less`,
    );
  }
  if (by === 'time') return timeFolds(table, blocks, folds);
  return groupFolds(shuffle(blocks, new Random(seed, streams.folds)), folds).map((heldOut) =>
    sides(table, heldOut),
  );
}

/**
 * Takes each fold as a share of the rows that are left, so that the impressions of a grouped click
 * log are dealt out one by one.
 */
function rowFolds(table: CtrTable, folds: number, seed: number): Split[] {
  if (table.features.rows < folds) {
    throw new CtrError('TABLE_INVALID', `got ${table.features.rows} rows, wanted ${folds} or more`);
  }
  const parts: CtrTable[] = [];
  let rest = table;
  for (let left = folds; left > 1; left--) {
    const { training, heldOut } = splitTable(rest, 1 / left, seed + left);
    parts.push(heldOut);
    rest = training;
  }
  parts.push(rest);
  return parts.map((heldOut) => ({
    heldOut,
    training: joinTables(parts.filter((part) => part !== heldOut)),
  }));
}

/** The moments in `folds` + 1 stretches of about equal rows; the first one only trains. */
function timeFolds(table: CtrTable, moments: readonly Uint32Array[], folds: number): Split[] {
  const stretches: Uint32Array[][] = Array.from({ length: folds + 1 }, () => []);
  let rows = 0;
  moments.forEach((moment, i) => {
    const byRows = Math.floor((rows / table.features.rows) * (folds + 1));
    // Late enough that no stretch before is empty, early enough that none behind will be.
    const started = stretches.filter((stretch) => stretch.length > 0).length;
    const least = folds + 1 - (moments.length - i);
    stretches[Math.max(least, Math.min(byRows, started))].push(moment);
    rows += moment.length;
  });
  return stretches.slice(1).map((stretch, i) => ({
    training: takeTable(table, joinRows(stretches.slice(0, i + 1).flat())),
    heldOut: takeTable(table, joinRows(stretch)),
  }));
}

/** Groups, the largest first, each to the fold with the fewest rows. */
function groupFolds(groups: readonly Uint32Array[], folds: number): Uint32Array[] {
  const dealt = Array.from({ length: folds }, () => ({ rows: 0, groups: [] as Uint32Array[] }));
  for (const group of groups.toSorted((a, b) => b.length - a.length)) {
    const least = dealt.reduce((fewest, fold) => (fold.rows < fewest.rows ? fold : fewest));
    least.groups.push(group);
    least.rows += group.length;
  }
  return dealt.map((fold) => joinRows(fold.groups));
}

/** Training rows dealt to folds, each of which is left out by some members of a model. */
export interface FoldedTable {
  readonly table: CtrTable;
  /** By row: its fold, from 0. */
  readonly fold: Uint8Array;
  readonly folds: number;
  /** By row: its stretch of time, from 0, if the rows have a time that orders them; else null. */
  readonly stretch: Uint8Array | null;
}

/** So many stretches tell earlier from later well enough. */
const STRETCHES = 10;
/** Fewer moments than this order nothing: half of the rows would know nothing of the other half. */
const LEAST_MOMENTS = 8;

/**
 * Deals every row to a fold: at random, whole groups, or stretches of time. Of a grouped click log each
 * impression is dealt by itself, so that a row may become several.
 * @param folds wanted; as many as rows, moments or groups allow
 * @throws CtrError TABLE_INVALID if there is one row, moment or group only
 */
export function dealFolds(table: CtrTable, folds: number, options: SplitOptions = {}): FoldedTable {
  const { by = 'rows' } = options;
  const dealt = by === 'time' ? dealStretches(table, folds) : dealAtRandom(table, folds, options);
  return { ...dealt, stretch: stretchesOf(dealt.table) };
}

function dealAtRandom(
  table: CtrTable,
  wanted: number,
  { by = 'rows', seed = 42 }: SplitOptions,
): Omit<FoldedTable, 'stretch'> {
  const { rows } = table.features;
  const random = new Random(seed, streams.folds);
  const whole =
    by === 'group'
      ? blocksOf(keysOf(table, 'group'), 'group')
      : Array.from({ length: table.grouped ? 0 : rows }, (_, row) => Uint32Array.of(row));
  const isWhole = !table.grouped || by === 'group';
  const folds = Math.min(wanted, isWhole ? whole.length : rows);
  if (folds < 2) throw new CtrError('TABLE_INVALID', `got ${rows} rows, wanted 2 or more to deal`);
  if (isWhole) {
    const fold = new Uint8Array(rows);
    groupFolds(shuffle(whole, random), folds).forEach((dealt, f) => {
      for (const row of dealt) fold[row] = f;
    });
    return { table, fold, folds };
  }
  const parts = rowFolds(table, folds, seed).map(({ heldOut }) => heldOut);
  const fold = parts.flatMap(({ features }, f) => new Array<number>(features.rows).fill(f));
  return { table: joinTables(parts), fold: Uint8Array.from(fold), folds: parts.length };
}

function dealStretches(table: CtrTable, wanted: number): Omit<FoldedTable, 'stretch'> {
  const moments = blocksOf(keysOf(table, 'time'), 'time');
  const folds = Math.min(wanted, moments.length);
  return { table, fold: stretchOf(table, moments, folds), folds };
}

function stretchesOf(table: CtrTable): Uint8Array | null {
  const { time } = table;
  if (time === undefined || time.some(Number.isNaN)) return null;
  if (new Set(time).size < LEAST_MOMENTS) return null;
  return stretchOf(table, blocksOf(time, 'time'), STRETCHES);
}

/** By row: which of so many stretches of about equal rows its moment is in; none of them is empty. */
function stretchOf(table: CtrTable, moments: readonly Uint32Array[], wanted: number): Uint8Array {
  const stretches = Math.min(wanted, moments.length);
  const found = new Uint8Array(table.features.rows);
  let rows = 0;
  let last = -1;
  moments.forEach((moment, i) => {
    const byRows = Math.floor((rows / table.features.rows) * stretches);
    const least = stretches - (moments.length - i);
    last = Math.max(least, Math.min(byRows, last + 1), last, 0);
    for (const row of moment) found[row] = last;
    rows += moment.length;
  });
  return found;
}
