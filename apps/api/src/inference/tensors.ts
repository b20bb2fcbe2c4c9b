import { OUTPUT } from './inference-metadata.js';
import { refusal, shown } from './refusal.js';
import { type Tensor, readTensor } from './tensor.js';

/** A request as the protocol has it, read; its `parameters` are free to all and mean nothing here. */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly tensors: readonly Tensor[];
}

/** @throws ProblemError INVALID_INFERENCE */
export function readInferenceRequest(body: unknown): InferenceRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refusal(`the body is ${shown(body)}, wanted an object with inputs`);
  }
  const { id, inputs, outputs } = body as Readonly<Record<string, unknown>>;
  if (id !== undefined && typeof id !== 'string') {
    throw refusal(`id is ${shown(id)}, wanted text`);
  }
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw refusal(`inputs is ${Array.isArray(inputs) ? 'empty' : shown(inputs)}, wanted tensors`);
  }
  checkOutputs(outputs);
  return { id, tensors: inputs.map((input, i) => readTensor(input, `input ${i}`)) };
}

/** There is one output: whoever asks for any gets it, and whoever names none gets all. */
function checkOutputs(outputs: unknown): void {
  if (outputs === undefined) return;
  if (!Array.isArray(outputs)) throw refusal(`outputs is ${shown(outputs)}, wanted an array`);
  for (const output of outputs) {
    const name = (output as { name?: unknown } | null)?.name;
    if (name === OUTPUT) continue;
    throw refusal(`output ${shown(name)} is not one of this model, wanted ${OUTPUT}`);
  }
}
