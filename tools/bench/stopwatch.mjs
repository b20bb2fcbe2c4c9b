// Two clocks. On a machine that others use too, the wall clock tells of them as well; processor
// time tells what the work itself took, so ratios between contestants are taken on that.

/**
 * What `work` returns, and what it cost this process.
 * @returns {Promise<{result: unknown, wall: number, cpu: number}>} seconds of the wall clock, and
 *   of the processor over all threads of the process, the engine's own helpers included
 */
export async function timed(work) {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const wall = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(before);
  return { result, wall, cpu: (user + system) / 1e6 };
}

/**
 * Calls `work(from, count)` with growing counts until a stretch lasts `seconds`, which also warms
 * it up, and tells the cost of one unit in the last stretch.
 * @returns {{wall: number, cpu: number}} seconds a unit
 */
export async function timedPerUnit(work, seconds, most = Infinity) {
  for (let count = 1; ; count = Math.min(most, count * 4)) {
    const { wall, cpu } = await timed(() => work(count));
    if (wall >= seconds || count >= most) return { wall: wall / count, cpu: cpu / count };
  }
}

/**
 * Runs the contestants in turn, `runs` rounds, beginning each round with another one, so that
 * whatever else the machine does in the meantime falls on all of them.
 * @param {{label: string, run: (round: number) => Promise<object>}[]} contestants
 * @param {{runs: number, patience: number, say: (text: string) => void, judge: object,
 *   now?: () => number}} options a contestant that took longer than `patience` seconds in one round
 *   sits out the others; one that throws is a problem for the judge, and out; `now` is the clock, in
 *   milliseconds
 * @returns {Promise<{entry: object, answers: object[]}[]>} the contestants that stayed, and what
 *   each of their rounds returned
 */
export async function interleave(contestants, options) {
  const { runs, patience, say, judge, now = () => performance.now() } = options;
  const standing = contestants.map((entry) => ({ entry, answers: [], out: false, failed: false }));
  for (let round = 0; round < runs; round++) {
    for (let i = 0; i < standing.length; i++) {
      const one = standing[(i + round) % standing.length];
      if (one.out) continue;
      say(`run ${round + 1} of ${runs}: ${one.entry.label}`);
      const start = now();
      try {
        one.answers.push(await one.entry.run(round));
      } catch (error) {
        one.failed = true;
        judge.require(
          false,
          `${one.entry.label}: ${error instanceof Error ? error.message : error}`,
        );
      }
      one.out = one.failed || now() - start > 1e3 * patience;
    }
  }
  return standing.filter(({ failed }) => !failed).map(({ entry, answers }) => ({ entry, answers }));
}

/** @returns {{median: number, min: number, max: number, runs: number}} */
export function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle - 1)] + sorted[Math.floor(middle)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), runs: sorted.length };
}
