import { createHash } from 'node:crypto';
import type { CtrTable } from '../table/table.js';

/** `sha256:…` of a table's names and numbers: equal tables have the same, others never. */
export function fingerprintOf({ features, impressions, clicks }: CtrTable): string {
  const hash = createHash('sha256').update(JSON.stringify(features.schema));
  for (const column of [...features.values, impressions, clicks]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}
