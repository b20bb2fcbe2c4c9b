/*
 * A tree's bag (Breiman 1996), by position: rows are drawn with replacement, or, without bootstrap, each
 * at most once. The bag of counted rows is drawn by the host (src/grow/counted-bagging.ts).
 *
 *   a bag of rows           drawn: how often, 16 bits
 *   of counted rows         drawn: how often its raw rows are; missed: raw rows that are not in it; doubles
 */
import { take } from './memory';
import { below } from './random';
import { countAt, hasWeight } from './records';

export let drawn: usize = 0;
export let missed: usize = 0;

export function bindBag(rows: u32, counted: bool): void {
  drawn = take(rows, counted ? 8 : 2);
  missed = counted ? take(rows, 8) : 0;
}

export function drawBag(rows: u32, draws: u32, bootstrap: bool): void {
  if (!bootstrap) return drawWithout(rows, draws);
  memory.fill(drawn, 0, 2 * rows);
  for (let i: u32 = 0; i < draws; i++) {
    const at = drawn + 2 * below(rows);
    store<u16>(at, load<u16>(at) + 1);
  }
}

/** Selection sampling (Knuth, TAOCP 2, algorithm S): one pass, exactly `draws` rows. */
function drawWithout(rows: u32, draws: u32): void {
  // All of them: no chance is spent on it, so the tree's own draws do not depend on the rows.
  const all = draws == rows;
  let wanted = draws;
  for (let row: u32 = 0; row < rows; row++) {
    const isIn = all || below(rows - row) < wanted;
    store<u16>(drawn + 2 * row, u16(isIn));
    wanted -= u32(isIn);
  }
}

/** What a position weighs in the bag. */
export function weightInBag(position: u32, record: usize): f64 {
  const times =
    missed == 0 ? <f64>load<u16>(drawn + 2 * position) : load<f64>(drawn + 8 * position);
  return hasWeight ? times * load<f64>(record, 8) : times;
}

/** Raw rows of a position that are in the bag, if it weighs something there. */
export function rowsInBag(position: u32, record: usize, weight: f64): f64 {
  if (missed == 0) return <f64>u32(weight > 0);
  return weight > 0 ? load<f64>(record + countAt) - load<f64>(missed + 8 * position) : 0;
}

/** Is a position, or a raw row of it, out of the bag? */
export function isOutside(position: u32): bool {
  if (missed == 0) return load<u16>(drawn + 2 * position) == 0;
  return load<f64>(missed + 8 * position) > 0;
}
