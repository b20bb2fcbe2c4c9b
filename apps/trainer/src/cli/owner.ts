/*
 * Who a temporary folder belongs to, so that the next run can clear it when its own was killed. A
 * process is known by its number and the time it started, which the next process of that number
 * does not share; both mean something only on the machine, since its last start, and among the
 * processes that see each other. Of any other folder nothing is known but its age.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A process, wherever it runs. */
export interface Owner {
  readonly pid: number;
  /** When it started, as the system counts; empty where that is not known. */
  readonly started: string;
  /** The machine, its start, and the processes that see each other there. */
  readonly place: string;
}

const OWNER_FILE = 'owner.json';

/** Of a folder of which nothing else is known: nobody writes to it any more after a day. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** This process. */
export function thisOwner(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', place: thisPlace() };
}

/** Writes down that a folder belongs to this process. */
export async function markOwned(folder: string): Promise<void> {
  await writeFile(join(folder, OWNER_FILE), JSON.stringify(thisOwner()));
}

/**
 * Removes folders whose processes are dead. Nothing is removed that may belong to a living one,
 * or to somebody else; what cannot be removed is left.
 * @param prefix of their names
 * @param now milliseconds since 1970
 */
export async function clearAbandoned(parent: string, prefix: string, now: number): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      if (await isAbandoned(folder, now)) await rm(folder, { recursive: true, force: true });
    } catch {
      // It went away meanwhile, or is not ours to look at.
    }
  }
}

async function isAbandoned(folder: string, now: number): Promise<boolean> {
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false;
  const owner = await ownerOf(folder);
  if (owner?.place === thisPlace()) return !isAlive(owner);
  return now - (await lastWritten(folder)) > ABANDONED_AFTER;
}

async function ownerOf(folder: string): Promise<Owner | undefined> {
  try {
    const { pid, started, place } = JSON.parse(
      await readFile(join(folder, OWNER_FILE), 'utf8'),
    ) as Partial<Owner>;
    // A number below 1 would stand for a group of processes.
    if (!Number.isInteger(pid) || pid! < 1 || typeof started !== 'string') return undefined;
    return typeof place === 'string' ? { pid: pid!, started, place } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const start = startOf(pid);
  // It has ended, and nobody has asked how.
  if (start === ENDED) return false;
  return start === undefined || started === '' || start === started;
}

/** When anything in a folder was last written, in milliseconds since 1970. */
async function lastWritten(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true });
  const paths = [folder, ...entries.map((entry) => join(folder, entry))];
  const times = await Promise.all(paths.map(async (path) => (await lstat(path)).mtimeMs));
  return Math.max(...times);
}

const ENDED = 'ended';

/** When a process started, in ticks since the machine did; undefined where there is no such list. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program, in parentheses, may hold anything.
    const [, fields] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const [state, ...others] = fields?.split(' ') ?? [];
    return /^[ZX]$/.test(state) ? ENDED : others[18];
  } catch {
    return undefined;
  }
}

function thisPlace(): string {
  const read = (from: () => string): string => {
    try {
      return from().trim();
    } catch {
      return '';
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, namespace].join(' ');
}
