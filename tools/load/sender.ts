import autocannon from 'autocannon';

/** One kind of request of a load. Every user sends the kinds of a load in turn. */
export interface Kind {
  method?: 'GET' | 'POST';
  path: string;
  type?: string;
  /** The body of the next request of this kind; called once for each. */
  nextBody?: () => string;
  /** Whether an answer is right. */
  isRight: (answer: Answer) => boolean;
  /** Whether an answer that is not right refuses as it may; none may unless this says so. */
  isRefusal?: (answer: Answer) => boolean;
}

export interface Answer {
  status: number;
  body: string;
  /** A header, by its name in lower case. */
  header: (name: string) => string | undefined;
}

export interface Load {
  baseUrl: string;
  /** Connections; each sends its next request as soon as it has an answer. */
  users: number;
  /** How long to send, in seconds; or else how many requests. */
  seconds?: number;
  amount?: number;
  kinds: Kind[];
}

/** What came of a load. */
export interface Sent {
  requests: number;
  requestsPerSecond: number;
  /** Latency quantiles of the answers with a status of 2xx, in milliseconds. */
  p50Ms: number;
  p99Ms: number;
  /** Requests without a right answer: wrong status or body, time-out, broken connection. */
  failed: number;
  /** Requests that were refused as they may be. */
  refused: number;
  /** How many different models answered. */
  models: number;
}

/** Sends a load with autocannon and judges every answer. */
export async function send(load: Load): Promise<Sent> {
  const { baseUrl, users, seconds, amount, kinds } = load;
  const seen = { wrong: 0, refused: 0, models: new Set<string>() };
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '');
  const result = await autocannon({
    url: baseUrl,
    connections: users,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    excludeErrorStats: true,
    requests: kinds.map((kind) => requestOf(kind, prefix, seen)),
  });
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: seen.wrong + result.errors + unanswered(result, users),
    refused: seen.refused,
    models: seen.models.size,
  };
}

interface Seen {
  wrong: number;
  refused: number;
  models: Set<string>;
}

function requestOf(kind: Kind, prefix: string, seen: Seen): autocannon.Request {
  const { method = 'POST', path, type = 'application/json', nextBody } = kind;
  const headers = nextBody === undefined ? {} : { 'content-type': type };
  return {
    method,
    path: prefix + path,
    headers,
    ...(nextBody && { setupRequest: (request) => ({ ...request, body: nextBody() }) }),
    onResponse: (status, body, _context, all) => {
      const answer = { status, body, header: (name: string) => headerOf(all, name) };
      const version = answer.header('x-model-version');
      if (version !== undefined) seen.models.add(version);
      if (kind.isRight(answer)) return;
      if (kind.isRefusal?.(answer)) seen.refused++;
      else seen.wrong++;
    },
  };
}

/**
 * Requests that a closed connection swallowed: autocannon reconnects without counting them. One
 * request a connection may be under way when the time is up.
 */
function unanswered(result: autocannon.Result, users: number): number {
  return Math.max(0, result.requests.sent - result.requests.total - result.errors - users);
}

function headerOf(headers: autocannon.Request['headers'], name: string): string | undefined {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() === name) return String(value);
  }
  return undefined;
}
