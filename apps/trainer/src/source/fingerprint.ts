import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Database } from './database.js';
import type { Source } from './source.js';

/**
 * Tells whether two models saw the same data: SHA-256 over name, size and bytes of each file, in
 * order; of a query over no file, over the number of its rows and an order-blind hash of them.
 * @returns "sha256:" and 64 hexadecimal digits
 */
export async function fingerprint(
  database: Database,
  source: Source,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, bytes } of source.files) {
    hash.update(`${basename(path)}\0${bytes}\0`);
    for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
    }
  }
  if (source.format === 'query') {
    const rows = await database.row(
      `SELECT count(*) AS rows, bit_xor(hash(r)) AS mixed, sum(hash(r)) AS total FROM (${source.query}) r`,
    );
    hash.update(`${source.name}\0${JSON.stringify(rows)}`);
  }
  return `sha256:${hash.digest('hex')}`;
}
