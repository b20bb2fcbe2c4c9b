import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { liftRequestTimeout } from '../problem/socket.js';
import type { LineStream } from './line-stream.js';

/**
 * The streams that are being answered. When the service closes they may go on for a while, then
 * each is told to stop, with the line to go on from elsewhere: a stream without end must not hold
 * up the end of the process.
 */
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<LineStream>();
  private closing = false;

  /** @param graceMs how long streams may go on once the service closes, in milliseconds */
  constructor(private readonly graceMs: number) {}

  /** How many there are. */
  get size(): number {
    return this.streams.size;
  }

  [Symbol.iterator](): Iterator<LineStream> {
    return this.streams.values();
  }

  /** Whether the service is closing. */
  get isClosing(): boolean {
    return this.closing;
  }

  /** @returns to be called when the stream has ended, however it did */
  add(stream: LineStream): () => void {
    this.streams.add(stream);
    if (this.closing) this.stopLater();
    return () => void this.streams.delete(stream);
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
    if (this.streams.size > 0) this.stopLater();
  }

  /** Tells all of them that the service is shutting down. */
  stop(): void {
    const detail = 'The service is shutting down.';
    for (const stream of this.streams) stream.stop({ code: 'SHUTTING_DOWN', detail });
  }

  private stopLater(): void {
    setTimeout(() => this.stop(), this.graceMs).unref();
  }
}

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
