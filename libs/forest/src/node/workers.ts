/* What the library's worker threads share: how to wait for them, and shared memory. */
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { ForestError } from '../errors.js';
import type { Steps } from '../steps.js';

/** How long preparing a fit may hold the event loop up, one more step aside. */
const TURN_MILLISECONDS = 10;

/** @throws ForestError OPTION_INVALID */
export function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1) return;
  throw new ForestError('OPTION_INVALID', `threads is ${threads}, wanted a whole number ≥ 1`);
}

/** @throws ForestError ABORTED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal);
}

function abortedBy({ reason }: AbortSignal): ForestError {
  return new ForestError('ABORTED', 'its signal was aborted', { cause: reason });
}

/**
 * Resolves when the thread has sent its last message; rejects when it dies, when the signal fires
 * and when `receive` throws. `receive` is not called after that. The caller ends the thread.
 * @param receive takes a message, and tells whether it was the last
 * @throws ForestError ABORTED, THREAD_FAILED; a system error (of reading a file) as it is
 */
export function untilLast<Message>(
  worker: Worker,
  receive: (message: Message) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const onAbort = (): void => settle(() => reject(abortedBy(signal!)));
    const settle = (how: () => void): void => {
      isSettled = true;
      signal?.removeEventListener('abort', onAbort);
      how();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: Message) => {
      // Messages that a thread sent before it was stopped still arrive; they are of no use.
      if (isSettled) return;
      try {
        if (receive(message)) settle(resolve);
      } catch (error) {
        settle(() => reject(error as Error));
      }
    });
    worker.on('error', (cause) => {
      const isSystem = (cause as NodeJS.ErrnoException).syscall !== undefined;
      const failed = (): Error => new ForestError('THREAD_FAILED', String(cause), { cause });
      settle(() => reject(isSystem ? cause : failed()));
    });
    worker.on('messageerror', (cause) => {
      settle(() => reject(new ForestError('THREAD_FAILED', String(cause), { cause })));
    });
    worker.on('exit', (code) => {
      settle(() => reject(new ForestError('THREAD_FAILED', `it left with exit code ${code}`)));
    });
  });
}

/** Takes all steps. Every so often the event loop turns, so that a signal can be aborted. */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let since = performance.now(); ;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - since < TURN_MILLISECONDS) continue;
    await setImmediate();
    throwIfAborted(signal);
    since = performance.now();
  }
}

/** The array itself if its memory is shared and begins at a multiple of 8, else a copy that is so. */
export function inSharedMemory<T extends Uint8Array | Float64Array>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer && array.byteOffset % 8 === 0) return array;
  const shared = new Uint8Array(new SharedArrayBuffer(array.byteLength));
  shared.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  // A Buffer's constructor copies the memory that it is given; a Uint8Array's uses it.
  if (array instanceof Uint8Array) return shared as T;
  return new (array.constructor as new (memory: ArrayBufferLike) => T)(shared.buffer);
}

/** The memory of an object's arrays, which is handed over and not copied. */
export function buffersOf(object: object): ArrayBuffer[] {
  return Object.values(object)
    .filter((value) => ArrayBuffer.isView(value))
    .map(({ buffer }) => buffer as ArrayBuffer);
}
