import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { AbuseName } from '@adscale/api/load/goals.ts';

/** Just below what one batch may be long, in bytes. */
const UPLOAD_BYTES = Math.floor(7.9 * 2 ** 20);
/** How long the service may take to give everything back, in milliseconds. */
const PATIENCE_MS = 20_000;

/** One way to behave badly: so many clients at once, each of which starts anew when it is cut off. */
interface Misbehaviour {
  clients: number;
  /** Before a client that was cut off comes again, in milliseconds. */
  pauseMs: number;
  act: (socket: Socket, host: string) => void;
}

// all but the last byte
const upload = Buffer.alloc(UPLOAD_BYTES - 1, ' ');
const batch = `[${'{},'.repeat(9999)}{}]`;
const jsonType = 'content-type: application/json\r\n';
const get = (path: string, host: string) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
const postHead = (host: string, bytes: number) =>
  `POST /predict_ctr/batch HTTP/1.1\r\nhost: ${host}\r\n${jsonType}content-length: ${bytes}\r\n\r\n`;

const misbehaviours: Record<AbuseName, Misbehaviour[]> = {
  // events have no end, so what comes after them on the connection is never answered
  'pipelining-abuse': [
    {
      clients: 4,
      pauseMs: 1000,
      act: (socket, host) => {
        socket.write(get('/stats/stream', host) + get('/stats', host).repeat(1000));
        socket.once('data', () => setTimeout(() => socket.resetAndDestroy(), 200));
      },
    },
  ],
  'slow-readers': [
    {
      clients: 60,
      pauseMs: 5000,
      act: (socket, host) => {
        socket.write(postHead(host, UPLOAD_BYTES));
        socket.write(upload);
        socket.once('data', () => socket.destroy());
      },
    },
    {
      clients: 20,
      pauseMs: 5000,
      act: (socket, host) => {
        socket.pause();
        socket.write((postHead(host, batch.length) + batch).repeat(3));
      },
    },
    {
      clients: 20,
      pauseMs: 5000,
      act: (socket, host) => {
        socket.pause();
        socket.write(get('/stats/stream', host));
      },
    },
  ],
};

/** What the service said while it was abused, and after. */
export interface Endured {
  /** Requests that it counted as under way 20 s after the last one, the question itself left out. */
  slotsLost: number;
  /** The most memory that its processes held, in bytes. */
  residentBytes: number;
}

/** Clients that behave badly beside those of a load, until told to stop. */
export class Abuse {
  private readonly sockets = new Set<Socket>();
  private readonly clients: Promise<unknown>;
  private readonly watch: NodeJS.Timeout;
  private stopping = false;
  private residentBytes = 0;

  constructor(
    name: AbuseName,
    private readonly baseUrl: string,
  ) {
    const all = misbehaviours[name].flatMap((each) => Array<Misbehaviour>(each.clients).fill(each));
    this.clients = Promise.all(all.map((each) => this.misbehave(each)));
    this.watch = setInterval(() => void this.figures().catch(() => {}), 500);
  }

  /** Ends all of them; says what the service endured. */
  async stop(): Promise<Endured> {
    clearInterval(this.watch);
    this.stopping = true;
    for (const socket of this.sockets) socket.resetAndDestroy();
    await this.clients;
    const end = performance.now() + PATIENCE_MS;
    let slotsLost = await this.figures();
    while (slotsLost > 0 && performance.now() < end) {
      await pause(100);
      slotsLost = await this.figures();
    }
    return { slotsLost, residentBytes: this.residentBytes };
  }

  private async misbehave({ act, pauseMs }: Misbehaviour): Promise<void> {
    const { hostname, port, host } = new URL(this.baseUrl);
    while (!this.stopping) {
      const socket = connect(Number(port || 80), hostname);
      this.sockets.add(socket);
      await new Promise((resolve) => {
        socket.once('close', resolve).on('error', () => {});
        act(socket, host);
      });
      this.sockets.delete(socket);
      if (!this.stopping) await pause(pauseMs);
    }
  }

  /** Notes the memory; the requests under way but this one. */
  private async figures(): Promise<number> {
    const answer = await fetch(`${this.baseUrl}/stats`);
    const { processes } = (await answer.json()) as {
      processes?: { resident_bytes: number; in_flight: number }[];
    };
    // a service without a slot left has none for the question either
    if (processes === undefined) return Number.POSITIVE_INFINITY;
    const sum = (of: 'resident_bytes' | 'in_flight') =>
      processes.reduce((total, each) => total + each[of], 0);
    this.residentBytes = Math.max(this.residentBytes, sum('resident_bytes'));
    return sum('in_flight') - 1;
  }
}
