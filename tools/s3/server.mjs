/*
 * A server that speaks as much of the S3 protocol as a registry asks: GET, HEAD, PUT, DELETE and the list
 * of a bucket, in memory, with ETags and conditions.
 *
 *   node tools/s3/server.mjs [--port 9000] [--bucket models] [--key test]
 *
 * An instrument for tests, and for trying a bucket without an account. It is ours because no small server
 * of npm or Debian bookworm was found that keeps conditions on writes: s3rver 3.7.1 ignores them, and
 * rclone 1.60 serves no S3. Debian's radosgw 16.2 keeps them, but wants a cluster of Ceph around it: too
 * much for every test, so it was asked by hand, for what it does on conditions and whether registries in
 * it lose changes. What this one does on a condition is Amazon's documented behaviour: 412 if it does not
 * hold, 404 for If-Match on nothing. It checks no signatures, only the id of the key: `<key>` may do
 * everything, `<key>-reader` may read.
 *
 * Tests make it fail by POST /-/faults, a list of { method, key, nth, what, ms, status, code }: the nth
 * request of this method (WRITE: PUT or DELETE) whose key matches the pattern is
 *   cut       not done, and not answered: the connection ends
 *   mute      done, and not answered
 *   late      not done, not answered, and done when POST /-/late comes
 *   before    not done, nor answered, until the client leaves;  `GET /-/held` answers when it has come
 *   after     done, and not answered until the client leaves;   likewise
 *   refuse    answered with `status` and `code`
 *   drips     answered with headers, and then a byte every 20 milliseconds without end
 *   slow      done after `ms` milliseconds
 *   careless  done whatever its conditions
 *   forgets   done although If-None-Match says that none may be there
 *   bare      done only if If-Match is without quotes, as Ceph does
 * Without `nth`, every one is. GET /-/log tells the requests so far, those answered
 * 304 as such.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    bucket: { type: 'string', default: 'models' },
    key: { type: 'string', default: 'test' },
  },
});

/** Objects by key. */
const objects = new Map();
let log = [];
let faults = [];
let late = [];
let held = [];
let waiting = [];

const escaped = (text) => text.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const xml = (text) => `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;

/** An answer that is an error of S3. */
const refusal = (status, code) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`),
});

function refused(request, bucket) {
  const [, id] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  const isReader = id === `${values.key}-reader`;
  if (id !== values.key && !isReader) return refusal(403, 'InvalidAccessKeyId');
  if (bucket !== values.bucket) return refusal(404, 'NoSuchBucket');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isReader && !isRead) return refusal(403, 'AccessDenied');
  if (/aws-chunked/.test(request.headers['content-encoding'] ?? '')) {
    return refusal(501, 'NotImplemented');
  }
  return undefined;
}

/** What a request does and is answered: at once, so that no two conditions are looked at together. */
function perform({ method, key, query, headers, body }) {
  const found = objects.get(key);
  if (method === 'GET' && key === '') return list(query);
  if (method === 'PUT') return put(key, found, headers, body);
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'MethodNotAllowed');
  if (found === undefined) return refusal(404, 'NoSuchKey');
  const facts = { etag: found.etag, 'last-modified': new Date(found.modified).toUTCString() };
  if (found.by !== undefined) facts['x-amz-meta-by'] = found.by;
  if (headers['if-none-match'] === found.etag) return { status: 304, headers: facts };
  return { status: 200, headers: facts, body: found.bytes };
}

function put(key, found, headers, bytes) {
  const { 'if-none-match': none, 'if-match': match } = headers;
  if (none === '*' && found !== undefined) return refusal(412, 'PreconditionFailed');
  if (match !== undefined && found === undefined) return refusal(404, 'NoSuchKey');
  if (match !== undefined && match !== found.etag) return refusal(412, 'PreconditionFailed');
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  // A test may say how old an object is.
  const modified = Number(headers['x-amz-meta-modified'] ?? Date.now());
  objects.set(key, { bytes, etag, modified, by: headers['x-amz-meta-by'] });
  return { status: 200, headers: { etag } };
}

