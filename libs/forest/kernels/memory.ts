/*
 * One memory, handed out from the bottom to the top and never given back piece by piece: its owners
 * drop it whole. Several threads may hand out of a shared one, since the top is kept in the memory
 * itself and moved in one step.
 *
 *   0      8     64
 *   | none | top | first block | second block | …                  | room |
 *                                                              top ^
 */

/** Throws in the host: `bytes` more are not to be had. */
declare function outOfMemory(bytes: f64): void;

/** Where the top is kept. Address 0 is nobody's, so that 0 can mean "none". */
const TOP: usize = 8;
/** Blocks begin at lines of the cache, so that no two threads write to one. */
const LINE: u64 = 64;
const PAGE: u64 = 0x10000;
/** Pages that are asked for at a time, at least: asking costs more than having them. */
const PAGES: u64 = 64;

/** Room for `count` things of so many bytes. What was used before and released is not cleared. */
export function take(count: u32, bytesEach: u32): usize {
  // The product may be more than 32 bits hold.
  const bytes = <u64>count * <u64>bytesEach;
  const whole = (bytes + LINE - 1) & ~(LINE - 1);
  let top: u64;
  do {
    top = atomic.load<u64>(TOP);
    const end = top + LINE + whole;
    // What is read past the end of a block, at most a line, is still memory.
    const wanted = (end + LINE + PAGE - 1) / PAGE;
    if (wanted > 0x10000) outOfMemory(<f64>bytes);
    if (wanted > <u64>memory.size()) {
      const missing = wanted - <u64>memory.size();
      const grown = memory.grow(<i32>max(missing, PAGES)) >= 0 || memory.grow(<i32>missing) >= 0;
      // Another thread may just have had what there was.
      if (!grown && wanted > <u64>memory.size()) outOfMemory(<f64>bytes);
    }
    // Again, if another thread was faster.
  } while (atomic.cmpxchg<u64>(TOP, top, top + whole) != top);
  return <usize>(top + LINE);
}

/** Gives everything from the end of a block on back. Nobody else may be taking. */
export function release(end: usize): void {
  atomic.store<u64>(TOP, ((<u64>end + LINE - 1) & ~(LINE - 1)) - LINE);
}
