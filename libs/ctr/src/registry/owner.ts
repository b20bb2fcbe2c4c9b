/*
 * Whose a file of the registry is while somebody works on it: names and locks carry host and
 * process, so that others can tell what a process that was killed has left behind.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

export interface Owner {
  readonly host: string;
  readonly pid: number;
}

/** This process. */
export function thisProcess(): Owner {
  return { host: hostname().replace(/[^\w.-]/g, '_'), pid: process.pid };
}

/**
 * Will the owner not come back? Its own machine knows at once; elsewhere, and where its number is
 * another process's by now, age tells.
 * @param age milliseconds since it last gave a sign of life
 * @param patience milliseconds after which no sign means gone
 */
export function isGone({ host, pid }: Owner, age: number, patience: number): boolean {
  return age > patience || (host === thisProcess().host && !isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What is scratch: a version in the making or being removed, or a lock not taken yet. */
export type ScratchKind = 'staging' | 'removed' | 'lock';

/** A name that nobody else takes, hidden, and telling its owner. */
export function scratchName(kind: ScratchKind): string {
  const { host, pid } = thisProcess();
  return `.${kind}-${host}-${pid}-${randomUUID()}`;
}

/** The owner that a scratch name tells; undefined if it is none. */
export function ownerOfScratch(name: string): Owner | undefined {
  const told =
    /^\.(?:staging|removed|lock)-(.+)-(\d+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const [, host, pid] = told.exec(name) ?? [];
  return host === undefined ? undefined : { host, pid: Number(pid) };
}
