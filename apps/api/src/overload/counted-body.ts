import { type Readable, Transform, type TransformCallback } from 'node:stream';
import type { Ticket } from './admission.js';

/**
 * A body that does not say how long it is, counted while it comes.
 * @param body as it comes, or unpacked
 * @param ticket holds room for what has come
 * @param refusal makes the error that the body ends with when there is no more room
 */
export function countedBody(body: Readable, ticket: Ticket, refusal: () => Error): Transform {
  let bytes = 0;
  const transform = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
    bytes += chunk.length;
    if (ticket.reserve(bytes)) done(null, chunk);
    else done(refusal());
  };
  const counted = new Transform({ transform });
  // Not `pipeline`: it would destroy the connection together with the body, before the answer.
  body.once('error', (error) => counted.destroy(error));
  return body.pipe(counted);
}
