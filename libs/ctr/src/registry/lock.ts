/*
 * One process at a time changes what a registry says. The lock is a file that tells its owner; it
 * comes into being complete, as a second name of a file that was written before:
 *
 *   write .lock-<host>-<pid>-<id>  ──link──▶  lock      fails if there is one: wait, try again
 *
 * A lock whose owner is gone is removed by whoever holds `lock.break`, which is a lock of the same
 * kind. Two that find it stale can therefore not remove one after another, the second one the
 * lock that the first one has taken by then.
 *
 * It is held for milliseconds: nobody writes a model or deletes one meanwhile. A holder that
 * stands still for longer than PATIENCE is overtaken; each file is still replaced whole then, and
 * the last to write wins.
 */
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CtrError } from '../errors.js';
import { isGone, scratchName, thisProcess, type Owner } from './owner.js';

const LOCK = 'lock';
/** Milliseconds after which a lock counts as left behind, whoever its owner is. */
const PATIENCE = 30_000;
/** Milliseconds that a change waits for its turn: long enough to see a lock become stale. */
const WAIT = 45_000;

/** A lock as somebody finds it. */
interface HeldLock {
  /** Its whole text, which no two locks share. */
  readonly text: string;
  readonly owner: Owner;
  /** Milliseconds. */
  readonly age: number;
}

/**
 * Runs `work` while nobody else, in this process or another, does so on the same folder. Not to be
 * nested: the inner one would wait for the outer one.
 * @param wait milliseconds that it may have to wait for its turn
 * @throws CtrError REGISTRY_BUSY if its turn does not come
 */
export async function exclusively<T>(
  folder: string,
  work: () => Promise<T>,
  wait = WAIT,
): Promise<T> {
  const path = join(folder, LOCK);
  const text = await acquire(folder, path, Date.now() + wait);
  try {
    return await work();
  } finally {
    await release(path, text);
  }
}

/** @returns the lock's text, which says that it is ours */
async function acquire(folder: string, path: string, deadline: number): Promise<string> {
  const name = scratchName('lock');
  const text = `${JSON.stringify({ ...thisProcess(), since: new Date().toISOString(), name })}\n`;
  const scratch = join(folder, name);
  try {
    await writeFile(scratch, text, { flag: 'wx' });
    while (!(await take(scratch, path))) await waitFor(folder, path, deadline);
    return text;
  } finally {
    await rm(scratch, { force: true });
  }
}

async function take(scratch: string, path: string): Promise<boolean> {
  try {
    await link(scratch, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function waitFor(folder: string, path: string, deadline: number): Promise<void> {
  const held = await look(path);
  if (held === undefined) return;
  if (isGone(held.owner, held.age, PATIENCE)) return removeStale(folder, path, held, deadline);
  if (Date.now() > deadline) {
    const { pid, host } = held.owner;
    throw new CtrError(
      'REGISTRY_BUSY',
      `${path} is held by process ${pid} on ${host}; try again when it is done`,
    );
  }
  await sleep(2 + 18 * Math.random());
}

async function removeStale(
  folder: string,
  path: string,
  { text }: HeldLock,
  deadline: number,
): Promise<void> {
  const breaker = `${path}.break`;
  const mine = await acquire(folder, breaker, deadline);
  try {
    // Only holders of the breaker remove others' locks: what is still there now stays until then.
    await release(path, text);
  } finally {
    await release(breaker, mine);
  }
}

/** Removes the lock with this text; another one stays. */
async function release(path: string, text: string): Promise<void> {
  if ((await look(path))?.text === text) await rm(path, { force: true });
}

async function look(path: string): Promise<HeldLock | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, owner: ownerIn(text), age: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A power cut may leave a lock without its text: then age alone tells. */
function ownerIn(text: string): Owner {
  try {
    const { host, pid } = JSON.parse(text) as Partial<Owner>;
    if (typeof host === 'string' && Number.isInteger(pid)) return { host, pid: pid! };
  } catch {
    // Not a text of ours.
  }
  return { host: '', pid: 0 };
}
