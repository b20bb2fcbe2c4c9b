import { hash, timingSafeEqual } from 'node:crypto';
import { SCOPES, type Scope } from './scopes.js';

/** A key that callers may use: its name for the log, what it may do, and what it hashes to. */
export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key: the key itself is known to its caller alone. */
  readonly digest: Buffer;
}

/** What `API_KEYS` must look like, as an error says it. */
export const API_KEYS_WANTED = `entries such as bidder:predict:<SHA-256 in hex> or ops:predict+admin:<SHA-256>, separated by commas; names differ, scopes are ${SCOPES.join(', ')}`;

const ENTRY = /^([\w.-]{1,64}):([a-z+]+):([0-9a-f]{64})$/i;

/**
 * Reads `name:scope+scope:sha256,…`. An empty text holds no keys.
 * @returns undefined when an entry is malformed, a scope unknown or a name used twice
 */
export function parseApiKeys(text: string): readonly ApiKey[] | undefined {
  const keys: ApiKey[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, name, scopes, digest] = ENTRY.exec(entry) ?? [];
    if (name === undefined || keys.some((key) => key.name === name)) return undefined;
    const named = scopes.split('+').map((scope) => SCOPES.find((known) => known === scope));
    if (named.includes(undefined)) return undefined;
    keys.push({ name, scopes: named as Scope[], digest: Buffer.from(digest, 'hex') });
  }
  return keys;
}

/**
 * Finds the key that a caller presented; undefined if it is none of `keys`. The presented text is
 * hashed and then compared with every key in constant time, so that the time of an answer does not
 * tell how close a guess was. A fast hash is enough, because keys are drawn at random.
 */
export function findApiKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const digest = hash('sha256', presented, 'buffer');
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}

const BEARER = /^bearer +(\S.*)$/i;

/** The key in a header `authorization: Bearer <key>`; the scheme may be in any case (RFC 9110, 11.1). */
export function bearerKey(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}
