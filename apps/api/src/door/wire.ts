/*
 * Plain requests are read off the wire. Nearly all requests to the door's routes are a few hundred bytes
 * that come in one piece, and their heads are the same but for the length. To know such a head again
 * costs a look into a map; Node's parser and the objects and events around it cost three times what
 * answering does.
 *
 *   connection ──▶ piece of bytes ──▶ one whole plain request? ──yes──▶ door ──▶ answer, as bytes
 *                                           │ no
 *                                           ▼
 *                            Node's parser has the connection from here on
 *
 * "Plain" is far stricter than HTTP: what is not beyond doubt goes to Node's parser, with all that comes
 * after it. Nothing of a request is ever kept here while the rest of it is to come, so that there is
 * neither state that two requests could share nor anything to wait for.
 */
import { type IncomingHttpHeaders, STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from '../connections.js';
import { REQUEST_ID, requestId } from '../logging/request-hooks.js';
import { type Gate, OVERLOADED, type Refusal } from '../security/gate.js';
import { DATA_HEADERS } from '../security/headers.js';
import type { Door, DoorRoute, Exchange } from './door.js';

/** Longer pieces are not looked at, and longer heads are not kept. */
const MOST_BYTES = 65_536;
const MOST_HEAD = 4096;
/** Heads that are known again. When there are more, all are forgotten. */
const MOST_HEADS = 256;

const REQUEST_LINE = /^POST (\/[\w/]*) HTTP\/1\.1$/;
const FIELD = /^([A-Za-z][A-Za-z\d-]*): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;
const LENGTH = /^[1-9]\d{0,5}$/;
/** They change what a request means, or how its connection goes on. */
const NOT_READ_HERE = new Set(['upgrade', 'te', 'trailer', 'http2-settings', 'proxy-connection']);

const STATIC_TEXT = DATA_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const OK = startOf(200);

/** A head that is plain as far as it can be told without the routes. */
interface Head {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body. */
  readonly length: number;
}

/** How long a connection may be silent, in milliseconds. */
export interface WireTimes {
  /** Before its first request. */
  readonly firstMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
}

/** Answers plain requests on the connections of servers, and hands on connections that bring others. */
export class Wire {
  private readonly heads = new Map<string, Head | undefined>();
  private date = { second: 0, text: '' };
  private readonly keepAlive: string;

  /** @param door the one that answers now; undefined if none does */
  constructor(
    readonly door: () => Door | undefined,
    readonly connections: Connections,
    readonly times: WireTimes,
  ) {
    const seconds = Math.floor(times.keepAliveMs / 1000);
    this.keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
  }

  /** To be called before the server listens. What is not for the wire gets to it as before. */
  watch(server: Server): void {
    const [parse] = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeListener('connection', parse);
    server.prependListener('connection', (socket: Socket) => {
      new WireConnection(this, server, socket, () => parse.call(server, socket));
    });
  }

  /** Reads bytes that are one whole plain request; undefined if they are anything else. */
  read(bytes: Buffer): { readonly head: Head; readonly body: string } | undefined {
    if (bytes.length > MOST_BYTES) return undefined;
    const text = bytes.toString();
    const end = text.indexOf('\r\n\r\n') + 4;
    if (end < 4 || end > MOST_HEAD) return undefined;
    const head = this.headOf(text.slice(0, end));
    // All characters of a plain head are one byte long.
    if (head === undefined || end + head.length !== bytes.length) return undefined;
    return { head, body: text.slice(end) };
  }

  /** The end of a head; the same text for all answers of a second. */
  endOf(isLast: boolean): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.date.second) {
      this.date = { second, text: `\r\nDate: ${new Date(now).toUTCString()}\r\n` };
    }
    return this.date.text + (isLast ? '\r\n' : `${this.keepAlive}\r\n`);
  }

  private headOf(text: string): Head | undefined {
    let head = this.heads.get(text);
    if (head !== undefined || this.heads.has(text)) return head;
    head = readHead(text);
    if (this.heads.size === MOST_HEADS) this.heads.clear();
    // Its own copy: a part of a text keeps the whole of it.
    this.heads.set(Buffer.from(text).toString(), head);
    return head;
  }
}

/** A connection as long as all that came were plain requests. */
class WireConnection {
  private isFirst = true;

  constructor(
    private readonly wire: Wire,
    private readonly server: Server,
    private readonly socket: Socket,
    private readonly parse: () => void,
  ) {
    socket.setTimeout(wire.times.firstMs);
    socket.on('timeout', this.onTimeout);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
    socket.on('data', this.onData);
  }

  private readonly onData = (bytes: Buffer): void => {
    const { wire, socket } = this;
    const door = wire.connections.isClosing ? undefined : wire.door();
    const request = door && wire.read(bytes);
    const route = request && door?.routeFor(request.head.path, request.head.headers);
    if (request === undefined || route === undefined) return this.handOn(bytes);
    if (this.isFirst) {
      this.isFirst = false;
      socket.setTimeout(wire.times.keepAliveMs);
    }
    this.begin(door!, route, request.head, request.body);
  };

