import type { ServerResponse } from 'node:http';

/** Time between two frames: often enough to watch, seldom enough to cost nothing. */
const FRAME_MS = 1000;
/** Frames without news until a client is told that it is still heard: proxies end silent answers. */
const SILENT_FRAMES = 15;

/** What a response of server-sent events says besides the headers of every answer. */
const EVENT_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'private, no-cache, no-store, must-revalidate, max-age=0, no-transform',
  'x-accel-buffering': 'no',
} as const;

/** A comment, which clients of events leave out. */
const STILL_THERE = ': nothing new\n\n';

/**
 * Sends the same frame to all who watch, once a second: it is made once, however many they are. A
 * client that has not taken a frame when the next one comes is dropped. Events have no end, so their
 * answer is the last of its connection.
 */
export class EventFeed {
  private readonly clients = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private latest: string | undefined;
  private silent = 0;
  private isMaking = false;
  private isClosed = false;

  /**
   * @param frame makes the data of an event, a line of text; undefined ends the feed
   * @param most clients at once; 0: any number
   * @param onlyNews whether a frame that says the same as the one before is left out
   */
  constructor(
    private readonly frame: () => Promise<string | undefined>,
    private readonly most: number,
    private readonly onlyNews = false,
  ) {}

  /** How many watch. */
  get size(): number {
    return this.clients.size;
  }

  /** Whether one more may watch. */
  get hasRoom(): boolean {
    return this.most === 0 || this.clients.size < this.most;
  }

  /**
   * Answers with events until the client leaves or the feed is closed.
   * @param headers of the answer, besides those of events
   */
  join(response: ServerResponse, headers: Readonly<Record<string, unknown>>): void {
    response.writeHead(200, { ...headers, ...EVENT_HEADERS });
    // A client that only asks for the head gets no events.
    if (this.isClosed || response.req.method === 'HEAD') return void response.end();
    response.flushHeaders();
    this.clients.add(response);
    response.once('close', () => this.leave(response));
    if (this.timer !== undefined) {
      if (this.latest !== undefined) response.write(this.latest);
      return;
    }
    this.timer = setInterval(() => void this.send(), FRAME_MS);
    void this.send();
  }

  /** Ends all answers; from now on, new ones end at once. */
  close(): void {
    this.isClosed = true;
    for (const client of this.clients) client.end();
  }

  /** Makes a frame and sends it to all. */
  async send(): Promise<void> {
    if (this.isMaking) return;
    this.isMaking = true;
    try {
      const data = await this.frame();
      if (data === undefined) return this.close();
      const text = `data: ${data}\n\n`;
      const isNews = !this.onlyNews || text !== this.latest;
      this.silent = isNews ? 0 : (this.silent + 1) % SILENT_FRAMES;
      if (!isNews && this.silent > 0) return;
      this.latest = text;
      for (const client of this.clients) this.give(client, isNews ? text : STILL_THERE);
    } finally {
      this.isMaking = false;
    }
  }

  private give(client: ServerResponse, text: string): void {
    // One in line behind another answer of its connection has not begun to read.
    if (client.writableEnded || client.socket === null) return;
    if (client.writableLength > 0) client.destroy();
    else client.write(text);
  }

  private leave(client: ServerResponse): void {
    this.clients.delete(client);
    if (this.clients.size > 0) return;
    clearInterval(this.timer);
    this.timer = this.latest = undefined;
    this.silent = 0;
  }
}
