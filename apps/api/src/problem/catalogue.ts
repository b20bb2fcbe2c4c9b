/** What is said about one way to fail: the same words in answers, in OpenAPI and in the README. */
export interface CatalogueEntry {
  readonly status: number;
  /** Says what is wrong, the same for every occurrence. */
  readonly title: string;
  /** Says when it happens and what to do. */
  readonly detail: string;
}

/** Every error answer of this service. Codes are stable: clients may depend on them. */
export const catalogue = {
  MALFORMED_REQUEST: {
    status: 400,
    title: 'The request cannot be read',
    detail: 'The request is not valid HTTP.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'The body is not acceptable JSON',
    detail:
      'The body is empty, is not JSON, or holds a key such as __proto__ that is never a field.',
  },
  MALFORMED_ENCODING: {
    status: 400,
    title: 'The body cannot be unpacked',
    detail: 'The body is not what content-encoding says, or not all of it.',
  },
  INVALID_INFERENCE: {
    status: 400,
    title: 'The inference request is not usable',
    detail: 'Send input tensors as GET /v2/models/{name} lists them, all of one length.',
  },
  API_KEY_REQUIRED: {
    status: 401,
    title: 'An API key is needed',
    detail: 'Send a key that the service knows in x-api-key, or as authorization: Bearer.',
  },
  SCOPE_MISSING: {
    status: 403,
    title: 'The API key does not allow this',
    detail: 'Use a key whose scopes in API_KEYS include that of the route.',
  },
  ADMIN_CLOSED: {
    status: 403,
    title: 'Administration is closed',
    detail: 'Set API_KEYS with a key of scope admin to open it.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is nothing at this address',
    detail: 'Check the address; /docs lists all of them.',
  },
  MODEL_VERSION_UNKNOWN: {
    status: 404,
    title: 'There is no such version of the model',
    detail: 'GET /models lists the versions there are.',
  },
  NO_REPORT: {
    status: 404,
    title: 'The version has no report',
    detail: 'The trainer writes one with a model that it trains; one from elsewhere has none.',
  },
  DECISION_UNKNOWN: {
    status: 404,
    title: 'There is no such decision',
    detail:
      'It was not kept (DECISION_LOG), or is older than DECISION_LOG_DAYS. GET /decisions lists them.',
  },
  EXPERIMENT_UNKNOWN: {
    status: 404,
    title: 'There is no such experiment',
    detail: 'GET /experiments lists them.',
  },
  NO_TRIAL: {
    status: 404,
    title: 'There is no gated trial',
    detail: 'Begin one by PUT /models/canary with gate. Nothing has changed.',
  },
  TRAINER_OFF: {
    status: 404,
    title: 'Training from here is switched off',
    detail: 'Set TRAINER=on where the trainer is installed beside the service.',
  },
  FILE_UNKNOWN: {
    status: 404,
    title: 'There is no such file',
    detail: 'GET /training/files lists them.',
  },
  JOB_UNKNOWN: {
    status: 404,
    title: 'There is no such job',
    detail: 'GET /training/jobs lists the last hundred.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not know this method',
    detail: 'Use one of the methods in the Allow header.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request took too long to arrive',
    detail: 'Send the whole request within REQUEST_TIMEOUT_MS.',
  },
  NO_INTERVALS: {
    status: 409,
    title: 'The model gives no intervals',
    detail: 'Ask with exposure, without interval, or train the model with bootstrap.',
  },
  MODEL_REFUSED: {
    status: 409,
    title: 'This version cannot be served',
    detail: 'Its file is broken, or it is not a model for these routes. Nothing has changed.',
  },
  VERSION_NOT_LOADED: {
    status: 409,
    title: 'This version is not loaded here',
    detail: 'Ask of one that serves or is tried; GET /models lists them as loaded.',
  },
  NO_PREVIOUS_MODEL: {
    status: 409,
    title: 'There is no version to go back to',
    detail: 'No other version served before, or it is gone. Promote one that GET /models lists.',
  },
  REGISTRY_READ_ONLY: {
    status: 409,
    title: 'The registry cannot be written from here',
    detail:
      'Mount MODEL_DIR writable, or switch models where the trainer runs. Nothing has changed.',
  },
  OUTCOMES_OFF: {
    status: 409,
    title: 'Outcomes are switched off',
    detail: 'Set OUTCOMES_URL to a file or a database to keep them.',
  },
  EXPERIMENT_FINISHED: {
    status: 409,
    title: 'The experiment is finished already',
    detail: 'GET /experiments/{id} tells its result. Nothing has changed.',
  },
  FILE_IN_USE: {
    status: 409,
    title: 'A job needs the file',
    detail: 'Wait for the job that detail names, or cancel it. Nothing has changed.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    detail: 'Send at most BODY_LIMIT_BYTES bytes unpacked, or BATCH_BODY_LIMIT_BYTES in a batch.',
  },
  BATCH_TOO_LARGE: {
    status: 413,
    title: 'The batch has too many records',
    detail: 'Send at most BATCH_LIMIT records at once: several batches, or a stream.',
  },
  LINE_TOO_LONG: {
    status: 413,
    title: 'The line is too long',
    detail: 'In a stream, a line is at most BODY_LIMIT_BYTES bytes.',
  },
  UPLOAD_TOO_LARGE: {
    status: 413,
    title: 'The file is too large',
    detail: 'Send at most UPLOAD_LIMIT_BYTES: fewer rows or columns, a packed file, or Parquet.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is not declared as JSON',
    detail: 'Send JSON with the header content-type: application/json.',
  },
  UNSUPPORTED_ENCODING: {
    status: 415,
    title: 'The body is packed in an unknown way',
    detail: 'Send it plain, or with content-encoding: gzip, deflate or br.',
  },
  EXPECTATION_FAILED: {
    status: 417,
    title: 'The request expects what the service cannot do',
    detail: 'Send expect: 100-continue, or no expect at all.',
  },
  INVALID_RECORD: {
    status: 422,
    title: 'The record breaks the rules of its fields',
    detail: 'Every entry of errors names a field, the value got and the rule it must meet.',
  },
  INVALID_BATCH: {
    status: 422,
    title: 'The body is not an array of records',
    detail: 'Send a JSON array, each element a record.',
  },
  INVALID_QUERY: {
    status: 422,
    title: 'The query of the address is not usable',
    detail: 'Every entry of errors names a parameter, the value got and what it must be.',
  },
  INVALID_TRIAL: {
    status: 422,
    title: 'The version or the percentage breaks its rule',
    detail: 'Every entry of errors names a field and the rule it must meet.',
  },
  INVALID_DECISION: {
    status: 422,
    title: 'The request for a decision breaks the rules of its fields',
    detail: 'The entry of errors names the field and what it must be; /docs has examples.',
  },
  DECISION_TOO_LARGE: {
    status: 422,
    title: 'The decision is larger than this route answers',
    detail: 'The entry of errors names the list that is too long and its limit.',
  },
  DECISION_UNSUPPORTED: {
    status: 422,
    title: 'The model lacks a feature that this decision needs',
    detail: 'Decide by a model that was trained with the feature that the entry of errors names.',
  },
  INFEASIBLE_ALLOCATION: {
    status: 422,
    title: 'No allocation meets the limits',
    detail: 'Lower the floors, or raise the budget, the caps or the inventory that detail names.',
  },
  INVALID_TRAINING: {
    status: 422,
    title: 'The job breaks the rules of its fields',
    detail: 'Every entry of errors names a field, the value got and what it must be.',
  },
  UPLOAD_REFUSED: {
    status: 422,
    title: 'The file cannot be taken',
    detail: 'It is empty, or of a kind that could read other files; detail says which.',
  },
  INVALID_OUTCOMES: {
    status: 422,
    title: 'None of the outcomes can be taken',
    detail:
      'Every entry of errors names a field of one of them, the value got and the rule it must meet.',
  },
  INVALID_EXPERIMENT: {
    status: 422,
    title: 'The experiment breaks the rules of its fields',
    detail: 'Every entry of errors names a field, the value got and what it must be.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests of this client',
    detail: 'Wait for the seconds in Retry-After; RATE_LIMIT_PER_MINUTE is the limit.',
  },
  TRAINING_QUEUE_FULL: {
    status: 429,
    title: 'Too many jobs wait already',
    detail: 'Cancel one, or ask again when one is done.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The headers are too large',
    detail: 'Send shorter or fewer headers, or a shorter address.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'The service failed',
    detail: 'The fault is ours. The log has the cause under this request_id.',
  },
  MODEL_NOT_LOADED: {
    status: 503,
    title: 'No model is loaded yet',
    detail: 'Train a model into MODEL_DIR; the service takes it up by itself.',
  },
  REGISTRY_UNAVAILABLE: {
    status: 503,
    title: 'The registry cannot be read now',
    detail:
      'What MODEL_DIR names is away or refuses; the log says why. Predictions go on as before.',
  },
  REGISTRY_BUSY: {
    status: 503,
    title: 'Somebody else is changing the registry',
    detail: 'Ask again: a change takes milliseconds. Nothing has changed.',
  },
  OVERLOADED: {
    status: 503,
    title: 'The service has too much to do',
    detail: 'Wait for the seconds in Retry-After, or send the request to another replica.',
  },
  OUTCOMES_UNAVAILABLE: {
    status: 503,
    title: 'Outcomes cannot be kept or read now',
    detail:
      'The database of OUTCOMES_URL cannot be used. Send them again later: nothing is counted twice.',
  },
  SHUTTING_DOWN: {
    status: 503,
    title: 'The service is shutting down',
    detail: 'Send new requests to another replica.',
  },
  UPLOADS_FULL: {
    status: 507,
    title: 'There is no room for the file',
    detail: 'Delete files that are not needed, or raise UPLOAD_TOTAL_BYTES.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof catalogue;

/** What routes may answer by what they are. */
export const ROUTE_PROBLEMS = {
  every: [
    'MALFORMED_REQUEST',
    'REQUEST_TIMEOUT',
    'EXPECTATION_FAILED',
    'HEADERS_TOO_LARGE',
    'INTERNAL_ERROR',
  ],
  /** Those that the gate looks at: all but health checks. */
  gated: ['RATE_LIMITED', 'OVERLOADED'],
  /** Those that need a scope. */
  keyed: ['API_KEY_REQUIRED', 'SCOPE_MISSING'],
  admin: ['ADMIN_CLOSED'],
  /** Those that take a body, and those that take it as a whole. */
  body: ['MALFORMED_ENCODING', 'UNSUPPORTED_MEDIA_TYPE', 'UNSUPPORTED_ENCODING'],
  json: ['MALFORMED_JSON', 'BODY_TOO_LARGE'],
} as const satisfies Record<string, readonly ProblemCode[]>;

/** What every route that predicts may answer beside that. */
export const PREDICTION_PROBLEMS: readonly ProblemCode[] = ['INVALID_RECORD', 'MODEL_NOT_LOADED'];
