/*
 * Files that somebody sent to be learned from. Their names on disk are made here; what the client calls a
 * file is kept as data, and no text of a client ever becomes a path.
 *
 *   body ──▶ files/<id>.part ──complete──▶ files/<id>, and files/<id>.json that tells of it
 *                 └── too large, cut off, no room: removed
 *
 * The bound on all files together is held by the sizes that are on disk, so that several processes keep
 * it: an upload takes the room that its head announces before its first byte.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeFileAtomically } from '@adscale/forest/node';
import { ProblemError } from '../problem/problem.js';

/** A file that is there, as it is told of. */
export interface StoredFile {
  readonly id: string;
  /** What the client calls it. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly uploaded_at: string;
}

/** How much may be sent. */
export interface UploadLimits {
  /** Most bytes of one file. */
  readonly fileBytes: number;
  /** Most bytes of all files together. */
  readonly totalBytes: number;
}

/** An upload without a length looks for room again after so many bytes. */
const LOOK_BYTES = 8 * 2 ** 20;
/** What an upload that was cut with its process leaves is removed when nobody wrote to it for so long. */
const ABANDONED_MS = 2 * 60 * 60 * 1000;
/** What the system says when there is no room: of the disk, of its owner's share, of one file. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** A DuckDB file holds views, which read other files of the machine when somebody looks at them. */
const DUCKDB = Buffer.from('DUCK');
const DUCKDB_AT = 8;

/** Ids sort by time. */
const ID = /^[0-9a-z]{8,9}-[0-9a-f]{12}$/;

/** A new id. @param now milliseconds since 1970 */
export function newId(now: number): string {
  return `${now.toString(36).padStart(8, '0')}-${randomBytes(6).toString('hex')}`;
}

/** Whether a text can be an id: only such ever becomes a part of a path. */
export const isId = (text: string): boolean => ID.test(text);

/** What an upload is read from. */
export interface UploadSource {
  readonly body: Readable;
  /** Bytes that its head announces; undefined if it does not. */
  readonly announced: number | undefined;
  /** Rejects when nobody is to wait for the rest. */
  readonly stopped: Promise<never>;
}

/** The files of the upload folder. */
export class Uploads {
  private readonly folder: string;

  constructor(
    folder: string,
    private readonly limits: UploadLimits,
    private readonly now: () => number,
  ) {
    this.folder = join(folder, 'files');
  }

  /**
   * Keeps a body as a file. What is refused or cut off leaves nothing.
   * @throws ProblemError UPLOAD_TOO_LARGE, UPLOADS_FULL, UPLOAD_REFUSED
   */
  async take(name: string, source: UploadSource): Promise<StoredFile> {
    const { fileBytes } = this.limits;
    if ((source.announced ?? 0) > fileBytes) throw this.tooLarge();
    const id = newId(this.now());
    const part = join(this.folder, `${id}.part`);
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const { bytes, sha256 } = await this.write(part, source);
      const uploaded_at = new Date(this.now()).toISOString();
      const file = { id, name, bytes, sha256, uploaded_at };
      await rename(part, this.pathOf(id));
      await writeFileAtomically(join(this.folder, `${id}.json`), JSON.stringify(file));
      return file;
    } catch (error) {
      await Promise.all([part, this.pathOf(id)].map((path) => rm(path, { force: true })));
      throw roomProblem(error);
    }
  }

  /** All files, the newest first. */
  async list(): Promise<StoredFile[]> {
    const names = await this.names();
    const ids = names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
    const files = await Promise.all(
      ids
        .sort()
        .reverse()
        .map((id) => this.find(id)),
    );
    return files.filter((file) => file !== undefined);
  }

  /** @returns undefined if there is none */
  async find(id: string): Promise<StoredFile | undefined> {
    if (!isId(id)) return undefined;
    try {
      return JSON.parse(await readFile(join(this.folder, `${id}.json`), 'utf8')) as StoredFile;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Where a file's bytes are. @param id of one that was found */
  pathOf(id: string): string {
    return join(this.folder, id);
  }

  /** Removes a file. @param id of one that was found */
  async remove(id: string): Promise<void> {
    // What tells of it goes first: what is left without is not listed.
    for (const path of [`${id}.json`, id]) await rm(join(this.folder, path), { force: true });
  }

  /** Bytes that all files take, those that are coming included. */
  async usedBytes(): Promise<number> {
    let sum = 0;
    for (const name of await this.names()) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) continue;
      const isAbandoned = name.endsWith('.part') && this.now() - found.mtimeMs > ABANDONED_MS;
      if (isAbandoned) await rm(path, { force: true });
      else sum += found.size;
    }
    return sum;
  }

  private async names(): Promise<string[]> {
    return readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }

  private async write(
    path: string,
    { body, announced, stopped }: UploadSource,
  ): Promise<{ bytes: number; sha256: string }> {
    const file = await open(path, 'wx+', 0o600);
    try {
      if (announced !== undefined) await file.truncate(announced);
      await this.checkRoom();
      const hash = createHash('sha256');
      const reading = body.iterator({ destroyOnReturn: false });
      let bytes = 0;
      let looked = announced ?? 0;
      for (;;) {
        const { done, value } = await Promise.race([reading.next(), stopped]);
        if (done) break;
        const chunk = value as Buffer;
        if (bytes + chunk.length > this.limits.fileBytes) throw this.tooLarge();
        hash.update(chunk);
        await writeAll(file, chunk, bytes);
        bytes += chunk.length;
        if (bytes - looked > LOOK_BYTES) await this.checkRoom();
        looked = Math.max(looked, bytes - (bytes % LOOK_BYTES));
      }
      if (bytes === 0) throw refused('it is empty');
      await file.truncate(bytes);
      await this.checkRoom();
      await checkKind(file);
      await file.sync();
      return { bytes, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  }

  private async checkRoom(): Promise<void> {
    const { totalBytes } = this.limits;
    if ((await this.usedBytes()) <= totalBytes) return;
    const detail = `All files together may take UPLOAD_TOTAL_BYTES, ${totalBytes} bytes. Delete some that are not needed.`;
    throw new ProblemError('UPLOADS_FULL', { detail });
  }

  private tooLarge(): ProblemError {
    const detail = `Send at most ${this.limits.fileBytes} bytes (UPLOAD_LIMIT_BYTES): fewer rows or columns, a packed file, or Parquet.`;
    return new ProblemError('UPLOAD_TOO_LARGE', { detail });
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let from = 0; from < chunk.length;) {
    from += (await file.write(chunk, from, chunk.length - from, at + from)).bytesWritten;
  }
}

async function checkKind(file: FileHandle): Promise<void> {
  const { buffer } = await file.read(Buffer.alloc(DUCKDB.length), 0, DUCKDB.length, DUCKDB_AT);
  if (!buffer.equals(DUCKDB)) return;
  throw refused(
    'it is a DuckDB database, whose views read other files; export the table as Parquet',
  );
}

function refused(reason: string): ProblemError {
  return new ProblemError('UPLOAD_REFUSED', { detail: `The file cannot be taken: ${reason}.` });
}

/** That the disk is full is something that an administrator can mend. */
export function roomProblem(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!NO_ROOM.has(code ?? '')) return error;
  const detail = 'The disk of UPLOAD_DIR is full. Nothing was kept; make room, and send it again.';
  return new ProblemError('UPLOADS_FULL', { detail, cause: error });
}
