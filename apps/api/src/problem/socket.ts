import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, catalogue } from './catalogue.js';
import { PROBLEM_TYPE, problemBody } from './problem.js';

const BY_NODE_CODE: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

/** Connections whose request may take any time, because it is answered while it arrives. */
const patient = new WeakSet<Socket>();

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
 */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const isAnswered = patient.has(socket);
  // Node says so once and leaves the connection as it is.
  if (isAnswered && error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return;
  // A second answer in the middle of the first would pass for a part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) {
    socket.destroy();
    return;
  }
  const code = BY_NODE_CODE[error.code ?? ''] ?? 'MALFORMED_REQUEST';
  const { status } = catalogue[code];
  const body = JSON.stringify(problemBody(code));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
