import type { Readable } from 'node:stream';
import { fieldProblem } from '@adscale/ctr';
import { Chunks, NO_ROOM, type Stop } from '../batch/chunks.js';
import { type Line, type LineCutter, TOO_LONG } from '../batch/lines.js';
import { ProblemError } from '../problem/problem.js';
import { type OutcomeIntake, type Receipt, SLICE } from './intake.js';
import { Unreadable } from './read-outcome.js';

/** A line that is no outcome, as a rule says it. */
const LINE_RULE = 'a line of JSON of at most BODY_LIMIT_BYTES bytes';

/**
 * Takes outcomes line by line: the next chunk is read when those of this one are written, so a client
 * can send no faster than the store writes, and memory holds a chunk and a line.
 */
export class OutcomeLines {
  private readonly chunks: Chunks;
  /** Outcomes taken or refused so far: the place of the next one. */
  private place = 0;

  constructor(
    source: Readable,
    private readonly lines: LineCutter,
    private readonly intake: OutcomeIntake,
    private readonly receipt: Receipt,
  ) {
    this.chunks = new Chunks(source, () => this.place > 0);
  }

  /** Whether it is the client's turn to send. */
  get isWaiting(): boolean {
    return this.chunks.isWaiting;
  }

  /** Takes no more lines than those that came. */
  stop(stop: Stop): void {
    this.chunks.stop(stop);
  }

  /**
   * Takes all of them.
   * @throws ProblemError that says how many lines were dealt with, if not all were; StoreError
   */
  async take(): Promise<void> {
    for (;;) {
      const step = await this.chunks.next();
      if (step === 'stopped') break;
      const lines = step.done ? this.lines.end() : this.lines.cut(step.value);
      for (let from = 0; from < lines.length; from += SLICE) {
        await this.takeSlice(lines.slice(from, from + SLICE));
      }
      if (step.done) return;
      if (this.lines.isOutOfRoom) this.chunks.stop(NO_ROOM);
    }
    const { code, detail } = this.chunks.reason!;
    throw new ProblemError(code, { detail: `${detail} ${this.progress}` });
  }

  /** How far it came, in words. */
  get progress(): string {
    const { accepted, failed } = this.receipt;
    return `Kept so far: ${accepted} outcomes; refused: ${failed}. Send all of them again: nothing is counted twice.`;
  }

  private async takeSlice(lines: readonly Line[]): Promise<void> {
    await this.intake.take(lines.map(readLine), this.place, this.receipt);
    this.place += lines.length;
  }
}

/** What a line says. */
function readLine({ text }: Line): unknown {
  if (text === TOO_LONG) return new Unreadable(fieldProblem('(line)', '(too long)', LINE_RULE));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new Unreadable(fieldProblem('(line)', text, LINE_RULE));
  }
}
