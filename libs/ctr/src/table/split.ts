/*
 * Which rows are held out to judge the model. A split by rows is honest where rows are exchangeable; by time where the model
 * will predict what comes later; by group where it will meet groups (campaigns, sites) it has not
 * seen, whose rows must not stand on both sides.
 *
 *   rows    · | · · | · | · · · | ·     any row on either side
 *   time    · · · · · · · · | · · ·     the latest; rows of one moment stay together
 *   group   aaaa|bb|ccc | ddd|ee        whole groups
 */
import { Random, streams } from '@adscale/forest';
import { randomBinomial } from 'd3-random';
import { CtrError } from '../errors.js';
import { takeTable, type CtrTable } from './table.js';

export type SplitBy = 'rows' | 'time' | 'group';

export interface SplitOptions {
  /** What stays together. Default rows. */
  readonly by?: SplitBy;
  /** Share of the rows that is held out, in (0, 1). Default 0.2. */
  readonly share?: number;
  /** Any safe integer. A split by time draws nothing. Default 42. */
  readonly seed?: number;
  /** By time: any number that grows. By group: a number a group. Default: those of the table. */
  readonly keys?: Float64Array;
}

/** Rows that train a model and rows that judge it. */
export interface Split {
  readonly training: CtrTable;
  readonly heldOut: CtrTable;
}

/**
 * Holds a share of the rows out. By time and by group it is as near to the share as whole moments
 * and whole groups allow.
 * @throws CtrError TABLE_INVALID if there is nothing to split by, or a key is missing
 */
export function split(table: CtrTable, options: SplitOptions = {}): Split {
  const { by = 'rows', share = 0.2, seed = 42 } = options;
  if (by === 'rows') return splitTable(table, share, seed);
  const blocks = blocksOf(keysOf(table, by, options.keys), by);
  const order =
    by === 'time' ? blocks.reverse() : shuffle(blocks, new Random(seed, streams.groupSplit));
  return sides(table, holdOut(order, share * table.features.rows));
}

/**
 * Holds a share of the rows out at random, depending on the seed alone: whole rows drawn without
 * replacement, or of a grouped click log each impression by itself.
 * @param share of the rows, in (0, 1); at least one row stays on either side
 * @throws CtrError TABLE_INVALID if there is nothing to split
 */
export function splitTable(table: CtrTable, share: number, seed: number): Split {
  if (table.grouped) return thinTable(table, share, seed);
  const { rows } = table.features;
  if (rows < 2) throw new CtrError('TABLE_INVALID', `got ${rows} rows, wanted at least 2 to split`);
  const order = shuffle(
    new Uint32Array(rows).map((_, row) => row),
    new Random(seed, streams.split),
  );
  const heldOut = Math.min(rows - 1, Math.max(1, Math.round(share * rows)));
  return {
    training: takeTable(table, order.subarray(heldOut).sort()),
    heldOut: takeTable(table, order.subarray(0, heldOut).sort()),
  };
}

/**
 * Holds every impression out with probability `share`: of n impressions a binomial number, of
 * those that were clicked and those that were not apart.
 */
function thinTable(table: CtrTable, share: number, seed: number): Split {
  const random = new Random(seed, streams.split);
  // Its types forget the number of trials.
  const uniform = (): number =>
    ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6) + 0.5) * 2 ** -53;
  const binomial = randomBinomial.source(uniform) as unknown as (
    trials: number,
    chance: number,
  ) => () => number;
  const draw = (count: number): number => (count === 0 ? 0 : binomial(count, share)());
  const clicks = table.clicks.map(draw);
  const impressions = table.impressions.map(
    (count, row) => clicks[row] + draw(count - table.clicks[row]),
  );
  keepBothSides(table, { impressions, clicks });
  const split = {
    training: withCounts(
      table,
      table.impressions.map((count, row) => count - impressions[row]),
      table.clicks.map((count, row) => count - clicks[row]),
    ),
    heldOut: withCounts(table, impressions, clicks),
  };
  for (const [side, { features }] of Object.entries(split)) {
    if (features.rows > 0) continue;
    throw new CtrError('TABLE_INVALID', `no impression is left for the ${side} rows; got too few`);
  }
  return split;
}

