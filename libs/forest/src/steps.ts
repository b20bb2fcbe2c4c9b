/*
 * Long work in steps: between two of them whoever drives it may look up, answer, or give up. The
 * result does not depend on who drives.
 */

/** Yields nothing; returns the result. */
export type Steps<T> = Generator<undefined, T>;

/** Rows a step handles: some ten milliseconds of the slowest work there is. */
const ROWS_A_STEP = 500_000;

/** Does `work` on rows `from … to` − 1, a stretch a step. */
export function* byRows(rows: number, work: (from: number, to: number) => void): Steps<void> {
  for (let from = 0; from < rows; from += ROWS_A_STEP) {
    work(from, Math.min(rows, from + ROWS_A_STEP));
    yield;
  }
}

/** Takes all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
