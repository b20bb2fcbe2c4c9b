import { Registry } from '@adscale/ctr';
import { answerText } from './answer-text.js';
import { decisions, type Decision, type DecisionName } from './decisions.js';
import { readRequest } from './request-file.js';

export interface DecideFlags {
  /** The registry's folder. */
  readonly output: string;
  /** A version of the model; the current one if absent. */
  readonly modelVersion?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
}

/** Decides on a file's request with a model of the registry, and prints the answer. */
export async function runDecide(
  name: DecisionName,
  file: string,
  flags: DecideFlags,
): Promise<void> {
  const decision: Decision = decisions[name];
  const model = await new Registry(flags.output).load(flags.modelVersion);
  const request = await readRequest(decision, model.schema, file, flags.set);
  const answer = await decision.decide(model, request);
  console.log(flags.json ? JSON.stringify(answer, null, 2) : answerText(answer));
}
