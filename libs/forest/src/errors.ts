/**
 * Every way this library refuses, by stable code. The README's table is held equal to this
 * list by a test.
 */
export const forestErrors = {
  SCHEMA_INVALID: 'the feature schema is not usable',
  COLUMNS_INVALID: 'the training columns, target or weights are not usable',
  OPTION_INVALID: 'an option is unknown or out of range',
  ROW_INVALID: 'a row does not have one number per feature',
  FEATURE_INVALID: 'the forest cannot be asked this about its features',
  BACKGROUND_INVALID: 'the background sample is not usable',
  STATISTICS_ABSENT: 'the forest does not hold the training statistics that this needs',
  FORESTS_DIFFER: 'the forests do not fit together',
  NO_INTERVALS: 'the forest has nothing to make intervals from',
  KERNELS_UNAVAILABLE: 'this host cannot run WebAssembly with 128-bit vectors, which fitting needs',
  MEMORY_EXHAUSTED: 'there is no memory for this fit or forest',
  ABORTED: 'the work was aborted by its signal',
  THREAD_FAILED: 'a worker thread ended before its work was done',
  FILE_MAGIC: 'the bytes are not a forest model file',
  FILE_VERSION: 'the model file was written by a later version of this library',
  FILE_TRUNCATED: 'the model file ends before its contents do',
  FILE_CORRUPT: 'the model file does not match its checksum',
  FILE_INVALID: 'the model file contradicts itself',
  IMPORT_INVALID: 'the model to import contradicts itself',
  IMPORT_UNSUPPORTED: 'the model to import is of a kind that no forest of this library can say',
  EXPORT_UNSUPPORTED: 'the forest does something that the format cannot say',
} as const;

export type ForestErrorCode = keyof typeof forestErrors;

/** An error of this library: `code` is stable, `message` names what was got and what was wanted. */
export class ForestError extends Error {
  override readonly name = 'ForestError';

  constructor(
    readonly code: ForestErrorCode,
    /** The message but for the code's own sentence. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${forestErrors[code]}: ${detail}`, options);
  }
}
