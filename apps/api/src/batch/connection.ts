import type { FastifyReply, FastifyRequest } from 'fastify';
import { liftRequestTimeout } from '../problem/socket.js';
import type { LineStream } from './line-stream.js';
import type { OpenStreams } from './open-streams.js';

/** How long what a client still sends is read and thrown away once its stream was stopped. */
const LINGER_MS = 2000;

/**
 * Looks after the connection of a stream, on which both sides talk at once:
 *
 * - Time is not limited, silence is: after `idleMs` without a byte either way the stream is
 *   stopped, or, when the client does not even take what is there, hung up on.
 * - A stream that was stopped ends before its request does. Hanging up at once would reset the
 *   connection and so take back the last lines; instead the rest is read for a moment.
 */
export function superviseConnection(
  { raw: request }: FastifyRequest,
  { raw: answer }: FastifyReply,
  stream: LineStream,
  { streams, idleMs }: { readonly streams: OpenStreams; readonly idleMs: number },
): void {
  const { socket } = request;
  const remove = streams.add(stream);
  const restoreTimeout = liftRequestTimeout(socket);
  let wasIdle = false;
  answer.setTimeout(idleMs, () => {
    if (wasIdle || !stream.isWaiting) return void socket.destroy();
    wasIdle = true;
    stream.stop({ code: 'REQUEST_TIMEOUT', detail: `Nothing came for ${idleMs} ms.` });
    socket.setTimeout(idleMs);
  });
  answer.once('finish', () => {
    if (request.complete) {
      // Once the service closes, a connection that is kept alive would hold it up.
      if (streams.isClosing) socket.destroySoon();
      return;
    }
    // Whoever waited for the stream's next chunk still does, and would keep it from flowing.
    request.removeAllListeners('readable').on('data', () => {});
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
  answer.once('close', () => {
    remove();
    restoreTimeout();
  });
}
