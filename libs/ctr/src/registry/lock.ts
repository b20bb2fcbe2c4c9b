/*
 * One process at a time changes what a registry says. The lock is a file that tells its owner; it
 * comes into being complete, as a second name of a file that was written before:
 *
 *   write .lock-<owner>-<id>  ──link──▶  lock      fails if there is one: wait, try again
 *
 * While it works, the holder touches the file every BEAT. A waiter takes the lock from a holder
 * whose process is known to be gone, at once, and from one that gave no sign of life while the
 * waiter watched for PATIENCE by its own clock; no two clocks are ever compared. It removes such a
 * lock while it holds `lock.break`, a lock of the same kind. Otherwise two that find a lock stale
 * could remove one after another, the second one the lock that the first has taken by then.
 * (proper-lockfile 4.1.2 does without: in 7 of 100 take-overs by 4 processes, two held it at once.)
 *
 * A retraining takes hours and has a lock of its own (`alone`). Nobody waits for it, it gives its signs of
 * life from a thread, since calculations keep this one busy, and a process that is known to live is never
 * overtaken.
 *
 * A change takes milliseconds: nobody writes a model or deletes one meanwhile. A holder that stands
 * still for longer than PATIENCE, such as a container that is paused, may be overtaken; each file is
 * still replaced whole then, and the last to write wins.
 */
import { link, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { CtrError, type CtrErrorCode } from '../errors.js';
import { isAbsent } from './disk.js';
import { isAlive, scratchName, self } from './owner.js';

/** Milliseconds between a holder's signs of life. */
const BEAT = 4_000;
/** Milliseconds without a sign of life after which a holder counts as gone. */
const PATIENCE = 20_000;
/** Milliseconds that a change waits for its turn: long enough to see a lock and its breaker go stale. */
const WAIT = 45_000;

/** Time in milliseconds, from any beginning. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
  /** Does something again and again, until the function it returns is called. */
  every(ms: number, work: () => Promise<void>): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep,
  every(ms, work) {
    const timer = setInterval(() => void work(), ms);
    return () => clearInterval(timer);
  },
};

export interface LockOptions {
  /** Milliseconds that a change may have to wait for its turn. Default 45,000. */
  readonly wait?: number;
  readonly clock?: Clock;
  /** Milliseconds between the signs of life of long work. Default 4,000. */
  readonly beat?: number;
  /** Ends the wait for a turn; a change that has begun is carried through. */
  readonly signal?: AbortSignal;
}

/** How long a turn is waited for. */
type Patience = Required<Pick<LockOptions, 'clock'>> &
  Pick<LockOptions, 'signal'> & {
    /** By the clock. */
    readonly deadline: number;
    /** The holder works for hours: it is not waited for, nor overtaken as long as its process lives. */
    readonly long?: { readonly beat: number };
  };

/**
 * Runs `work` while nobody else, in this process or another, does so on the same folder. Not to be
 * nested: the inner one would wait for the outer one.
 * @throws CtrError REGISTRY_BUSY if its turn does not come; the signal's reason if it is aborted
 */
export function exclusively<T>(
  folder: string,
  work: () => Promise<T>,
  { wait = WAIT, clock = systemClock, signal }: LockOptions = {},
): Promise<T> {
  return hold(join(folder, 'lock'), work, { clock, signal, deadline: clock.now() + wait });
}

/**
 * Runs `work`, which may take hours, while nobody else holds the lock of this name on the folder. Who holds
 * it is not waited for; only one of whom it is not known whether he lives is watched for a sign of life,
 * which takes 24 seconds at most.
 * @throws CtrError RETRAIN_UNDER_WAY if somebody holds it; the signal's reason if it is aborted
 */
export function alone<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
  { wait = PATIENCE + BEAT, clock = systemClock, beat = BEAT, signal }: LockOptions = {},
): Promise<T> {
  const patience: Patience = { clock, signal, deadline: clock.now() + wait, long: { beat } };
  return hold(join(folder, name), work, patience);
}

/**
 * Gives signs of life from a thread of its own: a calculation may keep this one for longer than others
 * are patient.
 * @param scratch the lock's first name: a lock that another one has taken meanwhile gets none
 */
