/*
 * All that changes in a registry, in one object, `registry.json`:
 *
 *   { "served": ["20260301-…", "20260228-…"],        the pointer
 *     "versions": { "20260301-…": "9c0d1e2f…", … },  every version, and the SHA-256 of its model file
 *     "rollout": { "canary": null, "shadow": null },
 *     "tags": { "champion": "20260228-…" },
 *     "removed": ["…"],                              versions whose objects may be deleted
 *     "changes": ["…", "…"] }                        names of the last changes, the latest last
 *
 * In one, because a store replaces one object at a time on a condition, and no two: so every change is
 * whole, and none can fall between what another one has looked at and what it does. A promotion and a
 * prune, or two trials, need no lock. A version exists when it stands here: its objects were there before.
 *
 * `changes` tells whoever got no answer to a write, or was told that somebody came first, whether it was
 * written all the same; and makes that no two states look alike, so that an ETag never comes back.
 */
import { CtrError } from '../errors.js';
import { MOST_ROLLBACKS } from './pointer.js';
import { rolloutIn } from './rollout.js';
import type { Edit, Shelf } from './store.js';
import { byAge } from './versions.js';

export const BOOK = 'registry.json';

export interface Book {
  readonly served: readonly string[];
  /** The SHA-256 of the model file of every version, hexadecimal. */
  readonly versions: Readonly<Record<string, string>>;
  /** Looked at when it is asked for: what cannot be read there is mended by a change. */
  readonly rollout: unknown;
  readonly tags: Readonly<Record<string, string>>;
  /** Versions that were removed last, whose objects may not all be deleted yet. */
  readonly removed: readonly string[];
  readonly changes: readonly string[];
}

/** What is not there yet says nothing. */
export const EMPTY_BOOK: Book = {
  served: [],
  versions: {},
  rollout: {},
  tags: {},
  removed: [],
  changes: [],
};

/** So many changes may follow one that got no answer, before it is asked after. */
const MOST_CHANGES = 32;

/**
 * @param name what an error calls it
 * @throws CtrError REGISTRY_BROKEN
 */
export function readBook(bytes: Uint8Array, name: string): Book {
  const broken = (what: string, cause?: unknown) =>
    new CtrError('REGISTRY_BROKEN', `${name} ${what}; put an earlier one back`, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw broken('is not JSON', cause);
  }
  if (!isObject(parsed)) throw broken('does not hold an object');
  // Registries of before name none that were removed.
  const { served, versions, rollout, tags, removed = [], changes } = parsed;
  if (!isTexts(served)) throw broken('holds no list of versions under "served"');
  if (!isTexts(removed)) throw broken('holds no list of versions under "removed"');
  if (!isTexts(changes)) throw broken('holds no list of texts under "changes"');
  for (const [key, texts] of Object.entries({ versions, tags })) {
    if (isObject(texts) && isTexts(Object.values(texts))) continue;
    throw broken(`holds no object of texts under "${key}"`);
  }
  return {
    ...{ served, rollout, removed, changes },
    versions: versions as Record<string, string>,
    tags: tags as Record<string, string>,
  };
}

export function bookText(book: Book): string {
  return `${JSON.stringify(book, null, 2)}\n`;
}

/** What a book says. */
export function shelfOf(book: Book, name: string): Shelf {
  return {
    pointer: async () => book.served,
    versions: async () => Object.keys(book.versions).sort(byAge),
    tags: async () => new Map(Object.entries(book.tags).sort(([a], [b]) => (a < b ? -1 : 1))),
    rollout: async () =>
      rolloutIn(book.rollout, `${name}: rollout`, '; mend it by setting or ending a trial'),
  };
}

/** What a change makes of a book; undefined if it changes nothing. */
export function edited(book: Book, { pointer, rollout, tag }: Edit): Book | undefined {
  if (!pointer && !rollout && !tag) return undefined;
  const tags = { ...book.tags };
  if (tag) {
    const [name, version] = tag;
    if (version === null) delete tags[name];
    else tags[name] = version;
  }
  const served = pointer?.slice(0, 1 + MOST_ROLLBACKS) ?? book.served;
  return { ...book, served, rollout: rollout ?? book.rollout, tags };
}

/** The same, told as a change of this name. */
export function signed(book: Book, change: string): Book {
  return { ...book, changes: [...book.changes, change].slice(-MOST_CHANGES) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
