/*
 * Long work in steps. Between two steps the caller may let the event loop turn, or stop. The result
 * is the same whether all steps are taken at once or not.
 */

/** Yields after each step and returns the result. */
export type Steps<T> = Generator<undefined, T>;

/** Rows of one step: the slowest work on them takes some ten milliseconds. */
const ROWS_A_STEP = 500_000;

/** Calls `work` for one stretch of rows after another, `from … to` − 1, a stretch each step. */
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
