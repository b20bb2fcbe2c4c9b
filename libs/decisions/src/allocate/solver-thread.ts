/* What the solver's thread runs: programs in, solutions out. */
import { parentPort } from 'node:worker_threads';
import { solveHere, type Solution } from './solver.js';

export interface Task {
  readonly id: number;
  readonly program: string;
  readonly seconds: number;
  readonly gap: number;
}

export type Solved =
  | { readonly id: number; readonly solution: Solution }
  | { readonly id: number; readonly failure: string };

parentPort!.on('message', ({ id, program, seconds, gap }: Task) => {
  const send = (message: Solved): void => parentPort!.postMessage(message);
  solveHere(program, seconds, gap).then(
    (solution) => send({ id, solution }),
    (error: unknown) => send({ id, failure: String(error) }),
  );
});
