import { createHash } from 'node:crypto';
import { CacheError } from './errors.js';

/**
 * What a model calls one of its cells: a safe integer from 0, or a non-empty text where it has more
 * cells than there are safe integers.
 */
export type CellKey = number | string;

/**
 * The name of one cell of one model, for wherever a key leaves the process (an `ETag`, a shared
 * cache tier). Inside the process the cell itself is the key, which is ten times cheaper.
 *
 * Lossless up to MD5 collisions: two names are equal when the model file and the cell are equal,
 * and then so are the predictions. MD5 is a name here, not a seal: nobody gains by forging one.
 * @param modelDigest digest of the model file, any non-empty text
 * @returns 32 lower-case hex digits
 * @throws CacheError KEY_INVALID when either part could not name a cell
 */
export function digestKey(modelDigest: string, cell: CellKey): string {
  if (modelDigest === '') throw new CacheError('KEY_INVALID', 'modelDigest must not be empty');
  const named = typeof cell === 'number' ? Number.isSafeInteger(cell) && cell >= 0 : cell !== '';
  if (!named) {
    throw new CacheError('KEY_INVALID', `cell must be a safe integer from 0 or text, got ${cell}`);
  }
  // UTF-16, because a cell's text may hold halves of surrogate pairs, which UTF-8 makes all alike.
  const text = `${modelDigest}:${typeof cell}:${cell}`;
  return createHash('md5').update(text, 'utf16le').digest('hex');
}