function beatAside(scratch: string, every: number): () => void {
  const code = `
    const { workerData } = require('node:worker_threads');
    const { futimesSync, openSync } = require('node:fs');
    const file = openSync(workerData.scratch, 'r+');
    setInterval(() => futimesSync(file, new Date(), new Date()), workerData.every);`;
  const thread = new Worker(code, { eval: true, workerData: { scratch, every } });
  thread.unref();
  // A lock without signs of life is one that others may take once this process is gone: no more.
  thread.on('error', () => {});
  return () => void thread.terminate();
}

function beatHere(file: FileHandle, { clock }: Patience): () => void {
  // By its handle: a lock that another one has taken meanwhile gets no sign of life.
  return clock.every(BEAT, () => touch(file));
}

const touch = (file: FileHandle): Promise<void> =>
  file.utimes(new Date(), new Date()).catch(() => {});

async function hold<T>(path: string, work: () => Promise<T>, patience: Patience): Promise<T> {
  const name = scratchName('lock');
  const scratch = join(dirname(path), name);
  const since = new Date().toISOString();
  const text = `${JSON.stringify({ owner: self, host: hostname(), pid: process.pid, since, name })}\n`;
  const file = await open(scratch, 'wx');
  try {
    await file.writeFile(text);
    await new Turn(path, patience).come(scratch);
    await touch(file);
    const stop = patience.long ? beatAside(scratch, patience.long.beat) : beatHere(file, patience);
    try {
      return await work();
    } finally {
      stop();
      await removeLock(path, (held) => held.text === text);
    }
  } finally {
    await file.close();
    await rm(scratch, { force: true });
  }
}

/** A lock as somebody finds it. */
interface HeldLock {
  /** Its whole text, which no two locks share. */
  readonly text: string;
  /** When its holder last gave a sign of life, in milliseconds of that one's clock. */
  readonly beat: number;
}

/** The wait for one's turn. */
class Turn {
  private seen: (HeldLock & { readonly since: number }) | undefined;

  constructor(
    private readonly path: string,
    private readonly patience: Patience,
  ) {}

  /** Resolves when `scratch` has become the lock. @throws CtrError REGISTRY_BUSY */
  async come(scratch: string): Promise<void> {
    while (!(await isLinked(scratch, this.path))) await this.wait();
  }

  private async wait(): Promise<void> {
    const { path, patience } = this;
    const { clock, deadline, signal } = patience;
    signal?.throwIfAborted();
    const held = await look(path);
    if (held === undefined) return;
    if (await this.isStale(held)) {
      const isSame = ({ text, beat }: HeldLock) => text === held.text && beat === held.beat;
      return hold(`${path}.break`, () => removeLock(path, isSame), patience);
    }
    const lives = patience.long && (await isAlive(noteIn(held.text).owner));
    if (lives || clock.now() >= deadline) {
      const { host, pid } = noteIn(held.text);
      const code: CtrErrorCode = patience.long ? 'RETRAIN_UNDER_WAY' : 'REGISTRY_BUSY';
      const detail = `${path} is held by process ${pid} on ${host}; try again when it is done`;
      throw new CtrError(code, detail);
    }
    await clock.sleep(2 + 18 * Math.random());
  }

  private async isStale(held: HeldLock): Promise<boolean> {
    const now = this.patience.clock.now();
    if (this.seen?.text !== held.text || this.seen.beat !== held.beat) {
      this.seen = { ...held, since: now };
    }
    const lives = await isAlive(noteIn(held.text).owner);
    if (now - this.seen.since > PATIENCE) return !(this.patience.long && lives === true);
    return lives === false;
  }
}

async function isLinked(scratch: string, path: string): Promise<boolean> {
  try {
    await link(scratch, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeLock(path: string, isIt: (held: HeldLock) => boolean): Promise<void> {
  const held = await look(path);
  if (held !== undefined && isIt(held)) await rm(path, { force: true });
}

async function look(path: string): Promise<HeldLock | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, beat: mtimeMs };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** What a lock tells. A power cut may leave one without its text; older ones name no owner. */
export function noteIn(text: string): { owner: string; host: string; pid: number } {
  try {
    return { ...UNSIGNED, ...(JSON.parse(text) as object) };
  } catch {
    return UNSIGNED;
  }
}

const UNSIGNED = { owner: '', host: 'unknown', pid: 0 };