/** Two objects a page: whoever lists must turn pages. */
function list(query) {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()].sort().filter((key) => key.startsWith(prefix) && key > after);
  const page = keys.slice(0, 2);
  const contents = page.map((key) => {
    const { bytes, etag, modified } = objects.get(key);
    const date = new Date(modified).toISOString();
    return `<Contents><Key>${escaped(key)}</Key><LastModified>${date}</LastModified><ETag>${escaped(etag)}</ETag><Size>${bytes.length}</Size></Contents>`;
  });
  const more = keys.length > page.length;
  const token = more
    ? `<NextContinuationToken>${escaped(page.at(-1))}</NextContinuationToken>`
    : '';
  const facts = `<Name>${values.bucket}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${token}`;
  const body = xml(`<ListBucketResult>${facts}${contents.join('')}</ListBucketResult>`);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

/** The fault that a request meets; undefined for none. */
function faultOf({ method, key }) {
  for (const fault of faults) {
    const isWrite = fault.method === 'WRITE' && (method === 'PUT' || method === 'DELETE');
    if (!isWrite && fault.method !== method) continue;
    if (!new RegExp(fault.key ?? '').test(key)) continue;
    fault.seen = (fault.seen ?? 0) + 1;
    if (fault.nth === undefined || fault.seen === fault.nth) return fault;
  }
  return undefined;
}

function hold(request) {
  held.push(request.url);
  for (const answer of waiting.splice(0)) answer();
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (pathname.startsWith('/-/')) return control(pathname.slice(3), body, response);
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(pathname));
  const { method, headers } = request;
  const asked = { method, key, query: searchParams, headers, body };
  const place = log.push(`${method} ${key}`) - 1;
  const fault = faultOf(asked);
  if (fault?.what === 'slow') await wait(fault.ms);
  if (fault?.what === 'cut') return request.socket.destroy();
  if (fault?.what === 'before') return hold(request);
  if (fault?.what === 'late') {
    late.push(() => perform(asked));
    return request.socket.destroy();
  }
  if (fault?.what === 'careless') asked.headers = {};
  if (fault?.what === 'forgets') asked.headers = { ...headers, 'if-none-match': undefined };
  if (fault?.what === 'bare' && headers['if-match'] !== undefined) {
    const match = headers['if-match'];
    asked.headers = { ...headers, 'if-match': match.startsWith('"') ? 'none' : `"${match}"` };
  }
  const reply =
    fault?.what === 'refuse'
      ? refusal(fault.status, fault.code)
      : (refused(request, bucket) ?? perform(asked));
  if (reply.status === 304) log[place] += ' 304';
  if (fault?.what === 'mute') return request.socket.destroy();
  if (fault?.what === 'after') return hold(request);
  if (fault?.what === 'drips') return drip(response, reply);
  send(response, reply, method === 'HEAD');
}

function drip(response, { status, headers = {} }) {
  response.writeHead(status, { 'content-length': 1_000_000_000, ...headers });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

function send(response, { status, headers = {}, body = '' }, isHead = false) {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  response.end(isHead ? '' : body);
}

async function control(what, body, response) {
  const json = (value) => send(response, { status: 200, body: JSON.stringify(value) });
  if (what === 'faults') {
    faults = JSON.parse(body);
    [held, late] = [[], []];
    return json({});
  }
  if (what === 'reset') {
    objects.clear();
    [log, faults, held, late] = [[], [], [], []];
    return json({});
  }
  if (what === 'late') return json(late.splice(0).map((perform) => perform().status));
  if (what === 'log') return json(log);
  if (what === 'keys') return json([...objects.keys()].sort());
  if (what !== 'held') return send(response, { status: 404 });
  if (held.length === 0) await new Promise((resolve) => waiting.push(resolve));
  return json(held);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    request.socket.destroy();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
