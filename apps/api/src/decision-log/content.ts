/* What the log keeps of a decision: request and answer as JSON, packed, as a text that any database takes. */
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { DecisionRow } from '../store/decision-tables.js';

const pack = promisify(gzip);

/** @param request JSON, as is `answer`; they are packed on threads of Node's own */
export async function packed(request: string, answer: string): Promise<string> {
  return (await pack(`{"request":${request},"answer":${answer}}`)).toString('base64');
}

/** `{"request":…,"answer":…}`. */
export function unpacked({ content }: Pick<DecisionRow, 'content'>): string {
  return gunzipSync(Buffer.from(content, 'base64')).toString();
}
