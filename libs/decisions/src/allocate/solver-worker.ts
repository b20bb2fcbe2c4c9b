/*
 * HiGHS holds its thread up for as long as it solves, and a service has other requests to answer.
 * So it has a thread of its own: one for the process, made at the first program, which keeps the
 * process alive only while it has something to solve.
 */
import { Worker } from 'node:worker_threads';
import type { Solve, Solution } from './solver.js';
import type { Solved, Task } from './solver-thread.js';

interface Waiting {
  readonly resolve: (solution: Solution) => void;
  readonly reject: (error: Error) => void;
}

class SolverThread {
  private readonly worker = new Worker(new URL('./solver-thread.js', import.meta.url));
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;

  /** @param onEnd called when the thread is of no use any more */
  constructor(onEnd: () => void) {
    const end = (error: Error): void => {
      onEnd();
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.worker.on('message', (message: Solved) => this.receive(message));
    this.worker.on('error', end);
    this.worker.on('exit', (code) => end(new Error(`the solver's thread ended with ${code}`)));
    this.worker.unref();
  }

  solve(program: string, seconds: number, gap: number): Promise<Solution> {
    const id = this.next++;
    const task: Task = { id, program, seconds, gap };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage(task);
    });
  }

  private receive(message: Solved): void {
    const { resolve, reject } = this.waiting.get(message.id)!;
    this.waiting.delete(message.id);
    if (this.waiting.size === 0) this.worker.unref();
    if ('solution' in message) resolve(message.solution);
    else reject(new Error(message.failure));
  }
}

let thread: SolverThread | undefined;

/** Solves on the process's thread for programs, one after the other. */
export const solveOnThread: Solve = (program, seconds, gap) => {
  thread ??= new SolverThread(() => (thread = undefined));
  return thread.solve(program, seconds, gap);
};
