/*
 * How a body comes, before anybody reads it:
 *
 *   head ──gate──▶ can the body be taken? ──▶ "100 Continue" ──▶ is it packed? ──unpacked──▶ body
 *                         └── 404, 413, 415, 417                     on the way └── 400, 413
 *
 * A client that waits for "100 Continue" is answered only once the gate has let it in, so one that
 * is turned away sends no body at all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Readable, Transform, type TransformCallback, finished } from 'node:stream';
import {
  type BrotliDecompress,
  type Gunzip,
  type Inflate,
  createBrotliDecompress,
  createGunzip,
  createInflate,
} from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isByLine } from '../by-line.js';
import { ProblemError } from '../problem/problem.js';
import type { RouteRules } from './route-rules.js';

/**
 * Lines may be any number, but what unpacks to more than a hundred times its bytes, beyond the first
 * million, is there to keep the service busy. Rows of an export are packed to a tenth or a fiftieth.
 */
const MOST_UNPACKED = 100;
const FREE_BYTES = 1_048_576;

type Unpacker = Gunzip | Inflate | BrotliDecompress;

/** The encodings that bodies may have (RFC 9110, 8.4.1), and what undoes them. */
const UNPACKERS: ReadonlyMap<string, () => Unpacker> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The encodings as a client is told them. */
const ACCEPTED = 'gzip, deflate, br';

/** As Node reads it: other expectations are none that a server could meet. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/**
 * Has bodies unpacked, and expectations answered. Not `@fastify/compress`: it destroys the connection
 * before a broken body is answered, unpacks the rest of one that is too large already, and takes what
 * follows the end of one. To be called before other hooks that look at bodies are added.
 */
export function addIncomingBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, reply, body, done) => {
    const { expect, 'content-encoding': encoding = 'identity' } = request.headers;
    if (expect === undefined && encoding === 'identity') return done(null, body);
    const refusal = refusalOf(request, encoding);
    if (refusal !== undefined) return done(refusal);
    if (expect !== undefined) reply.raw.writeContinue();
    const unpacker = UNPACKERS.get(normal(encoding))?.();
    if (unpacker === undefined) return done(null, body);
    // That is the length before unpacking, and tells whoever reads the body nothing.
    delete request.headers['content-length'];
    return done(null, unpacked(request.raw, reply.raw, unpacker, limitsOf(request)));
  });
}

/** Why nobody wants the body, as far as the head tells. */
function refusalOf(request: FastifyRequest, encoding: string): ProblemError | undefined {
  const { expect, 'content-length': length } = request.headers;
  if (request.is404) return new ProblemError('NOT_FOUND');
  if (expect !== undefined && !CONTINUE.test(expect)) return new ProblemError('EXPECTATION_FAILED');
  if (Number(length) > limitOf(request)) return new ProblemError('BODY_TOO_LARGE');
  if (normal(encoding) === 'identity') return undefined;
  if (!UNPACKERS.has(normal(encoding))) return unsupported(encoding);
  // Fastify sees from the length whether there is a body of no type.
  const isTyped = request.headers['content-type'] !== undefined;
  return isTyped ? undefined : new ProblemError('UNSUPPORTED_MEDIA_TYPE');
}

/** Most bytes of a body. Lines are never held as a whole. */
function limitOf({ routeOptions, headers }: FastifyRequest): number {
  const { config, bodyLimit = Infinity } = routeOptions;
  return isByLine((config as RouteRules).lines, headers['content-type']) ? Infinity : bodyLimit;
}

/** Most bytes of a body before and after it is unpacked. */
interface Limits {
  readonly packed: number;
  readonly unpacked: (packed: number) => number;
}

function limitsOf(request: FastifyRequest): Limits {
  const packed = limitOf(request);
  const unpacked =
    packed === Infinity ? (bytes: number) => FREE_BYTES + MOST_UNPACKED * bytes : () => packed;
  return { packed, unpacked };
}

/** Names of encodings may be written in any case (RFC 9110, 8.4.1). */
function normal(encoding: string): string {
  return encoding.trim().toLowerCase();
}

/** RFC 9110, 15.5.16: the answer says which encodings there are. */
function unsupported(encoding: string): ProblemError {
  const got = JSON.stringify(encoding.slice(0, 64));
  return new ProblemError('UNSUPPORTED_ENCODING', {
    detail: `content-encoding is ${got}; it must be one of ${ACCEPTED}, or absent.`,
    headers: { 'accept-encoding': ACCEPTED },
  });
}

/**
 * The body without its encoding, while it comes. It fails with BODY_TOO_LARGE as soon as more than
 * the limits say came, packed or unpacked: whatever a small body would grow to, no more than that is
 * unpacked. It fails with MALFORMED_ENCODING if it is cut short, broken, or followed by anything.
 */
function unpacked(
  request: IncomingMessage,
  response: ServerResponse,
  unpacker: Unpacker,
  limits: Limits,
): Readable {
  let packed = 0;
  let bytes = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      bytes += chunk.length;
      if (bytes > limits.unpacked(packed)) done(new ProblemError('BODY_TOO_LARGE'));
      else done(null, chunk);
    },
    flush(done: TransformCallback) {
      const left = packed - unpacker.bytesWritten;
      done(left > 0 ? malformed(`${left} bytes follow its end`) : null);
    },
  });
  request.on('data', (chunk: Buffer) => {
    packed += chunk.length;
    // A packed body may be of any length and hold nothing.
    if (packed > limits.packed) body.destroy(new ProblemError('BODY_TOO_LARGE'));
  });
  unpacker.once('error', (error) => body.destroy(malformed(error.message)));
  body.once('close', () => unpacker.destroy());
  // However the request ends, what unpacks it ends too: it holds memory outside of the heap.
  finished(request, { writable: false }, (error) => error && body.destroy(error));
  response.once('close', () => body.destroy());
  // Not `pipeline`: it would destroy the connection together with the body, before the answer.
  return request.pipe(unpacker).pipe(body);
}

function malformed(reason: string): ProblemError {
  return new ProblemError('MALFORMED_ENCODING', {
    detail: `The body is not what content-encoding says, or not all of it: ${reason}.`,
  });
}