/** Where chance left nothing on a side, one impression of the largest row goes there. */
function keepBothSides(
  table: CtrTable,
  { impressions, clicks }: Record<'impressions' | 'clicks', Float64Array>,
): void {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const [held, all] = [sum(impressions), sum(table.impressions)];
  if (all < 2 || (held > 0 && held < all)) return;
  const most = table.impressions.reduce((best, n, row, list) => (n > list[best] ? row : best), 0);
  const clicked = table.clicks[most] === table.impressions[most] ? 1 : 0;
  const way = held === 0 ? 1 : -1;
  impressions[most] += way;
  clicks[most] += way * clicked;
}

/** The table with other counts; rows without an impression go. */
function withCounts(table: CtrTable, impressions: Float64Array, clicks: Float64Array): CtrTable {
  const rows: number[] = [];
  for (let row = 0; row < impressions.length; row++) if (impressions[row] > 0) rows.push(row);
  return takeTable({ ...table, impressions, clicks }, rows);
}

export function keysOf(table: CtrTable, by: 'time' | 'group', given?: Float64Array): Float64Array {
  const keys = given ?? table[by];
  const { rows } = table.features;
  if (keys === undefined) {
    throw new CtrError(
      'TABLE_INVALID',
      `there is no ${by} to split by: name its column in the mapping, or give keys`,
    );
  }
  if (keys.length !== rows) {
    throw new CtrError('TABLE_INVALID', `${keys.length} keys of ${by} for ${rows} rows`);
  }
  const missing = keys.findIndex((key) => Number.isNaN(key));
  if (missing >= 0) throw new CtrError('TABLE_INVALID', `${by} of row ${missing} is missing`);
  return keys;
}

/** Rows that stay together, in ascending order of their key. */
export function blocksOf(keys: Float64Array, by: 'time' | 'group'): Uint32Array[] {
  const order = Uint32Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
  const blocks: Uint32Array[] = [];
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && keys[order[end]] === keys[order[start]]) end++;
    blocks.push(order.subarray(start, end));
    start = end;
  }
  if (blocks.length < 2) {
    const key = keys.length > 0 ? `: all rows have ${keys[0]}` : '';
    throw new CtrError('TABLE_INVALID', `got one ${by}, wanted two or more to split by${key}`);
  }
  return blocks;
}

/** Puts a list into a random order, in place (Fisher and Yates). */
export function shuffle<T extends Uint32Array | unknown[]>(list: T, random: Random): T {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = list[i];
    list[i] = list[j];
    list[j] = kept;
  }
  return list;
}

/** Blocks in order until another one would lead further from `wanted` rows; never all of them. */
function holdOut(blocks: readonly Uint32Array[], wanted: number): Uint32Array {
  const taken = [blocks[0]];
  let rows = blocks[0].length;
  for (const block of blocks.slice(1, -1)) {
    if (Math.abs(rows + block.length - wanted) >= Math.abs(rows - wanted)) break;
    taken.push(block);
    rows += block.length;
  }
  return joinRows(taken);
}

/** Row numbers of blocks, ascending. */
export function joinRows(blocks: readonly Uint32Array[]): Uint32Array {
  const joined = new Uint32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    joined.set(block, at);
    at += block.length;
  }
  return joined.sort();
}

export function sides(table: CtrTable, heldOut: Uint32Array): Split {
  const isHeldOut = new Uint8Array(table.features.rows);
  for (const row of heldOut) isHeldOut[row] = 1;
  const training = Uint32Array.from(isHeldOut.keys()).filter((row) => isHeldOut[row] === 0);
  return { training: takeTable(table, training), heldOut: takeTable(table, heldOut) };
}
