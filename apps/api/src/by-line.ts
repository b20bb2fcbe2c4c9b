/**
 * Whether a route's bodies are lines of JSON, which are read while they come: all of them, or (`too`) those
 * that are not declared as JSON.
 */
export type Lines = boolean | 'too';

const JSON_TYPE = /^\s*application\/json\s*(;|$)/i;

/** Whether the body of a request is read line by line, and so never held as a whole. */
export function isByLine(lines: Lines | undefined, contentType: string | undefined): boolean {
  return lines === true || (lines === 'too' && !JSON_TYPE.test(contentType ?? ''));
}
