import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hangUp } from '../connections.js';
import { type ProblemCode, catalogue } from './catalogue.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';

const BY_NODE_CODE: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

/** A request that no route saw, because it was not readable or asked for what is not offered. */
export interface Unreadable {
  readonly id: string;
  readonly code: ProblemCode;
  readonly status: number;
}

/** Connections whose request may take any time, because it is answered while it arrives. */
const patient = new WeakSet<Socket>();
/** Connections on which the last answer is given, or waits for its turn. */
const ended = new WeakSet<Socket>();

/**
 * Lifts Node's time limit from the request that `socket` is in the middle of.
 * @returns to be called when that is answered
 */
export function liftRequestTimeout(socket: Socket): () => void {
  patient.add(socket);
  return () => void patient.delete(socket);
}

/**
 * Answers what Node could not read as a request, or not in time, and hangs up: what follows on the
 * connection could not be told apart from the rest of the broken request.
 * @param underWay the responses of the connection that are not over
 * @param onAnswered called for each that no route saw; the others are logged and counted as usual
 */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  underWay: readonly ServerResponse[],
  onAnswered: (unreadable: Unreadable) => void = () => {},
): void {
  const isAnswered = patient.has(socket);
  // Node says so once and leaves the connection as it is.
  if (isAnswered && error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return;
  // Node repeats itself while the rest of a broken request comes, though all is said already.
  if ((socket.writableEnded || ended.has(socket)) && error.code !== 'ECONNRESET') return;
  const code = BY_NODE_CODE[error.code ?? ''] ?? 'MALFORMED_REQUEST';
  const broken = underWay.find(({ req }) => !req.complete);
  // A second answer in the middle of the first would pass for a part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswered || broken?.headersSent) {
    socket.destroy();
  } else if (broken !== undefined) refuseIncomplete(broken, code);
  else {
    ended.add(socket);
    const id = randomUUID();
    answerAfter(underWay.at(-1), socket, textOf(code, id));
    onAnswered({ id, code, status: catalogue[code].status });
  }
}

/**
 * Answers a request that is not complete with a problem, as the last one of its connection. It is
 * logged and counted like other answers.
 */
export function refuseIncomplete(response: ServerResponse, code: ProblemCode): void {
  const body = JSON.stringify(problemBody(code));
  response.shouldKeepAlive = false;
  response.writeHead(catalogue[code].status, {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Answers in turn: what was asked before on the same connection is answered before. */
function answerAfter(earlier: ServerResponse | undefined, socket: Socket, text: string): void {
  const answer = () => {
    if (socket.writable) socket.write(text);
    hangUp(socket);
  };
  if (earlier === undefined) answer();
  else earlier.once('close', answer);
}

function textOf(code: ProblemCode, id: string): string {
  const { status } = catalogue[code];
  const body = JSON.stringify(problemBody(code, {}, id));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
