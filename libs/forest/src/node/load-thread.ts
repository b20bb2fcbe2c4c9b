/* What the loading thread runs: it reads, checks and compiles a model file and sends the result. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { compileForest, type CompileOptions } from '../serve/compile.js';
import { ForestError, type ForestErrorCode } from '../errors.js';
import { readModel, storedDigest } from '../model/file.js';
import type { SharedForest } from './share.js';
import { inSharedMemory } from './workers.js';

export interface LoadInput {
  /** A path, or the file's bytes. */
  readonly source: string | Uint8Array;
  readonly compile: CompileOptions | undefined;
}

export type FromLoadThread =
  | {
      readonly kind: 'loaded';
      readonly bytes: Uint8Array;
      readonly digest: string;
      readonly forest: SharedForest;
    }
  | { readonly kind: 'refused'; readonly code: ForestErrorCode; readonly detail: string };

function load({ source, compile }: LoadInput): void {
  const bytes = inSharedMemory(typeof source === 'string' ? readFileSync(source) : source);
  const { schema, parameters, bins, trees, calibration, intervals, parts, attached } =
    readModel(bytes);
  const { table, ...rest } = compileForest({ bins, parts, trees, calibration }, compile, true);
  const compiled = { ...rest, table: table && inSharedMemory(table) };
  // Trees and what is attached are views of `bytes`; they stay views of it on the other side.
  const made = { schema, parameters, bins, trees, calibration, intervals, parts, attached };
  send({ kind: 'loaded', bytes, digest: storedDigest(bytes), forest: { ...made, compiled } });
}

function send(message: FromLoadThread): void {
  parentPort!.postMessage(message);
}

try {
  load(workerData as LoadInput);
} catch (error) {
  if (!(error instanceof ForestError)) throw error;
  send({ kind: 'refused', code: error.code, detail: error.detail });
}
