import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Stop } from '../batch/chunks.js';
import { type OpenStreams, superviseConnection } from '../batch/open-streams.js';
import { ProblemError } from '../problem/problem.js';
import type { RouteRules } from '../record/route-rules.js';
import type { UploadSource } from './uploads.js';

/** What bodies of uploads are called on their way to the parser for them. */
const UPLOAD_TYPE = 'application/vnd.adscale.upload';

/** Route configuration: the body is a file, which is read while it comes and never held as a whole. */
export const UPLOAD = { lines: true, upload: true } as const satisfies RouteRules & UploadRules;

interface UploadRules {
  readonly upload?: boolean;
}

/**
 * Has routes of uploads take bodies of any type: browsers and `curl` name the same file in many ways. To
 * be called before the first route is added.
 */
export function addUploadBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (!(route.config as UploadRules | undefined)?.upload) return;
    route.onRequest = [route.onRequest ?? [], declareUpload].flat();
  });
  fastify.addContentTypeParser(UPLOAD_TYPE, (request, body, done) => {
    const { upload } = request.routeOptions.config as UploadRules;
    // It may fail, as one that is not packed as it says, before anybody reads it, who is told then.
    body.on('error', () => {});
    if (upload) done(null, body);
    else done(new ProblemError('UNSUPPORTED_MEDIA_TYPE'));
  });
}

function declareUpload(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.raw.headers['content-type'] = UPLOAD_TYPE;
  done();
}

/**
 * Receives a file.
 * @param take is given what comes
 * @returns what `take` gives; undefined if the client hung up
 */
export async function receive<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  supervision: { readonly streams: OpenStreams; readonly idleMs: number },
  take: (source: UploadSource) => Promise<T>,
): Promise<T | undefined> {
  const { body, headers } = request;
  const length = headers['content-length'];
  const announced = length === undefined ? undefined : Number(length);
  let stop!: (stop: Stop) => void;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = ({ code, detail }) => reject(new ProblemError(code, { detail }));
  });
  // Nobody may be waiting when it is stopped.
  stopped.catch(() => {});
  superviseConnection(request, reply, { isWaiting: true, stop }, supervision);
  try {
    const source = body instanceof Readable ? body : Readable.from([]);
    return await take({ body: source, announced, stopped });
  } catch (error) {
    const isGone = request.raw.destroyed && !request.raw.complete;
    if (isGone) return undefined;
    throw error;
  }
}
