import type { ServedModel, Serving } from '../model/served-model.js';
import { ProblemError } from '../problem/problem.js';

/** The one model there is, as an address names it. */
export interface ModelAddress {
  readonly name: string;
  readonly version?: string;
}

/** @throws ProblemError NOT_FOUND when the model has another name */
export function checkName({ name }: ModelAddress, modelName: string): void {
  if (name === modelName) return;
  throw new ProblemError('NOT_FOUND', {
    detail: `There is no model of this name, but ${modelName}.`,
  });
}

/**
 * The model at an address: the current one, or one that answers requests beside it.
 * @throws ProblemError NOT_FOUND, MODEL_NOT_LOADED
 */
export function servingOf(served: ServedModel, address: ModelAddress, modelName: string): Serving {
  checkName(address, modelName);
  const { version } = address;
  const serving = version === undefined ? served.current : served.find(version);
  if (serving !== undefined) return serving;
  if (version === undefined) throw new ProblemError('MODEL_NOT_LOADED');
  const current = served.current?.model.version ?? 'none';
  const detail = `This version of ${modelName} is not loaded; the current one is ${current}.`;
  throw new ProblemError('NOT_FOUND', { detail });
}
