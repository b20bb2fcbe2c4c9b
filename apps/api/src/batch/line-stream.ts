import type { Readable } from 'node:stream';
import type { ProblemCode } from '../problem/catalogue.js';
import { type LineCutter, TOO_LONG } from './lines.js';
import type { RecordAnswers } from './record-answers.js';
import { Turn } from '../overload/turn.js';

/** What comes of waiting for the client. */
type Step = IteratorResult<Buffer, unknown> | 'stopped';

/** What a stream is told to stop for, and the words for it. */
export interface Stop {
  readonly code: ProblemCode;
  readonly detail: string;
}

/**
 * A line of JSON in, a line of JSON out, in order.
 *
 * ```
 * source ─chunk─▶ lines ─▶ answers ─text─▶ whoever reads
 *    └────── the next chunk is taken when all of this one's text was ──────┘
 * ```
 * So a slow reader slows its own sending down, and nothing piles up: there is never more in memory
 * than one chunk, its answers and one line.
 */
export class LineStream {
  private stopped: Stop | undefined;
  private wake: ((step: Step) => void) | undefined;

  constructor(
    private readonly source: Readable,
    private readonly lines: LineCutter,
    private readonly answers: RecordAnswers,
  ) {}

  /** Whether it is the client's turn to send. */
  get isWaiting(): boolean {
    return this.wake !== undefined;
  }

  /**
   * Answers no further line but says why, as soon as what is under way is answered. A line that
   * has not come whole is left out.
   */
  stop(stop: Stop): void {
    this.stopped ??= stop;
    this.wake?.('stopped');
  }

  /** The answers, a chunk's at a time. Rejects when the source breaks off. */
  async *text(): AsyncGenerator<string> {
    const turn = new Turn();
    // Without for await, which would destroy the source, and with it the connection, on the way out.
    const chunks = this.source[Symbol.asyncIterator]() as AsyncIterator<Buffer, unknown>;
    for (;;) {
      const step = await this.next(chunks);
      if (step === 'stopped') break;
      yield* this.answered(step.done ? this.lines.end() : this.lines.cut(step.value), turn);
      if (step.done) return;
    }
    const { code, detail } = this.stopped!;
    const next = this.lines.line + 1;
    yield `${this.answers.refuse(code, { detail: `${detail} Go on from line ${next}.` }, next)}\n`;
  }

  /** The next chunk, unless the stream is stopped first. Races by hand: nothing is left behind. */
  private next(chunks: AsyncIterator<Buffer, unknown>): Promise<Step> {
    if (this.stopped !== undefined) return Promise.resolve('stopped');
    const step = new Promise<Step>((resolve, reject) => {
      this.wake = resolve;
      chunks.next().then(resolve, reject);
    });
    return step.finally(() => (this.wake = undefined));
  }

  private async *answered(
    lines: Iterable<string | typeof TOO_LONG>,
    turn: Turn,
  ): AsyncGenerator<string> {
    let text = '';
    for (const line of lines) {
      text += `${this.answerTo(line)}\n`;
      if (!turn.isOver()) continue;
      yield text;
      text = '';
      await turn.pass();
    }
    if (text !== '') yield text;
  }

  private answerTo(line: string | typeof TOO_LONG): string {
    const { line: number } = this.lines;
    if (line === TOO_LONG) return this.answers.refuse('LINE_TOO_LONG', undefined, number);
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (error) {
      const detail = `The line is not JSON: ${(error as SyntaxError).message}`;
      return this.answers.refuse('MALFORMED_JSON', { detail }, number);
    }
    return this.answers.answer(record, number);
  }
}
