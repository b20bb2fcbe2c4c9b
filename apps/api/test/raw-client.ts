import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { within } from './wait-for.js';

/** A client that sends bytes as it likes, as no HTTP library would. */
export class RawClient {
  received = '';
  private constructor(readonly socket: Socket) {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')));
  }

  static async connect(server: Server): Promise<RawClient> {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new RawClient(socket);
    await within('a connection', once(socket, 'connect'));
    return client;
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until so much was received that it matches. */
  async receives(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.received);
      if (found !== null) return found;
      if (this.socket.closed) throw new Error(`${pattern} never came: ${this.received}`);
      await within(`${pattern} in ${this.received.slice(-500)}`, this.next('data', 'close'));
    }
  }

  /** Waits until the service has said that it will send no more. */
  async ended(): Promise<void> {
    if (this.socket.readableEnded || this.socket.closed) return;
    await within('the end of a connection', this.next('end', 'close'));
  }

  /** Waits until the service reads no more either. */
  async cut(): Promise<void> {
    if (!this.socket.closed) await within('a connection to be cut', this.next('close'));
  }

  /** Unlike `once` of `node:events`, it does not mind errors: they are what such clients get. */
  private next(...events: string[]): Promise<void> {
    return new Promise((resolve) => events.forEach((event) => this.socket.once(event, resolve)));
  }
}

/** A request as text. */
export function requestText(
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
  body = '',
): string {
  const fields = Object.entries({ host: 'x', ...headers });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${line} HTTP/1.1\r\n${head}\r\n${body}`;
}

/** A request with a JSON body as text; `announced` bytes, if that is not what is sent. */
export function postText(path: string, body: string, announced = Buffer.byteLength(body)): string {
  const headers = { 'content-type': 'application/json', 'content-length': announced };
  return requestText(`POST ${path}`, headers, body);
}
