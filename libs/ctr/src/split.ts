/*
 * Which rows judge. A split by rows is honest where rows are exchangeable; by time where the model
 * will predict what comes later; by group where it will meet groups (campaigns, sites) it has not
 * seen, whose rows must not stand on both sides.
 *
 *   rows    · | · · | · | · · · | ·     any row on either side
 *   time    · · · · · · · · | · · ·     the latest; rows of one moment stay together
 *   group   aaaa|bb|ccc | ddd|ee        whole groups
 */
import { Random, streams } from '@adscale/forest';
import { CtrError } from './errors.js';
import { splitTable, takeTable, type CtrTable, type Split } from './table.js';

export type SplitBy = 'rows' | 'time' | 'group';

export interface SplitOptions {
  /** What stays together. Default rows. */
  readonly by?: SplitBy;
  /** Share of the rows that judges, in (0, 1). Default 0.2. */
  readonly share?: number;
  /** Any safe integer. A split by time draws nothing. Default 42. */
  readonly seed?: number;
  /** By time: any number that grows. By group: a number a group. Default: those of the table. */
  readonly keys?: Float64Array;
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
    by === 'time' ? blocks.reverse() : shuffled(blocks, new Random(seed, streams.groupSplit));
  return sides(table, holdOut(order, share * table.features.rows));
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

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
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
  const judges = new Uint8Array(table.features.rows);
  for (const row of heldOut) judges[row] = 1;
  const training = Uint32Array.from(judges.keys()).filter((row) => judges[row] === 0);
  return { training: takeTable(table, training), heldOut: takeTable(table, heldOut) };
}
