/** Every way this library refuses, by stable code. */
export const ctrErrors = {
  TABLE_INVALID: 'the training table is not usable',
  SCHEMA_UNSUPPORTED: 'the model was trained on other features',
  NO_MODEL: 'the registry has no current model',
  VERSION_UNKNOWN: 'the registry has no such version',
  VERSION_BROKEN: 'the version cannot be read',
  VERSION_TAKEN: 'another model is already published under this version',
} as const;

export type CtrErrorCode = keyof typeof ctrErrors;

/** An error of this library: `code` is stable, `message` names what was got and what was wanted. */
export class CtrError extends Error {
  override readonly name = 'CtrError';

  constructor(
    readonly code: CtrErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${ctrErrors[code]}: ${detail}`, options);
  }
}
