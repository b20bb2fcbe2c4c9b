import highsModule from 'highs';

/** What HiGHS says of an integer program. */
export interface Solution {
  /** `Optimal`, `Time limit reached` or another of its words. */
  readonly status: string;
  readonly objective: number;
  /** Value of every variable. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * Solves a program in CPLEX's LP format.
 * @param seconds after which the best found so far is the answer
 * @param gap relative; no solution is better by more than this share
 * @throws whatever HiGHS breaks off with
 */
export type Solve = (program: string, seconds: number, gap: number) => Promise<Solution>;

// Its types are those of a CommonJS module, but what is imported is the loader itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;

let loading: ReturnType<typeof loadWarm> | undefined;

/** The first program also compiles the solver, which must not count against a caller's time limit. */
async function loadWarm() {
  const highs = await loadHighs();
  highs.solve(FIRST_PROGRAM, { output_flag: false });
  return highs;
}

const FIRST_PROGRAM = `Maximize
 all: 3 x + 2 y + 4 z + w
Subject To
 most: 2 x + y + 3 z + w <= 4
 some: w - 0.5 z <= 0
Binary
 x
 y
 z
End`;

/** Solves on this thread, which does nothing else meanwhile. */
export const solveHere: Solve = async (program, seconds, gap) => {
  loading ??= loadWarm();
  const highs = await loading;
  try {
    const { Status, ObjectiveValue, Columns } = highs.solve(program, {
      output_flag: false,
      time_limit: seconds,
      mip_rel_gap: gap,
      // A good allocation is known before: looking for others at random takes longer than proving.
      mip_heuristic_effort: 0,
    });
    const values = Object.entries(Columns).map(([name, column]) => [name, primalOf(column)]);
    return { status: Status, objective: ObjectiveValue, values: Object.fromEntries(values) };
  } catch (error) {
    // A solver that broke once may be broken for good: the next call loads another.
    loading = undefined;
    throw error;
  }
};

function primalOf(column: object): number {
  return 'Primal' in column ? (column.Primal as number) : 0;
}
