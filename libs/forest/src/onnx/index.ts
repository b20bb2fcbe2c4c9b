export type { ImportOptions } from '../assemble.js';
export { toOnnx } from './export.js';
export { fromOnnx } from './import.js';
