/*
 * Where log lines go. A log that cannot be written must never stop the service: a disk that is full,
 * a pipe that nobody reads, a terminal on hold.
 *
 *   line ──▶ waiting, at most 4 MB ──a batch at a time──▶ file descriptor
 *                └─ full: the line is dropped and counted; told once lines are written again
 *
 * Pipes, sockets and terminals are set not to block, so that a write takes what fits and returns; a
 * file is written by a thread. Why not sonic-boom 4, pino's own: when it does not wait, it has a thread
 * of Node's pool wait in its place, and Node waits for that thread at its end, so that a process whose
 * log nobody reads cannot end; and its `flushSync` tries for ever.
 */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** Lines are written when there are so many characters, because a system call costs more than a line. */
const BATCH_CHARACTERS = 32_768;
/** A line waits at most this long to be written, if it can be. */
const FLUSH_MS = 200;
/** Most characters that wait. Further lines are dropped. */
const MOST_WAITING = 4_194_304;
/** The first and the longest pause after a write that nothing could be written by. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 250;
/** How long the end of the process waits for somebody to read on, and how long for all of it. */
const FAREWELL_MS = 250;
const LONGEST_FAREWELL_MS = 2000;
/** What is not longer than this goes into a pipe whole, or not at all (`PIPE_BUF`). */
const PIPE_BYTES = 4096;

const NEW_LINE = 10;

/** How bytes leave. `done` gets an error, or how many were written. */
export interface Sink {
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  /**
   * The same at once.
   * @returns how many bytes were written
   * @throws the system's error, EAGAIN if nothing could be written now
   */
  writeSync(bytes: Buffer): number;
}

/** Counts lines that nobody will read. */
export interface DropCounter {
  increment(by?: number): void;
}

/** Limits and clock of an output, for tests. */
export interface OutputOptions {
  readonly mostWaiting?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number;
}

/** Takes lines and writes them in batches. Nothing that it does blocks, fails or throws. */
export class LineOutput {
  private waiting = '';
  private lines = 0;
  /** What is being written. */
  private batch: Buffer | undefined;
  private isWriting = false;
  private pauseMs = 0;
  private resume: NodeJS.Timeout | undefined;
  private readonly timer: NodeJS.Timeout;
  /** Lines dropped that the log has not told of. */
  private untold = 0;
  private uncounted = 0;
  /** Why lines could not be written the last time. */
  private reason = '';
  private counter: DropCounter | undefined;
  private readonly mostWaiting: number;
  private readonly now: () => number;

  /** @param tell makes the line that says how many were dropped, and why */
  constructor(
    private readonly sink: Sink,
    private readonly tell: (dropped: number, reason: string) => string,
    { mostWaiting = MOST_WAITING, now = () => performance.now() }: OutputOptions = {},
  ) {
    this.mostWaiting = mostWaiting;
    this.now = now;
    this.timer = setInterval(() => this.flush(), FLUSH_MS).unref();
  }

  /** Where dropped lines are counted from now on, those dropped before included. */
  countDropped(counter: DropCounter): void {
    this.counter = counter;
    counter.increment(this.uncounted);
    this.uncounted = 0;
  }

  /** @param line ends with a line feed */
  write(line: string): void {
    if (this.waiting.length + line.length > this.mostWaiting) return this.drop(1);
    this.waiting += line;
    this.lines++;
    if (this.waiting.length >= BATCH_CHARACTERS) this.flush();
  }

  /** Begins to write whatever waits, unless a write is under way or has just failed. */
  flush(): void {
    if (this.isWriting || this.resume !== undefined) return;
    const batch = this.nextBatch();
    if (batch === undefined) return;
    this.isWriting = true;
    this.sink.write(batch, this.written);
  }

  /** What pino calls after a fatal line. */
  flushSync(): void {
    this.flush();
  }

