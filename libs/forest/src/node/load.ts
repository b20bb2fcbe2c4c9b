/*
 * A model file, read, checked and compiled on a thread of its own, so that a service that loads
 * one goes on answering. The receiving thread checks nothing again and only wraps arrays. The arrays
 * lie in shared memory: when a thread receives a large transferred buffer, V8 collects garbage at
 * once. For 80 MB that took 10 ms, and receiving shared memory 0.3 ms.
 */
import { Worker } from 'node:worker_threads';
import type { CompileOptions } from '../serve/compile.js';
import { ForestError } from '../errors.js';
import type { Forest } from '../model/forest.js';
import type { FromLoadThread, LoadInput } from './load-thread.js';
import { receiveForest } from './share.js';
import { inSharedMemory, throwIfAborted, untilLast } from './workers.js';

export interface LoadOptions {
  /** How to compile; as for `Forest.compile`. */
  readonly compile?: CompileOptions;
  /** Aborting ends the thread at once and rejects with ForestError ABORTED. */
  readonly signal?: AbortSignal;
}

/** A model that is ready to serve. */
export interface LoadedModel {
  /** Its `compile()` without options returns what the thread compiled. */
  readonly forest: Forest;
  /** The file's own SHA-256, in hexadecimal, as `modelDigest` gives it. */
  readonly digest: string;
  /** The file, in shared memory. The forest keeps views of it: leave it alone. */
  readonly bytes: Uint8Array;
}

/**
 * Reads, checks and compiles a model file on a worker thread. The event loop is held up for as
 * long as it takes to wrap some typed arrays, whatever the size of the model.
 * @param source a path, or the bytes of a model file: copied first, unless their memory is shared
 * @throws ForestError FILE_MAGIC, FILE_VERSION, FILE_TRUNCATED, FILE_CORRUPT, FILE_INVALID,
 *   SCHEMA_INVALID, as `readModel`; ABORTED; THREAD_FAILED. A file that cannot be read gives the
 *   system's error (ENOENT, …)
 */
export async function loadCompiled(
  source: string | Uint8Array,
  { compile, signal }: LoadOptions = {},
): Promise<LoadedModel> {
  throwIfAborted(signal);
  const worker = startThread(source, compile);
  let answer: FromLoadThread | undefined;
  try {
    await untilLast<FromLoadThread>(
      worker,
      (message) => {
        answer = message;
        return true;
      },
      signal,
    );
    throwIfAborted(signal);
  } finally {
    await worker.terminate();
  }
  return wrap(answer!);
}

function startThread(source: string | Uint8Array, compile: CompileOptions | undefined): Worker {
  const workerData: LoadInput = {
    source: typeof source === 'string' ? source : inSharedMemory(source),
    compile,
  };
  return new Worker(new URL('./load-thread.js', import.meta.url), { workerData });
}

function wrap(answer: FromLoadThread): LoadedModel {
  if (answer.kind === 'refused') throw new ForestError(answer.code, answer.detail);
  const { bytes, digest, forest } = answer;
  return { forest: receiveForest(forest), digest, bytes };
}
