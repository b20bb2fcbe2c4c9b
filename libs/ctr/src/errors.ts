/** Every way this library refuses, by stable code. */
export const ctrErrors = {
  TABLE_INVALID: 'the training table is not usable',
  MODEL_INVALID: 'the model file holds words that cannot be read',
  SCHEMA_UNSUPPORTED: 'the model was trained on other features',
  NO_MODEL: 'the registry has no current model',
  NO_PREVIOUS: 'the registry has no version to go back to',
  VERSION_UNKNOWN: 'the registry has no such version',
  VERSION_BROKEN: 'the version cannot be read',
  TAG_INVALID: 'the tag is not usable',
  TAG_UNKNOWN: 'the registry has no such tag',
  ROLLOUT_INVALID: 'it cannot be told which versions a service tries',
  LOCATION_INVALID: 'no registry can be there',
  REGISTRY_BROKEN: 'it cannot be told what the registry says',
  REGISTRY_READ_ONLY: 'the registry cannot be written',
  STORE_REFUSED: 'the object store refuses',
  STORE_UNREACHABLE: 'the object store cannot be reached',
  REGISTRY_BUSY: 'somebody else is changing the registry',
  RETRAIN_UNDER_WAY: 'somebody else is retraining a model of this registry',
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
