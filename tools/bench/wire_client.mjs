// A client that costs a fraction of what it measures: requests are bytes made beforehand, answers
// are cut by content-length and not parsed further. One request at a time on each connection.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** The bytes of a request. */
export function requestBytes(path, body, headers = {}) {
  const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${extra.join('')}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/**
 * Sends `requests` over and over from `connections` connections until `seconds` have passed.
 * @param onAnswer called with status and body of every answer, if given
 * @returns {Promise<{count: number, failed: number, seconds: number, latencies: Float64Array}>}
 *   failed: any status but 200; latencies: milliseconds, ascending
 * @throws Error when the server ends a connection
 */
export function sendFor({ port, requests, connections, seconds, onAnswer }) {
  const end = performance.now() + 1e3 * seconds;
  const next = (i) => (performance.now() < end ? requests[i % requests.length] : undefined);
  return sendAll({ port, next, connections, onAnswer });
}

/**
 * Sends what `next` gives for 0, 1, 2 … from `connections` connections, until that is undefined.
 * Otherwise as `sendFor`.
 */
export async function sendAll({ port, next, connections, onAnswer }) {
  const latencies = [];
  let sent = 0;
  let failed = 0;
  const start = performance.now();
  const client = {
    next: () => next(sent++),
    onAnswer: (answer, latency) => {
      latencies.push(latency);
      if (answer.status !== 200) failed++;
      onAnswer?.(answer);
    },
  };
  await Promise.all(Array.from({ length: connections }, () => runConnection(port, client)));
  return {
    count: latencies.length,
    failed,
    seconds: (performance.now() - start) / 1e3,
    latencies: Float64Array.from(latencies).sort(),
  };
}

/** Resolves when there is no next request. */
function runConnection(port, { next, onAnswer }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    let sentAt = 0;
    let pending = Buffer.alloc(0);
    const send = () => {
      const bytes = next();
      if (bytes === undefined) return socket.end(resolve);
      sentAt = performance.now();
      socket.write(bytes);
    };
    const receive = (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const answer = cut(pending);
      if (answer === undefined) return;
      onAnswer(answer, performance.now() - sentAt);
      pending = pending.subarray(answer.end);
      send();
    };
    socket.on('connect', send).on('data', receive).on('error', reject);
    // After `end` this comes too late to matter.
    socket.on('close', () => reject(new Error('the server ended a connection')));
  });
}

/** Status, body and end of the answer that `bytes` begins with, when all of it is there. */
function cut(bytes) {
  const head = bytes.indexOf(HEAD_END);
  if (head < 0) return undefined;
  const text = bytes.latin1Slice(0, head);
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
  const end = head + 4 + length;
  if (!(bytes.length >= end)) return undefined;
  return {
    status: Number(text.slice(9, 12)),
    body: () => bytes.utf8Slice(head + 4, end),
    end,
  };
}
