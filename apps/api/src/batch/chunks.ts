import type { Readable } from 'node:stream';
import type { ProblemCode } from '../problem/catalogue.js';
import { ProblemError } from '../problem/problem.js';

/** The next chunk, the end of the source, or a stop. */
export type Step = IteratorResult<Buffer, unknown> | 'stopped';

/** Why a stream is stopped. */
export interface Stop {
  readonly code: ProblemCode;
  readonly detail: string;
}

export const NO_ROOM: Stop = {
  code: 'OVERLOADED',
  detail: 'The bodies of other requests take up MAX_IN_FLIGHT_BYTES.',
};

/** Takes a body chunk by chunk, until its end or until it is stopped. */
export class Chunks {
  private stopped: Stop | undefined;
  private wake: ((step: Step) => void) | undefined;
  private readonly chunks: AsyncIterator<Buffer, unknown>;

  /**
   * @param hasBegun whether something was made of earlier chunks: then what the source fails with is told
   *   after it, otherwise instead
   */
  constructor(
    source: Readable,
    private readonly hasBegun: () => boolean,
  ) {
    // `for await` would destroy the source at its end, and the connection with it.
    this.chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, unknown>;
  }

  /** Whether it is the client's turn to send. */
  get isWaiting(): boolean {
    return this.wake !== undefined;
  }

  /** Why it was stopped; undefined unless it was. */
  get reason(): Stop | undefined {
    return this.stopped;
  }

  /** From now on there are no more chunks. */
  stop(stop: Stop): void {
    this.stopped ??= stop;
    this.wake?.('stopped');
  }

  /**
   * The next chunk, or `stopped` if `stop` is called first. Rejects when the source breaks off, and with
   * the ProblemError that it fails with if nothing has begun.
   */
  next(): Promise<Step> {
    if (this.stopped !== undefined) return Promise.resolve('stopped');
    const step = new Promise<Step>((resolve, reject) => {
      this.wake = resolve;
      this.chunks.next().then(resolve, reject);
    });
    return step.catch((error) => this.end(error)).finally(() => (this.wake = undefined));
  }

  /** Stops if the source failed with what an answer can tell. */
  private end(error: unknown): 'stopped' {
    if (!(error instanceof ProblemError) || !this.hasBegun()) throw error;
    this.stop({ code: error.code, detail: error.message });
    return 'stopped';
  }
}
