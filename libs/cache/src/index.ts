export { PredictionCache, type CacheFigures } from './cache.js';
export { ModelCells, type CacheOptions } from './cells.js';
export { CacheError, type CacheErrorCode } from './errors.js';
export { digestKey, type CellKey } from './keys.js';
