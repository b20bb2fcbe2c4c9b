/*
 * What answers are kept under. Records are flat, so JSON.stringify writes their canonical JSON when
 * it is told the order of the fields. `canonicalize` (4.0.0) is not used: it refuses halves of
 * surrogate pairs, which a category may hold, and writes every Map and Set as `{}`.
 */
import { createHash } from 'node:crypto';
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

const PLAIN = new Set(['string', 'boolean', 'undefined']);

/** A request's fields by name, without lists or objects in it. */
export type FlatRecord = Readonly<Record<string, string | number | boolean | null | undefined>>;

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
  // Colons of the digest are doubled, so that the first single one is where the digest ends.
  const text = `${modelDigest.replaceAll(':', '::')}:${typeof cell}:${cell}`;
  // UTF-16, because a cell's text may hold halves of surrogate pairs, which UTF-8 makes all alike.
  return createHash('md5').update(text, 'utf16le').digest('hex');
}

/**
 * The name of one request to one model: the MD5 of digest and record as canonical JSON (RFC 8785),
 * the fields sorted by name. Two records have the same name when they are equal as JSON values, in
 * whatever order and notation they were written: 1, 1.0 and 1e0 are one number and -0 is 0, a cent
 * more is another name. A field that is undefined counts as absent. Unlike the RFC it takes halves
 * of surrogate pairs.
 * @param modelDigest digest of the model file, any non-empty text
 * @returns 32 lower-case hex digits
 * @throws CacheError KEY_INVALID when the digest is empty or a field has no JSON text of its own
 */
export function exactKey(modelDigest: string, record: FlatRecord): string {
  checkDigest(modelDigest);
  const names = Object.keys(record).sort();
  for (const name of names) checkField(name, record[name]);
  // JSON.stringify writes a flat record canonically when it is given the names in order.
  const text = `{"model":${JSON.stringify(modelDigest)},"record":${JSON.stringify(record, names)}}`;
  return createHash('md5').update(text, 'utf8').digest('hex');
}

function checkDigest(modelDigest: string): void {
  if (modelDigest === '') throw new CacheError('KEY_INVALID', 'modelDigest must not be empty');
}

function checkField(name: string, value: FlatRecord[string]): void {
  if (typeof value === 'number' ? Number.isFinite(value) : PLAIN.has(typeof value)) return;
  if (value === null) return;
  const wanted = 'a text, a finite number, true, false or null';
  throw new CacheError('KEY_INVALID', `${name} must be ${wanted}, got ${typeof value} ${value}`);
}
