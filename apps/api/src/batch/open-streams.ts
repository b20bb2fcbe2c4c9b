import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hangUp } from '../connections.js';
import { liftRequestTimeout } from '../problem/socket.js';
import type { Stop } from './chunks.js';

/** A stream as whoever supervises it knows it. */
export interface OpenStream {
  /** Whether it is the client's turn to send. */
  readonly isWaiting: boolean;
  stop(stop: Stop): void;
}

/**
 * The streams under way. When the service closes, they may go on for a while. Then each is stopped,
 * and its last line names the line to go on with elsewhere: so a stream without end does not keep
 * the process from ending.
 */
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<OpenStream>();
  private closing = false;

  /** @param graceMs how long streams may go on once the service closes, in milliseconds */
  constructor(private readonly graceMs: number) {}

  /** How many there are. */
  get size(): number {
    return this.streams.size;
  }

  /** The streams in the order in which they began. */
  [Symbol.iterator](): Iterator<OpenStream> {
    return this.streams.values();
  }

  /** @returns takes the stream out again; to be called when it has ended, however it did */
  add(stream: OpenStream): () => void {
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

/**
 * Watches the connection of a stream, on which both sides talk at once.
 *
 * - A stream may last any time, but after `idleMs` without a byte in either direction it is stopped.
 *   If the client does not read what was answered either, the connection is closed.
 * - A stream that is stopped ends its answer before the client has ended its request. Closing the
 *   connection at once would reset it, and the client would lose the last lines. So what the client
 *   still sends is read and thrown away for two seconds.
 */
export function superviseConnection(
  { raw: request }: FastifyRequest,
  { raw: answer }: FastifyReply,
  stream: OpenStream,
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
    if (!request.complete) hangUp(socket, request);
  });
  answer.once('close', () => {
    remove();
    restoreTimeout();
  });
}
