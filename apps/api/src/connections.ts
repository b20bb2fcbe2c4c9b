import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long what a client still sends is read and thrown away before it is cut off, in milliseconds. */
export const LINGER_MS = 2000;
/** A body of up to so many bytes is read to its end although nobody wants it: that costs less. */
const READ_ANYWAY_BYTES = 65_536;
/** Requests of one connection that may be under way at once; the one that fills it is the last. */
const MOST_PIPELINED = 64;
/** A client has the write time-out for each part of so many bytes. */
const PART_BYTES = 65_536;

/** What a connection is in the middle of. */
interface Connection {
  /** Not over yet, in the order in which they began. */
  readonly responses: Set<ServerResponse>;
  /** The request that began last. */
  request: IncomingMessage | undefined;
  /** Whether requests came after the last one that is answered. */
  ignores: boolean;
  /** Whether a request that Node's parser did not see is not over; see `door/wire`. */
  isHeld: boolean;
  /** Since when its client takes nothing: the bytes it had taken, and until when it may. */
  stalled: { readonly taken: number; readonly until: number } | undefined;
}

/**
 * Watches the connections of the servers, so that every request ends, however its client behaves:
 *
 * ```
 * request ─▶ begun ─▶ answered ─▶ read by the client ─▶ over: `close` of its response, exactly once
 *              │          │              └─ not read in time: the connection is cut
 *              │          └─ while its body is still coming: read for 2 s more, then cut
 *              └─ connection lost: Node emits `close` for the response that it was writing, and this
 *                 for those in line behind it, of which Node says nothing
 * ```
 * So whoever takes something for a request gives it back on `close` of the response.
 *
 * A response whose `shouldKeepAlive` is false is the last of its connection: what comes after it is
 * not begun (RFC 9112, 9.6).
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private readonly timer: NodeJS.Timeout;
  private idleMs: number | undefined;

  /**
   * @param writeMs how long a client may take to read 64 KiB of an answer, in milliseconds
   * @param now a clock in milliseconds, for tests
   */
  constructor(
    private readonly writeMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.timer = setInterval(() => this.look(), Math.min(1000, writeMs));
    this.timer.unref();
  }

  /** How many there are. */
  get size(): number {
    return this.open.size;
  }

  /** Watches all connections of a server. To be called before it listens. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.add(socket));
  }

  /**
   * To be called with every request before anything else is.
   * @returns whether it is to be answered; if not, an earlier answer is the connection's last
   */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.open.get(request.socket) ?? this.add(request.socket);
    const { responses } = connection;
    if (responses.size > 0 && !latestOf(responses).shouldKeepAlive) {
      connection.ignores = true;
      request.resume();
      return false;
    }
    connection.request = request;
    responses.add(response);
    response.once('close', () => this.leave(request, response, connection));
    if (this.isClosing || responses.size === MOST_PIPELINED) {
      response.shouldKeepAlive = false;
    }
    return true;
  }

  /** Whether each connection's next answer is to be its last. */
  get isClosing(): boolean {
    return this.idleMs !== undefined;
  }

  /** Tells that a request is under way that has no response object; see `release`. */
  hold(socket: Socket): void {
    const connection = this.open.get(socket);
    if (connection !== undefined) connection.isHeld = true;
  }

  /** Tells that it is over. */
  release(socket: Socket): void {
    const connection = this.open.get(socket);
    if (connection === undefined || !connection.isHeld) return;
    connection.isHeld = false;
    if (this.isClosing) this.closeIfIdle(socket);
  }

  /** The responses of a connection that are not over, in the order of their requests. */
  underWay(socket: Socket): readonly ServerResponse[] {
    return [...(this.open.get(socket)?.responses ?? [])];
  }

  /** Cuts the connections whose clients read too slowly. Called about once a second. */
  look(): void {
    const now = this.now();
    for (const [socket, connection] of this.open) {
      const unread = socket.writableLength;
      if (unread === 0) {
        connection.stalled = undefined;
        continue;
      }
      const { stalled } = connection;
      const taken = socket.bytesWritten - unread;
      if (stalled === undefined || taken > stalled.taken) {
        const until = now + this.writeMs * Math.ceil(unread / PART_BYTES);
        connection.stalled = { taken, until };
      } else if (now >= stalled.until) socket.resetAndDestroy();
    }
  }

  /**
   * Lets connections come to their end: the next answer of each is its last, and those without a
   * request for `idleMs` are closed. Their client may just be sending one: to close at once would
   * answer it with a reset.
   */
  startClosing(idleMs: number): void {
    this.idleMs = idleMs;
    for (const [socket, { responses, isHeld }] of this.open) {
      if (responses.size > 0) latestOf(responses).shouldKeepAlive = false;
      else if (!isHeld) this.closeIfIdle(socket);
    }
  }

  /**
   * Ends what waits for a client: an answer that nobody reads is cut off, and a request that is not
   * yet complete is refused.
   * @param refuse answers a request of which nothing is answered yet
   */
  endWaiting(refuse: (response: ServerResponse) => void): void {
    for (const [socket, { responses, isHeld }] of this.open) {
      if (isHeld && socket.writableLength > 0) socket.destroy();
      for (const response of responses) {
        if (!response.req.complete && !response.headersSent) refuse(response);
        else if (!response.req.complete || response.writableEnded) socket.destroy();
      }
    }
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.timer);
  }

  private add(socket: Socket): Connection {
    const connection: Connection = {
      responses: new Set(),
      request: undefined,
      ignores: false,
      isHeld: false,
      stalled: undefined,
    };
    this.open.set(socket, connection);
    socket.once('close', () => {
      this.open.delete(socket);
      // Node tells the response that it was writing; those behind it would wait for ever.
      setImmediate(() => connection.responses.forEach(abandon));
    });
    closeInStages(socket, connection);
    if (this.isClosing) this.closeIfIdle(socket);
    return connection;
  }

  private leave(request: IncomingMessage, response: ServerResponse, { responses }: Connection) {
    responses.delete(response);
    const { socket } = request;
    if (socket.destroyed) return;
    if (!request.complete) cutOffLater(request);
    if (this.isClosing && responses.size === 0) this.closeIfIdle(socket);
  }

  private closeIfIdle(socket: Socket): void {
    setTimeout(() => {
      const connection = this.open.get(socket);
      if (connection?.responses.size === 0 && !connection.isHeld) hangUp(socket);
    }, this.idleMs);
  }
}