  private begin(door: Door, route: DoorRoute, head: Head, body: string): void {
    const exchange = new WireExchange(this.wire, this.socket, door, route, head.headers);
    const { gate } = door.parts;
    const ticket = gate.enter();
    if (ticket === undefined) return door.refuse(exchange, OVERLOADED.code, OVERLOADED);
    exchange.ticket = ticket;
    const settled = (refused: Refusal | undefined): void => {
      const refusal = refused ?? gate.refusalOfBody(ticket, head.length);
      if (refusal !== undefined) door.refuse(exchange, refusal.code, refusal);
      else door.answer(exchange, body);
    };
    const refusal = gate.refusalOf({ headers: head.headers, socket: this.socket }, route);
    if (refusal instanceof Promise) void refusal.then(settled);
    else settled(refusal);
    // Nothing else is read before the answer has left.
    if (!exchange.isOver) exchange.wait();
  }

  /** Gives the connection to Node's parser, with what has come and was not answered. */
  private handOn(bytes: Buffer): void {
    const { socket } = this;
    socket.pause();
    socket.setTimeout(0);
    socket.removeListener('timeout', this.onTimeout);
    socket.removeListener('end', this.onEnd);
    socket.removeListener('error', this.onError);
    socket.removeListener('data', this.onData);
    socket.unshift(bytes);
    this.parse();
    socket.resume();
  }

  private readonly onTimeout = (): void => {
    const late = { code: 'ERR_HTTP_REQUEST_TIMEOUT' };
    if (!this.isFirst) this.socket.destroy();
    else this.server.emit('clientError', Object.assign(new Error('no request'), late), this.socket);
  };

  private readonly onEnd = (): void => void this.socket.end();

  private readonly onError = (): void => void this.socket.destroy();
}

/** A request that was read off the wire. It is over when its answer has left, or its connection. */
class WireExchange implements Exchange {
  readonly id: string;
  modelVersion: string | undefined;
  /** To be given back when it is over. */
  ticket: ReturnType<Gate['enter']>;
  isOver = false;
  private readonly start = performance.now();
  private isLast = false;
  private status = 0;

  constructor(
    private readonly wire: Wire,
    private readonly socket: Socket,
    private readonly door: Door,
    readonly route: DoorRoute,
    readonly headers: IncomingHttpHeaders,
  ) {
    this.id = requestId(this);
  }

  readonly isGone = (): boolean => this.socket.destroyed;

  /** The body has come. */
  closeIfUnread(): void {}

  send(status: number, own: readonly string[], text: string, length: number): void {
    const { socket, wire } = this;
    this.status = status;
    let head = `${status === 200 ? OK : startOf(status)}${this.id}\r\n`;
    for (let i = 0; i < own.length; i += 2) head += `${own[i]}: ${own[i + 1]}\r\n`;
    const saysClose = own.includes('connection');
    if (!saysClose && wire.connections.isClosing) head += 'connection: close\r\n';
    this.isLast = saysClose || wire.connections.isClosing;
    const answer = `${head}content-length: ${length}${wire.endOf(this.isLast)}${text}`;
    // Latin-1 is written without a look at each character, and the head has no other.
    socket.write(answer, length === text.length ? 'latin1' : 'utf8');
    if (socket.writableLength === 0) this.end(true);
    else socket.write('', () => this.end(true));
  }

  /** Keeps the connection from bringing more until this is over. */
  wait(): void {
    const { socket, wire } = this;
    wire.connections.hold(socket);
    socket.pause();
    socket.once('close', this.onClose);
  }

  private readonly onClose = (): void => this.end(false);

  private end(isAnswered: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    const { socket, wire } = this;
    socket.removeListener('close', this.onClose);
    this.ticket?.giveBack();
    if (isAnswered) this.door.record(this, this.status, performance.now() - this.start);
    if (this.isLast) socket.destroySoon();
    else if (socket.isPaused()) socket.resume();
    wire.connections.release(socket);
  }
}

function startOf(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${STATIC_TEXT}${REQUEST_ID}: `;
}

/** @param text ends with an empty line */
function readHead(text: string): Head | undefined {
  const [requestLine, ...fields] = text.slice(0, -4).split('\r\n');
  const path = REQUEST_LINE.exec(requestLine)?.[1];
  if (path === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const [, written, value] = FIELD.exec(field) ?? [];
    const name = written?.toLowerCase();
    if (name === undefined || name in headers || NOT_READ_HERE.has(name)) return undefined;
    headers[name] = value;
  }
  const { host, connection = 'keep-alive', 'content-length': length = '' } = headers;
  if (host === undefined || connection.toLowerCase() !== 'keep-alive') return undefined;
  return LENGTH.test(length) ? { path, headers, length: Number(length) } : undefined;
}
