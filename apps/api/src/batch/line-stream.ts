import type { Readable } from 'node:stream';
import { Turn } from '../overload/turn.js';
import { Chunks, NO_ROOM, type Stop } from './chunks.js';
import { type Line, type LineCutter, TOO_LONG } from './lines.js';
import type { RecordAnswers } from './record-answers.js';

/**
 * Answers lines of JSON with lines of JSON, in order.
 *
 * ```
 * source ─chunk─▶ lines ─▶ answers ─text─▶ reader
 *    └── takes the next chunk when the reader has taken the text of this one ──┘
 * ```
 * So a client that reads slowly has to send slowly, and memory holds no more than one chunk, its
 * answers and one line.
 */
export class LineStream {
  private readonly chunks: Chunks;

  constructor(
    source: Readable,
    private readonly lines: LineCutter,
    private readonly answers: RecordAnswers,
  ) {
    this.chunks = new Chunks(source, () => lines.line > 0);
  }

  /** Whether it is the client's turn to send. */
  get isWaiting(): boolean {
    return this.chunks.isWaiting;
  }

  /**
   * Ends the stream: the lines of the chunk at hand are answered, and the last line says why and
   * with which line to go on. A line that has no end yet is left out.
   */
  stop(stop: Stop): void {
    this.chunks.stop(stop);
  }

  /**
   * The answers, a chunk's at a time. Rejects when the source breaks off, and with the ProblemError
   * that the source fails with if no line was answered before; otherwise the last line tells it.
   */
  async *text(): AsyncGenerator<string> {
    const turn = new Turn();
    for (;;) {
      const step = await this.chunks.next();
      if (step === 'stopped') break;
      yield* this.answered(step.done ? this.lines.end() : this.lines.cut(step.value), turn);
      if (step.done) return;
      if (this.lines.isOutOfRoom) this.chunks.stop(NO_ROOM);
    }
    const { code, detail } = this.chunks.reason!;
    const next = this.lines.line + 1;
    yield `${this.answers.lastWord(code, `${detail} Go on from line ${next}.`, next)}\n`;
  }

  private async *answered(lines: readonly Line[], turn: Turn): AsyncGenerator<string> {
    let answers: string[] = [];
    this.answers.goOn();
    for (const line of lines) {
      answers.push(this.answerTo(line));
      if (!turn.isOver()) continue;
      yield textOf(answers);
      answers = [];
      await turn.pass();
      this.answers.goOn();
    }
    if (answers.length > 0) yield textOf(answers);
  }

  private answerTo({ number, text }: Line): string {
    if (text === TOO_LONG) return this.answers.refuse('LINE_TOO_LONG', undefined, number);
    let record: unknown;
    try {
      record = JSON.parse(text);
    } catch (error) {
      const detail = `The line is not JSON: ${(error as SyntaxError).message}`;
      return this.answers.refuse('MALFORMED_JSON', { detail }, number);
    }
    return this.answers.answer(record, number);
  }
}

/** Each answer a line. Joined at once, which costs less than a text that grows. */
function textOf(answers: readonly string[]): string {
  return `${answers.join('\n')}\n`;
}
