export { loadForest, saveForest, writeFileAtomically } from './files.js';
export { fitParallel, type ThreadOptions } from './threads.js';
