import type { BeforeApplicationShutdown } from '@nestjs/common';
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

  private stopLater(): void {
    const detail = 'The service is shutting down.';
    setTimeout(() => {
      for (const stream of this.streams) stream.stop({ code: 'SHUTTING_DOWN', detail });
    }, this.graceMs).unref();
  }
}
