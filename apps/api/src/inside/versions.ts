import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { CtrModel, Registry } from '@adscale/ctr';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MODEL_VERSION } from '../logging/request-hooks.js';
import type { ServedModel } from '../model/served-model.js';
import { ProblemError } from '../problem/problem.js';

/** What a version is looked for in. */
export interface VersionParts {
  readonly served: ServedModel;
  readonly registry: Registry;
}

/** Stands for the version that answers here. */
const CURRENT = 'current';
/** At the end of a model file: its own SHA-256. */
const DIGEST_BYTES = 32;

/** The versions that addresses name: those of the registry, and `current`. */
export class Versions {
  constructor(private readonly parts: VersionParts) {}

  /** The name of a version. @throws ProblemError MODEL_NOT_LOADED, MODEL_VERSION_UNKNOWN */
  async named(name: string): Promise<string> {
    const { served, registry } = this.parts;
    if (name === CURRENT) {
      if (served.version === null) throw new ProblemError('MODEL_NOT_LOADED');
      return served.version;
    }
    // A version is a name in this list, never a path.
    if ((await registry.versions()).includes(name)) return name;
    throw new ProblemError('MODEL_VERSION_UNKNOWN');
  }

  /**
   * The model of a version that serves or is tried here: nobody can have others loaded by asking.
   * @throws ProblemError MODEL_NOT_LOADED, MODEL_VERSION_UNKNOWN, VERSION_NOT_LOADED
   */
  async loaded(name: string): Promise<CtrModel> {
    const version = await this.named(name);
    const model = this.parts.served.models().find((model) => model.version === version);
    if (model === undefined) throw new ProblemError('VERSION_NOT_LOADED');
    return model;
  }

  /** Sends the model file of a version, as it lies there. */
  async sendModel(
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const version = await this.named(name);
    const file = await this.open(version, 'model.adsf', 'MODEL_VERSION_UNKNOWN');
    const cache = name === CURRENT ? 'private, no-cache' : 'private, max-age=31536000, immutable';
    void reply.headers({
      [MODEL_VERSION]: version,
      'cache-control': cache,
      'content-disposition': `attachment; filename="${version}.adsf"`,
    });
    return send(file, { etag: digestOf, type: 'application/octet-stream' }, request, reply);
  }

  /** Sends the report of a version. @throws ProblemError NO_REPORT */
  async sendReport(
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const version = await this.named(name);
    const file = await this.open(version, 'report.html', 'NO_REPORT');
    void reply.headers({ [MODEL_VERSION]: version, 'cache-control': 'private, no-cache' });
    return send(file, { etag: stampOf, type: 'text/html; charset=utf-8' }, request, reply);
  }

  /** A file of a folder is opened; one of a bucket is here as a whole. */
  private async open(
    version: string,
    name: string,
    absent: 'MODEL_VERSION_UNKNOWN' | 'NO_REPORT',
  ): Promise<FileHandle | Uint8Array> {
    try {
      const file = await this.parts.registry.fetch(version, name);
      return typeof file === 'string' ? await open(file) : file;
    } catch (cause) {
      const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw isAbsent ? new ProblemError(absent, { cause }) : cause;
    }
  }
}

interface Sent {
  readonly etag: (file: FileHandle | Uint8Array, size: number) => Promise<string>;
  readonly type: string;
}

/** Sends a file, or only says that the client has it already. Closes it. */
async function send(
  file: FileHandle | Uint8Array,
  { etag, type }: Sent,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let isStreamed = false;
  try {
    const size = file instanceof Uint8Array ? file.length : (await file.stat()).size;
    const tag = `"${await etag(file, size)}"`;
    void reply.header('etag', tag).type(type);
    if (request.headers['if-none-match']?.includes(tag)) return reply.status(304).send();
    void reply.header('content-length', size);
    // A body of nothing would be announced as that.
    if (request.method === 'HEAD') return reply.send(Readable.from([]));
    if (file instanceof Uint8Array)
      return reply.send(Buffer.from(file.buffer, file.byteOffset, size));
    isStreamed = true;
    // Closes it at its end, and when the client leaves.
    return reply.send(file.createReadStream({ start: 0, end: Math.max(0, size - 1) }));
  } finally {
    if (!isStreamed && !(file instanceof Uint8Array)) await file.close();
  }
}

async function digestOf(file: FileHandle | Uint8Array, size: number): Promise<string> {
  const from = Math.max(0, size - DIGEST_BYTES);
  if (file instanceof Uint8Array) return Buffer.from(file.subarray(from)).toString('hex');
  const digest = Buffer.alloc(DIGEST_BYTES);
  await file.read(digest, 0, DIGEST_BYTES, from);
  return digest.toString('hex');
}

async function stampOf(file: FileHandle | Uint8Array): Promise<string> {
  if (file instanceof Uint8Array) return createHash('sha256').update(file).digest('base64url');
  const { size, mtimeNs, ino } = await file.stat({ bigint: true });
  return [ino, size, mtimeNs].map((part) => part.toString(36)).join('-');
}
