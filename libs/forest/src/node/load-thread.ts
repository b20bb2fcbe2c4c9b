/* What the loading thread runs: it reads, checks and compiles a model file and sends the result. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { compileForest, type CompiledParts, type CompileOptions } from '../serve/compile.js';
import { ForestError, type ForestErrorCode } from '../errors.js';
import type { Forest } from '../model/forest.js';
import { readModel, storedDigest } from '../model/file.js';
import { inSharedMemory } from './workers.js';

export interface LoadInput {
  /** A path, or the file's bytes. */
  readonly source: string | Uint8Array;
  readonly compile: CompileOptions | undefined;
}

type ForestParts = Pick<
  Forest,
  'schema' | 'parameters' | 'bins' | 'trees' | 'calibration' | 'intervals' | 'parts' | 'attached'
>;

export type FromLoadThread =
  | {
      readonly kind: 'loaded';
      readonly bytes: Uint8Array;
      readonly digest: string;
      readonly forest: ForestParts;
      readonly compiled: CompiledParts;
    }
  | { readonly kind: 'refused'; readonly code: ForestErrorCode; readonly detail: string };

function load({ source, compile }: LoadInput): void {
  const bytes = inSharedMemory(typeof source === 'string' ? readFileSync(source) : source);
  const { schema, parameters, bins, trees, calibration, intervals, parts, attached } =
    readModel(bytes);
  const { table, ...rest } = compileForest({ bins, parts, trees, calibration }, compile, true);
  const compiled = { ...rest, table: table && inSharedMemory(table) };
  // Trees and what is attached are views of `bytes`; they stay views of it on the other side.
  const forest = { schema, parameters, bins, trees, calibration, intervals, parts, attached };
  send({ kind: 'loaded', bytes, digest: storedDigest(bytes), forest, compiled });
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