  /** For the end of the process: tries for a moment to write all that waits. Call nothing after it. */
  end(): void {
    clearInterval(this.timer);
    clearTimeout(this.resume);
    // Node waits for the thread that writes this one.
    if (this.isWriting) this.batch = undefined;
    if (this.untold > 0) this.tellDropped();
    const end = this.now() + LONGEST_FAREWELL_MS;
    let until = this.now() + FAREWELL_MS;
    for (let batch = this.nextBatch(); batch !== undefined; batch = this.nextBatch()) {
      try {
        this.take(this.sink.writeSync(batch));
        until = Math.min(end, this.now() + FAREWELL_MS);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || this.now() > until) return;
        // Sleeps, which is the only way to wait here.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  private nextBatch(): Buffer | undefined {
    if (this.batch === undefined && this.lines > 0) {
      this.batch = Buffer.from(this.waiting);
      this.waiting = '';
      this.lines = 0;
    }
    return this.batch;
  }

  private take(bytes: number): void {
    const { batch } = this;
    this.batch = batch === undefined || bytes >= batch.length ? undefined : batch.subarray(bytes);
  }

  private readonly written = (error: NodeJS.ErrnoException | null, bytes: number): void => {
    this.isWriting = false;
    if (error !== null || bytes === 0) return this.pause(error);
    this.take(bytes);
    this.pauseMs = 0;
    if (this.untold > 0 && this.batch === undefined) this.tellDropped();
    if (this.batch !== undefined || this.waiting.length >= BATCH_CHARACTERS) this.flush();
  };

  /** Nobody reads, the disk is full, or there is no reader any more: tries again a little later. */
  private pause(error: NodeJS.ErrnoException | null): void {
    this.reason =
      error === null || error.code === 'EAGAIN' ? 'nobody read them' : (error.code ?? '');
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.pauseMs));
    this.resume = setTimeout(() => {
      this.resume = undefined;
      this.flush();
    }, this.pauseMs).unref();
  }

  private drop(lines: number): void {
    this.untold += lines;
    if (this.counter === undefined) this.uncounted += lines;
    else this.counter.increment(lines);
  }

  private tellDropped(): void {
    const line = this.tell(this.untold, this.reason);
    this.untold = 0;
    this.waiting = line + this.waiting;
    this.lines++;
  }
}

/** Standard output, written in a way that does not block. */
export function standardOutput(): Sink {
  const kind = fstatSync(1);
  const isPipe = kind.isFIFO() || kind.isSocket();
  const part = kind.isFIFO() ? wholeLines : all;
  if (isPipe || kind.isCharacterDevice()) {
    const own = reopened();
    if (own !== undefined) return neverBlocking((bytes) => writeSync(own, part(bytes)));
  }
  if (!isPipe) return { write: (bytes, done) => write(1, bytes, done), writeSync: writeAll };
  const { _handle: handle } = process.stdout as { _handle?: { setBlocking?(on: boolean): void } };
  return neverBlocking((bytes) => {
    // Each time, because every process of Node's that shares the pipe sets it back when it ends.
    handle?.setBlocking?.(false);
    return writeSync(1, part(bytes));
  });
}

const all = (bytes: Buffer) => bytes;
const writeAll = (bytes: Buffer) => writeSync(1, bytes);

/**
 * A way of our own to a pipe, terminal or device, so that what we set is set for us alone. Undefined
 * where there is none: sockets have none, and another user's pipe may not be opened.
 */
function reopened(): number | undefined {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync('/proc/self/fd/1', O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

function neverBlocking(writeNow: (bytes: Buffer) => number): Sink {
  return {
    writeSync: writeNow,
    write: (bytes, done) => {
      let written = 0;
      try {
        while (written < bytes.length) written += writeNow(bytes.subarray(written));
        done(null, written);
      } catch (error) {
        // What is left is tried again, and fails again if it must.
        if (written > 0) done(null, written);
        else done(error as NodeJS.ErrnoException, 0);
      }
    },
  };
}

/**
 * As many lines as a pipe takes whole or not at all, so that lines of several workers are not mixed
 * when the pipe is nearly full. A line that is longer by itself may be.
 */
function wholeLines(bytes: Buffer): Buffer {
  if (bytes.length <= PIPE_BYTES) return bytes;
  const end = bytes.lastIndexOf(NEW_LINE, PIPE_BYTES - 1) + 1;
  if (end > 0) return bytes.subarray(0, end);
  const first = bytes.indexOf(NEW_LINE) + 1;
  return first > 0 ? bytes.subarray(0, first) : bytes;
}
