/*
 * The generator of src/random.ts, from the state that it is in: the same numbers, here.
 */

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let counter: u32 = 0;

/** Goes on from the state of a host's generator. */
export function continueRandom(a_: u32, b_: u32, c_: u32, counter_: u32): void {
  a = a_;
  b = b_;
  c = c_;
  counter = counter_;
}

/** A whole number from 0 to `n` − 1, rounded as the host rounds it. */
export function below(n: u32): u32 {
  const t = a + b + counter;
  counter++;
  a = b ^ (b >>> 9);
  b = c + (c << 3);
  c = rotl(c, 21) + t;
  return <u32>(<f64>t * 2.3283064365386963e-10 * <f64>n);
}
