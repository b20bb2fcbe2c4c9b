import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

export interface TrainerCommand {
  command: string;
  args: string[];
  cwd: string;
  /** Milliseconds between two trainings. */
  pauseMs: number;
}

/** What came of the trainings that ran beside a load. */
export interface Retrained {
  trainings: number;
  /** The error output of the training that failed; retraining stops at the first. */
  failure?: string;
}

/** Trains one model after the other, each with another seed, until told to stop. */
export class Retraining {
  /** Resolves after the first training that fails, or after the last one. */
  readonly ended: Promise<Retrained>;
  private stopping = false;

  constructor(private readonly trainer: TrainerCommand) {
    this.ended = this.trainAll();
  }

  /** Starts no further training; resolves as `ended`: none is cut off half-way. */
  stop(): Promise<Retrained> {
    this.stopping = true;
    return this.ended;
  }

  private async trainAll(): Promise<Retrained> {
    for (let trainings = 0; ; trainings++) {
      if (this.stopping) return { trainings };
      const failure = await trainOnce(this.trainer, 1000 + trainings);
      if (failure !== undefined) return { trainings, failure };
      await pause(this.trainer.pauseMs);
    }
  }
}

function trainOnce(trainer: TrainerCommand, seed: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(trainer.command, [...trainer.args, '--seed', String(seed)], {
      cwd: trainer.cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : `exit code ${code}\n${errors.trim()}`),
    );
  });
}
