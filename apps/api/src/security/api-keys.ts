import { hash, timingSafeEqual } from 'node:crypto';
import { SCOPES, type Scope } from './scopes.js';

/** A key that callers may use: its name for the log, what it may do, and what it hashes to. */
export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key: the key itself is known to its caller alone. */
  readonly digest: Buffer;
}

/** What `API_KEYS` must look like, for whoever got it wrong. */
export const API_KEYS_WANTED = `entries such as bidder:predict:<SHA-256 in hex> or ops:predict+admin:<SHA-256>, separated by commas; names differ, scopes are ${SCOPES.join(', ')}`;

const ENTRY = /^([\w.-]{1,64}):([a-z+]+):([0-9a-f]{64})$/i;

/**
 * Reads `name:scope+scope:sha256,…`; nothing is no key at all.
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
 * The key that a caller presented, or undefined when it is none of `keys`. Hashed first and then
 * compared with every one in constant time, so that answers tell nothing about how close a guess
 * was. A fast hash is enough: keys are drawn at random, not thought up.
 */
export function findApiKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const digest = hash('sha256', presented, 'buffer');
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
