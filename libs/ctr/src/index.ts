export type { ModelCard, TrainingRange } from './card.js';
export { clampCtr, MAX_CTR, MIN_CTR, roundCtr } from './clamp.js';
export { CtrError, ctrErrors, type CtrErrorCode } from './errors.js';
export { evaluate, predictTable, type Evaluation, type Fit } from './evaluation.js';
export { CtrModel } from './model.js';
export { Registry } from './registry.js';
export { defaultSchema } from './schema.js';
export {
  checkTable,
  fitInput,
  observedCtr,
  splitTable,
  takeTable,
  type CtrTable,
} from './table.js';
export { defaultFitOptions, trainCtr, type Trained, type TrainOptions } from './training.js';