/**
 * Makes an error answer the last of its connection if a long body is still coming that nobody will
 * read. To be called before its head is written.
 */
export function closeIfUnread(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || response.headersSent) return;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding !== undefined || Number(length) > READ_ANYWAY_BYTES) response.shouldKeepAlive = false;
}

/**
 * Says that nothing more will be answered on a connection, and gives its client two seconds to read
 * what was. To close at once, while the client still sends, would make the system answer with a
 * reset, and the client might lose what it has not read yet.
 * @param request what is still coming, which is read and thrown away
 */
export function hangUp(socket: Socket, request?: IncomingMessage): void {
  if (socket.destroyed) return;
  // An iterator that listens for `readable` would keep the request from flowing.
  if (request?.complete === false) request.removeAllListeners('readable').on('data', () => {});
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Node destroys a connection as soon as its last answer is written; see `hangUp`. */
function closeInStages(socket: Socket, connection: Connection): void {
  const { destroySoon } = socket;
  socket.destroySoon = () => {
    const { request, ignores } = connection;
    if (ignores || request?.complete === false) hangUp(socket, request);
    else destroySoon.call(socket);
  };
}

/** What was answered before it was sent is not read for longer than a client needs to notice. */
function cutOffLater(request: IncomingMessage): void {
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS).unref();
}

function abandon(response: ServerResponse): void {
  if (response.closed) return;
  response.destroy();
  response.emit('close');
}

function latestOf(responses: ReadonlySet<ServerResponse>): ServerResponse {
  let latest!: ServerResponse;
  for (const response of responses) latest = response;
  return latest;
}
