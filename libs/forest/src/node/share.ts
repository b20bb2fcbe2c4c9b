/*
 * A forest for other threads: what it is made of, as plain objects and arrays that `postMessage` takes.
 * Arrays in shared memory, as `loadCompiled` gives them, are not copied on the way, and the other side
 * checks and compiles nothing: it only wraps them.
 */
import type { CompiledParts } from '../serve/compile.js';
import { Forest } from '../model/forest.js';

/** Plain data. */
export type SharedForest = Pick<
  Forest,
  'schema' | 'parameters' | 'bins' | 'trees' | 'calibration' | 'intervals' | 'parts' | 'attached'
> & { readonly compiled: CompiledParts };

/** What another thread makes the same forest of by `receiveForest`. Compiles the forest, if nobody has. */
export function shareForest(forest: Forest): SharedForest {
  const { schema, parameters, bins, trees, calibration, intervals, parts, attached } = forest;
  const compiled = forest.compiledParts(true);
  return { schema, parameters, bins, trees, calibration, intervals, parts, attached, compiled };
}

/** The forest that another thread has shared. Its `compile()` without options is done. */
export function receiveForest(shared: SharedForest): Forest {
  const { schema, parameters, bins, trees, calibration, intervals, ...extras } = shared;
  return new Forest(schema, parameters, bins, trees, calibration, intervals, extras);
}
