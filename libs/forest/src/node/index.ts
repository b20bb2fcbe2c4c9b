export { boostMoreParallel, boostParallel } from './boost-threads.js';
export { loadForest, saveForest, writeFileAtomically } from './files.js';
export { loadCompiled, type LoadedModel, type LoadOptions } from './load.js';
export { receiveForest, shareForest, type SharedForest } from './share.js';
export { fitParallel, type ThreadOptions } from './threads.js';
