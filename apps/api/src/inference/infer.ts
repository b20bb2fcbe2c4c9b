import type { RecordAnswers } from '../batch/record-answers.js';
import { Turn } from '../overload/turn.js';
import type { FeatureValues } from '../model/schema.js';
import type { RecordPipe } from '../record/record-reading.js';
import { ProblemError } from '../problem/problem.js';
import { refusal } from './refusal.js';

/**
 * The predictions for all records, or none: the protocol has no place for the error of one row.
 * Lets other requests in between.
 * @throws ProblemError INVALID_INFERENCE naming the first row that is not valid
 */
export async function infer(
  records: readonly FeatureValues[],
  pipe: RecordPipe,
  answers: RecordAnswers,
): Promise<number[]> {
  const turn = new Turn();
  for (let row = 0; row < records.length; row++) {
    checkRow(records[row], row, pipe);
    if (turn.isOver()) await turn.pass();
  }
  const data = new Array<number>(records.length);
  for (let row = 0; row < records.length; row++) {
    data[row] = answers.predict(records[row]);
    if (turn.isOver()) await turn.pass();
  }
  return data;
}

function checkRow(record: FeatureValues, row: number, pipe: RecordPipe): void {
  try {
    pipe.transform(record);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const reasons = (error.occurrence.errors ?? []).map(({ message }) => message);
    throw refusal(`row ${row}: ${reasons.join('; ')}`);
  }
}
