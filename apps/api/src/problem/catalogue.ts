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
    detail: 'The request is not valid HTTP, or its address cannot be decoded.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'The body is not acceptable JSON',
    detail:
      'The body is empty, is not JSON, or holds a key such as __proto__ that is never a field.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is nothing at this address',
    detail: 'Check the address; /docs lists all of them.',
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
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    detail: 'Send at most BODY_LIMIT_BYTES bytes.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is not declared as JSON',
    detail: 'Send JSON with the header content-type: application/json.',
  },
  INVALID_RECORD: {
    status: 422,
    title: 'The record breaks the rules of its fields',
    detail: 'Every entry of errors names a field, the value got and the rule it must meet.',
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
  SHUTTING_DOWN: {
    status: 503,
    title: 'The service is shutting down',
    detail: 'Send new requests to another replica.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof catalogue;
