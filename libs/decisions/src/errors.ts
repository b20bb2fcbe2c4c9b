/** Every way this library refuses, by stable code. */
export const decisionErrors = {
  REQUEST_INVALID: 'the request is not usable',
  LIMIT_EXCEEDED: 'the request is larger than this library answers',
  AMOUNT_INVALID: 'an amount of money is not usable',
  FEATURE_ABSENT: 'the model lacks a feature that this decision needs',
  INFEASIBLE: 'no allocation meets the limits',
  SOLVER_FAILED: 'the integer program was not solved',
} as const;

export type DecisionErrorCode = keyof typeof decisionErrors;

/** An error of this library: `code` is stable, `message` names what was got and what was wanted. */
export class DecisionError extends Error {
  override readonly name = 'DecisionError';

  constructor(
    readonly code: DecisionErrorCode,
    readonly detail: string,
    /** The field of the request that is wrong, such as `candidates[3].record.budget`. */
    readonly field?: string,
    options?: ErrorOptions,
  ) {
    super(`${decisionErrors[code]}: ${detail}`, options);
  }

  /** The same error, seen from outside the entry of a list or object that it was found in. */
  within(path: string): DecisionError {
    const inner = this.field === undefined || this.field === '' ? '' : '.';
    const field = `${path}${inner}${this.field ?? ''}`;
    return new DecisionError(this.code, `${path}${inner}${this.detail}`, field);
  }
}
