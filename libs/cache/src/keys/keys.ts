import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import { CacheError } from '../errors.js';

/**
 * What a model calls one of its cells: a safe integer from 0, or a non-empty text where it has more
 * cells than there are safe integers. An exact key is such a text, too.
 */
export type CellKey = number | string;

/**
 * What answers may be kept under. `cell`: everything the model cannot tell apart shares one answer.
 * `exact`: only requests that are the same in every number do.
 */
export const keyKinds = ['cell', 'exact'] as const;
export type KeyKind = (typeof keyKinds)[number];

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
  checkDigest(modelDigest);
  const named = typeof cell === 'number' ? Number.isSafeInteger(cell) && cell >= 0 : cell !== '';
  if (!named) {
    throw new CacheError('KEY_INVALID', `cell must be a safe integer from 0 or text, got ${cell}`);
  }
  // UTF-16, because a cell's text may hold halves of surrogate pairs, which UTF-8 makes all alike.
  const text = `${modelDigest}:${typeof cell}:${cell}`;
  return createHash('md5').update(text, 'utf16le').digest('hex');
}

/**
 * The name of one request to one model: the MD5 of their canonical JSON. Two records have the same
 * name when they are equal as JSON values, in whatever order and notation they were written; a
 * cent more is another name. See `canonicalJson` for what a record may be.
 * @param modelDigest digest of the model file, any non-empty text
 * @returns 32 lower-case hex digits
 * @throws CacheError KEY_INVALID when the digest is empty or the record is not plain JSON
 */
export function exactKey(modelDigest: string, record: unknown): string {
  checkDigest(modelDigest);
  const text = canonicalJson({ model: modelDigest, record });
  return createHash('md5').update(text, 'utf8').digest('hex');
}

function checkDigest(modelDigest: string): void {
  if (modelDigest === '') throw new CacheError('KEY_INVALID', 'modelDigest must not be empty');
}
