import { Turn } from '../overload/turn.js';
import { ProblemError } from '../problem/problem.js';
import type { RecordAnswers } from './record-answers.js';

/**
 * Checks that a body is a batch.
 * @param wanted what it should be, in words
 * @throws ProblemError INVALID_BATCH, BATCH_TOO_LARGE
 */
export function readBatch(
  body: unknown,
  limit: number,
  wanted = 'an array of records',
): readonly unknown[] {
  if (!Array.isArray(body)) {
    const got = body === null ? 'null' : typeof body;
    throw new ProblemError('INVALID_BATCH', { detail: `Got ${got}, wanted ${wanted}.` });
  }
  checkBatchSize(body.length, limit);
  return body;
}

/** @throws ProblemError BATCH_TOO_LARGE */
export function checkBatchSize(records: number, limit: number): void {
  if (records <= limit) return;
  const detail = `Got ${records} records, wanted at most ${limit}: send several batches, or a stream.`;
  throw new ProblemError('BATCH_TOO_LARGE', { detail });
}

/**
 * Answers a batch, as JSON: how many records have a prediction and how many an error, then an outcome
 * for each, in order; after the first hundred errors, an error is its code alone. Other requests are answered in between.
 * @param isGone tells that nobody waits for the answer any more
 * @param turn how long the work may go on before others are let in
 * @returns undefined when nobody does
 */
export async function answerBatch(
  records: readonly unknown[],
  answers: RecordAnswers,
  isGone: () => boolean = () => false,
  turn = new Turn(),
): Promise<string | undefined> {
  const outcomes = new Array<string>(records.length);
  for (let i = 0; i < records.length; i++) {
    outcomes[i] = answers.answer(records[i]);
    if (!turn.isOver()) continue;
    await turn.pass();
    if (isGone()) return undefined;
    answers.goOn();
  }
  const { ok, failed } = answers;
  return `{"ok":${ok},"failed":${failed},"predictions":[${outcomes.join(',')}]}`;
}
