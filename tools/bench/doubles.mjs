// Columns of little-endian doubles in a file: how benchmark data goes to another process.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes that one call to the system takes. */
const CHUNK = 2 ** 28;

/** Writes columns one after the other. */
export function writeDoubles(path, columns) {
  const file = openSync(path, 'w');
  try {
    for (const { buffer, byteOffset, byteLength } of columns) {
      for (let at = 0; at < byteLength; at += CHUNK) {
        const length = Math.min(CHUNK, byteLength - at);
        writeAll(file, new Uint8Array(buffer, byteOffset + at, length));
      }
    }
  } finally {
    closeSync(file);
  }
}

function writeAll(file, bytes) {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Reads `count` columns of `rows` doubles, each into memory of its own. */
export function readDoubles(path, count, rows) {
  const file = openSync(path, 'r');
  try {
    return Array.from({ length: count }, () => {
      const column = new Float64Array(rows);
      const bytes = new Uint8Array(column.buffer);
      for (let at = 0; at < bytes.length;) {
        const read = readSync(file, bytes, at, Math.min(CHUNK, bytes.length - at), null);
        if (read === 0) throw new Error(`${path} ends before ${count} columns of ${rows} rows`);
        at += read;
      }
      return column;
    });
  } finally {
    closeSync(file);
  }
}
