import { byteOffset, type TrainingSet } from '../src/data/grouping.js';
import { Kernels } from '../src/kernels/kernels.js';

/** A sorted record of a training set, read apart without the kernels. */
export interface SortedRecord {
  readonly row: number;
  readonly opens: boolean;
  readonly codes: number[];
  readonly target: number;
  readonly weight: number | null;
}

/** All sorted records. */
export function recordsOf(set: TrainingSet): SortedRecord[] {
  const { rows, bins, fields, wordsPerRow, weighted, counted, records } = set;
  const rowAt = 8 * (1 + +weighted + +counted);
  const step = Math.ceil((rowAt + 4 + 4 * wordsPerRow) / 8) * 8;
  const bytes = new DataView(new Kernels(set.memory!).memory.buffer);
  return Array.from({ length: rows }, (_, position) => {
    const at = records + position * step;
    const row = bytes.getUint32(at + rowAt, true);
    const codes = bins.map((_, f) => {
      const place = at + rowAt + 4 + byteOffset(fields, f);
      return bytes.getUint16(place, true) & fields.mask[f];
    });
    return {
      row: row & 0x7fffffff,
      opens: row >= 0x80000000,
      codes,
      target: bytes.getFloat64(at, true),
      weight: weighted ? bytes.getFloat64(at + 8, true) : null,
    };
  });
}
