export type { ImportOptions } from '../exchange/assemble.js';
export { toOnnx, type OnnxOptions } from './export.js';
export { fromOnnx } from './import.js';
export type {
  CategoryField,
  CrossField,
  FieldStatistics,
  IdField,
  NumberField,
  ParentField,
  RecordField,
  WordField,
} from './record.js';
