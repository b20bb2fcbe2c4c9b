export type { ImportOptions } from '../exchange/assemble.js';
export { toOnnx } from './export.js';
export { fromOnnx } from './import.js';
