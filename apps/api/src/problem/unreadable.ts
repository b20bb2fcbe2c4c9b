import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, catalogue } from './catalogue.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';
import { type Unreadable, answerBrokenRequest } from './socket.js';

/**
 * Has `server` answer with a problem what Node answers by itself with nothing, and tell of it: what
 * is no HTTP, what came too slowly, and CONNECT.
 * @param underWay the responses of a connection that are not over
 * @param onAnswered called for each
 */
export function answerUnreadable(
  server: Server,
  underWay: (socket: Socket) => readonly ServerResponse[],
  onAnswered: (unreadable: Unreadable) => void,
): void {
  const answer = (error: Error, socket: Socket): void =>
    answerBrokenRequest(error, socket, underWay(socket), onAnswered);
  server.on('clientError', (error, socket) => answer(error, socket as Socket));
  // Without a listener, Node closes the connection and nobody hears of it.
  server.on('connect', (_request, socket) => answer(new Error('CONNECT'), socket as Socket));
}

/** Whether a request names its host, as one of HTTP/1.1 must (RFC 9112). */
export function hasHost({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return headers.host !== undefined || httpVersionMinor === 0;
}

/** Refuses a request before anything of it is looked at, and hangs up. */
export function refuseUnread(
  response: ServerResponse,
  code: ProblemCode,
  onAnswered: (unreadable: Unreadable) => void,
): void {
  const { status } = catalogue[code];
  const id = randomUUID();
  const body = JSON.stringify(problemBody(code, {}, id));
  response.writeHead(status, {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    'x-request-id': id,
    connection: 'close',
  });
  response.end(body);
  onAnswered({ id, code, status });
}
