/*
 * One retraining at a time, by an object, `retrain.json`, that says who holds it. Every write is on the
 * condition that it is as it was read:
 *
 *   none, or free ──▶ held by us ──BEAT──▶ held by us, one beat later ──▶ … ──▶ free
 *   held by another, the same ETag for PATIENCE by our own clock ──▶ held by us
 *
 * A beat that finds the lease in other hands tells so: whoever lost it can change the registry no more
 * until its work ends. No two clocks are compared. The beats come from a thread, since calculations keep
 * this one busy.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CtrError } from '../errors.js';
import { noteIn, systemClock, type LockOptions } from './lock.js';
import { isAlive, self } from './owner.js';
import { clientSettings, type Objects, type Stored } from '../objects/objects.js';

export const LEASE = 'retrain.json';

/** Milliseconds between two signs of life. */
const BEAT = 10_000;
/** Milliseconds without one after which a holder counts as gone. */
const PATIENCE = 60_000;
/** Milliseconds between two looks at a lease that another one holds. */
const LOOK = 1000;

/** The leases that work of this process holds now, by name. */
const ours = new Set<string>();

/** A lease that is held, or free: then it says nothing. */
interface Note {
  readonly name: string;
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

/**
 * Runs `work`, which may take hours, while nobody else holds the lease. Who holds it is not waited for: it
 * is only watched for a sign of life, for a minute at most.
 * @param onLost called if somebody else has taken the lease meanwhile
 * @throws CtrError RETRAIN_UNDER_WAY; the signal's reason if it is aborted
 */
export async function leased<T>(
  objects: Objects,
  work: () => Promise<T>,
  options: LockOptions,
  onLost: (error: CtrError) => void,
): Promise<T> {
  const name = randomUUID();
  const note = { name, owner: self, host: hostname(), pid: process.pid };
  const text = JSON.stringify({ ...note, since: new Date().toISOString() } satisfies Note);
  ours.add(name);
  const etag = await take(objects, { name, text }, options).catch(async (error: unknown) => {
    ours.delete(name);
    // It may be ours, although no answer said so.
    await release(objects, name);
    throw error;
  });
  const stop = beat(objects, { name, text, etag, every: options.beat ?? BEAT }, () => {
    const detail = `${objects.nameOf(LEASE)} was taken, as this one gave no sign of life`;
    onLost(new CtrError('RETRAIN_UNDER_WAY', detail));
  });
  try {
    return await work();
  } finally {
    await stop();
    ours.delete(name);
    await release(objects, name);
  }
}

/** Resolves with the ETag of the lease when it is ours. */
async function take(
  objects: Objects,
  { name, text }: { readonly name: string; readonly text: string },
  { clock = systemClock, signal }: LockOptions,
): Promise<string> {
  let seen: { readonly etag: string; readonly since: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const held = await read(objects);
    if (held && nameIn(held) === name) return held.etag;
    const now = clock.now();
    const isStale = seen !== undefined && seen.etag === held?.etag && now - seen.since > PATIENCE;
    const lives = held && (isStale ? false : await lifeOf(held));
    // A sign of life while we watch: another ETag, of a lease that is not free.
    const beats = seen !== undefined && seen.etag !== held?.etag;
    if (lives || (held && !isFree(held) && beats)) throw underWay(objects, held);
    if (held === undefined || lives === false) {
      const etag = await objects.put(LEASE, text, held ? { etag: held.etag } : 'absent');
      if (etag !== undefined) return etag;
      continue;
    }
    seen ??= { etag: held.etag, since: now };
    await clock.sleep(LOOK);
  }
}

async function read(objects: Objects): Promise<Stored | undefined> {
  const found = await objects.get(LEASE);
  return found === 'same' ? undefined : found;
}

/** Whether its holder lives; undefined if that cannot be told from here. */
async function lifeOf(held: Stored): Promise<boolean | undefined> {
  const { owner } = noteIn(textIn(held));
  if (isFree(held)) return false;
  // Work of this process that could not free it, or is at it.
  return owner === self ? ours.has(nameIn(held) ?? '') : isAlive(owner);
}

const textIn = ({ bytes }: Stored): string => new TextDecoder().decode(bytes);
const isFree = (held: Stored): boolean => textIn(held).trim() === '{}';

function underWay(objects: Objects, held: Stored): CtrError {
  const { host, pid } = noteIn(textIn(held));
  const detail = `${objects.nameOf(LEASE)} is held by process ${pid} on ${host}; try again when it is done`;
  return new CtrError('RETRAIN_UNDER_WAY', detail);
}

/** Gives signs of life from a thread. @returns ends them */
function beat(
  objects: Objects,
  held: { name: string; text: string; etag: string; every: number },
  onLost: () => void,
): () => Promise<void> {
  const code = `
    const { createRequire } = require('node:module');
    const { parentPort, workerData } = require('node:worker_threads');
    const { from, settings, place, name, text, every } = workerData;
    const sdk = createRequire(from)('@aws-sdk/client-s3');
    const s3 = new sdk.S3Client(settings);
    let { etag } = workerData;
    let beats = 0;
    async function beat() {
      const Body = JSON.stringify({ ...JSON.parse(text), beats: ++beats });
      // As \`spellings\` says.
      for (const IfMatch of new Set([etag, etag.replaceAll('"', '')])) {
        try {
          etag = (await s3.send(new sdk.PutObjectCommand({ ...place, Body, IfMatch }))).ETag;
          return;
        } catch (error) {
          if (![404, 409, 412].includes(error.$metadata?.httpStatusCode)) return;
        }
      }
      const answer = await s3.send(new sdk.GetObjectCommand(place));
      const found = JSON.parse(await answer.Body.transformToString());
      if (found.name === name) etag = answer.ETag;
      else parentPort.postMessage('lost');
    }
    // One after another: of two at once, the second would find that it came too late.
    (async () => {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, every));
        await beat().catch(() => {});
      }
    })();`;
  const workerData = {
    ...held,
    from: import.meta.url,
    settings: clientSettings(),
    place: objects.place(LEASE),
  };
  const thread = new Worker(code, { eval: true, workerData, env: { ...process.env } });
  thread.unref();
  thread.on('message', onLost);
  // A lease without signs of life is one that others may take after a while: no more.
  thread.on('error', () => {});
  return async () => void (await thread.terminate());
}

/** Frees the lease if it is still ours. A lease that cannot be freed is taken for one left behind. */
async function release(objects: Objects, name: string): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const held = await read(objects).catch(() => undefined);
    if (held === undefined || nameIn(held) !== name) return;
    const freed = objects.put(LEASE, '{}', { etag: held.etag });
    if ((await freed.catch(() => undefined)) !== undefined) return;
  }
}

function nameIn(held: Stored): string | undefined {
  try {
    return (JSON.parse(textIn(held)) as Partial<Note>).name;
  } catch {
    return undefined;
  }
}
