import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** A request that says 1 here is told in `server-timing` what took how long. */
const ASKED_BY = 'x-server-timing';

/**
 * Tells who asks for it how long the answer took (https://www.w3.org/TR/server-timing/), in
 * milliseconds: `body` until the last byte of the request's body, `answer` from there on, and `total`
 * until the head of the answer. Who does not ask costs one look at the headers. To be called before
 * other hooks are added, because these are timed too.
 */
export function addServerTiming(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.headers[ASKED_BY] === '1') timeAnswer(request.raw, reply.raw);
    done();
  });
}

function timeAnswer(request: IncomingMessage, response: ServerResponse): void {
  const start = performance.now();
  let read: number | undefined;
  request.once('end', () => (read = performance.now()));
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  // The head is the last that can be told: hooks of the frame would run for every request.
  response.writeHead = (...args: unknown[]) => {
    const now = performance.now();
    const parts =
      read === undefined ? [] : [part('body', read - start), part('answer', now - read)];
    response.setHeader('server-timing', [...parts, part('total', now - start)].join(', '));
    return writeHead(...args);
  };
}

function part(name: string, milliseconds: number): string {
  return `${name};dur=${milliseconds.toFixed(3)}`;
}
