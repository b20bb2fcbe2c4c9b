/*
 * Whose a file of the registry is while somebody works on it. Scratch names and locks carry their
 * process, so that others can tell what a process that was killed has left behind:
 *
 *   <realm>.<pid>.<start>     realm: where process numbers mean the same, as a hash of the machine's
 *                             boot and the PID namespace; start: when the process began, in clock
 *                             ticks after boot. Empty where the system does not tell (no /proc).
 *
 * Two containers number their processes alike and may even share a host name, but no realm.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** This process, in the form above. */
export const self = `${realm()}.${process.pid}.${ownStart()}`;

/**
 * Whether the process that `owner` names is there.
 * @returns undefined if that cannot be told from here, as for another machine or container
 */
export async function isAlive(owner: string): Promise<boolean | undefined> {
  const [realm, pid, start] = owner.split('.');
  if (realm === '' || start === '' || realm !== self.split('.')[0]) return undefined;
  try {
    return startIn(await readFile(`/proc/${pid}/stat`, 'utf8')) === start;
  } catch {
    return isHidden(Number(pid)) ? undefined : false;
  }
}

/** Another user's process may be hidden from /proc (`hidepid`), though it is there. */
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What is scratch: a version in the making or being removed, or a lock not taken yet. */
export type ScratchKind = 'staging' | 'removed' | 'lock';

/** A name that nobody else takes, hidden, and telling its owner. */
export function scratchName(kind: ScratchKind): string {
  return `.${kind}-${self}-${randomUUID()}`;
}

/** The owner that a scratch name tells; undefined if it is none. */
export function ownerOfScratch(name: string): string | undefined {
  return /^\.(?:staging|removed|lock)-(.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(
    name,
  )?.[1];
}

function realm(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot} ${namespace}`).digest('hex').slice(0, 12);
  } catch {
    return '';
  }
}

function ownStart(): string {
  try {
    return startIn(readFileSync('/proc/self/stat', 'utf8'));
  } catch {
    return '';
  }
}

/** The start time in a text of /proc/<pid>/stat; empty for a process that only waits to be reaped. */
function startIn(stat: string): string {
  // Fields count from behind the name, which is in parentheses and may hold anything.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(state) ? '' : fields[18];
}
