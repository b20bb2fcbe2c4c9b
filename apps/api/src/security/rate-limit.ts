/*
 * A sliding minute for each client. Requests that pass are kept in groups, each with the time of its
 * last request; a group leaves a minute after that, and its requests may be made again.
 *
 *      4      4      3            at most `limit` requests in all groups together,
 *   ───┴──────┴──────┴──▶ now     and 64 groups of equal size at the limit
 *      └─────── 60 s ────────
 *
 * So never more than `limit` pass in any 60 seconds, nobody waits for more than 60 seconds, and up to a
 * limit of 64 a minute every request has a group of its own and the window is exact.
 *
 * Machines that limit together tell each other how many passed, and add what is new when they hear of it.
 * One that hears of a client for the first time, as after a restart, must know when what it missed
 * passed, so the counts of a minute are told by twelfths too:
 *
 *      minute before │ this minute        nothing is known within a twelfth: each
 *      0 0 0 … 9 9 9 │ 9 4                is taken to have passed in its middle
 *
 * Why not rate-limiter-flexible 11: its windows are fixed, so that 19 requests passed a limit of 10
 * within 0.1 s of a window's turn; with a store, or in a cluster, every request waits for an answer.
 */
import { LRUCache } from 'lru-cache';

/** Requests of one client that passed. */
interface Client {
  readonly name: string;
  /** When the last request of each group passed, oldest first, and how many the group has. */
  readonly stamps: number[];
  readonly counts: number[];
  /** The sum of `counts`. */
  total: number;
  /** The minute since 1970 that the figures below are of. */
  minute: number;
  /** Requests that passed here in this minute, and how many of them the others have been told of. */
  own: number;
  told: number;
  /** `own` by twelfths of the minute. */
  slots: number[];
  /** Whether the others have never told of this client. */
  isUnheard: boolean;
  /** What the others let pass in this minute and the one before, as far as `counts` has them. */
  elsewhere: number;
  elsewhereBefore: number;
  isNews: boolean;
}

const MINUTE_MS = 60_000;
const SLOT_MS = 5000;
const SLOTS = MINUTE_MS / SLOT_MS;
const MOST_GROUPS = 64;
/**
 * Clients that are remembered; the one silent for longest is forgotten first. A caller with more
 * addresses than this is not limited by address anyway.
 */
const MOST_CLIENTS = 100_000;
/** Clients in one exchange with the others, and exchanges in a row. */
const BATCH = 256;
const MOST_BATCHES = 16;

/** Whether a client may ask now. */
export interface Limiter {
  /**
   * Counts a request of `client` if it may pass.
   * @returns 0 when it passes; else the whole seconds, 1 to 60, after which the next one will;
   *   undefined when that is not known here: nothing was counted, and `settle` finds out
   */
  admit(client: string): number | undefined;
  /** The same, once it is known: a fraction of a millisecond as a rule. Never rejects. */
  settle(client: string): Promise<number>;
}

/** How many requests of a client passed here within a minute since 1970. */
export interface News {
  readonly client: string;
  readonly minute: number;
  readonly count: number;
  /** The same by twelfths of the minute. */
  readonly slots: readonly number[];
  /** Whether this machine has never heard of the client, and asks for `slots`. */
  readonly isUnheard: boolean;
}

/** How many requests of a client passed elsewhere, in the minute of its news and the one before. */
export interface Elsewhere {
  readonly now: number;
  readonly before: number;
  /** The same by twelfths, from the first of the minute before to the last of this one; if asked for. */
  readonly slots?: readonly number[];
}

/** Counts by client and minute, kept for all machines that limit together. */
export interface SharedCounts {
  /**
   * Says how many requests passed here so far, and learns how many passed elsewhere, in the order of
   * `news`. The counts replace those said before, so that saying them twice changes nothing.
   * Rejects when the counts cannot be reached; then every machine limits by what it sees itself.
   */
  exchange(news: readonly News[]): Promise<readonly Elsewhere[]>;
}

/** Limits the requests of each client in the past minute. A decision never waits for anything. */
export class RateLimiter implements Limiter {
  private readonly clients: LRUCache<string, Client> | undefined;
  private readonly groupSize: number;
  /** Clients whose count changed; undefined while nobody else wants to know. */
  private news: Client[] | undefined;
  /** Counts of minutes that have passed and that the others have not been told. */
  private late: News[] = [];

  /**
   * @param perMinute most requests of a client within a minute; 0: no limit
   * @param now a clock in milliseconds since 1970, for tests
   * @param most clients to remember, for tests
   */
  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
    private readonly most = MOST_CLIENTS,
  ) {
    this.groupSize = Math.ceil(perMinute / MOST_GROUPS);
    if (perMinute > 0) this.clients = new LRUCache({ max: most });
  }

  admit(client: string): number {
    if (this.clients === undefined) return 0;
    return this.take(client, 1) === 1 ? 0 : Math.ceil(this.waitMs(client) / 1000);
  }

  async settle(client: string): Promise<number> {
    return this.admit(client);
  }

  /** Counts `wanted` requests of a client, or as many as may pass now. @returns how many may */
  take(name: string, wanted: number): number {
    if (this.clients === undefined) return wanted;
    const client = this.client(name);
    const taken = Math.min(wanted, this.perMinute - client.total);
    if (taken <= 0) return 0;
    this.count(client, taken);
    return taken;
  }

  /** Counts requests that have passed already, be it above the limit. */
  charge(name: string, requests: number): void {
    if (this.clients !== undefined && requests > 0) this.count(this.client(name), requests);
  }

  /** Takes back the latest of what `take` gave: the requests were not made. */
  giveBack(name: string, requests: number): void {
    const client = this.clients?.peek(name);
    if (client === undefined) return;
    const { counts, stamps } = client;
    for (let left = requests; left > 0 && counts.length > 0;) {
      const taken = Math.min(left, counts[counts.length - 1]);
      left -= taken;
      client.total -= taken;
      client.own = Math.max(0, client.own - taken);
      takeFromSlots(client.slots, taken);
      counts[counts.length - 1] -= taken;
      if (counts[counts.length - 1] > 0) continue;
      counts.pop();
      stamps.pop();
    }
    this.tell(client);
  }

  /** Milliseconds, up to 60,000, until a request of this client passes; 0 when one passes now. */
  waitMs(name: string): number {
    if (this.clients === undefined) return 0;
    const { stamps, counts, total } = this.client(name);
    if (total < this.perMinute) return 0;
    // As many as are over the limit must leave first, and one more.
    let over = total - this.perMinute + 1;
    let group = 0;
    while (group < counts.length - 1 && (over -= counts[group]) > 0) group++;
    return Math.max(1, stamps[group] + MINUTE_MS - this.time());
  }

  /**
   * Tells the others what changed and learns what they counted, a batch at a time; what is left is
   * told the next time. Rejects only if `shared` does.
   */
  async share(shared: SharedCounts): Promise<void> {
    if (this.news === undefined) {
      this.news = [];
      for (const client of this.clients?.values() ?? []) this.tell(client);
    }
    for (let i = 0; i < MOST_BATCHES && this.news.length + this.late.length > 0; i++) {
      await this.shareBatch(shared, this.news);
    }
  }

  private async shareBatch(shared: SharedCounts, changed: Client[]): Promise<void> {
    const minute = Math.floor(this.time() / MINUTE_MS);
    const clients = changed.splice(0, BATCH);
    // Makes late news of those whose minute is over.
    for (const client of clients) turn(client, minute, this.late);
    const late = this.late.splice(0, BATCH).filter((news) => news.minute >= minute - 1);
    const current = clients.map((client): News => {
      const { name, own: count, slots, isUnheard } = client;
      return { client: name, minute, count, slots: [...slots], isUnheard };
    });
    try {
      const replies = await shared.exchange([...late, ...current]);
      clients.forEach((client, i) => this.learn(client, current[i], replies[late.length + i]));
    } catch (error) {
      // To be told again, which is no second count.
      this.late.push(...late);
      changed.push(...clients);
      throw error;
    }
  }

  private learn(client: Client, { minute, count }: News, told: Elsewhere): void {
    const { now, before, slots } = told;
    client.isNews = false;
    if (client.isUnheard && slots !== undefined) this.learnHistory(client, minute, told);
    turn(client, Math.floor(this.time() / MINUTE_MS), this.late);
    if (client.minute === minute) {
      client.told = count;
      this.learnBefore(client, before);
      this.countElsewhere(client, now - client.elsewhere);
      client.elsewhere = now;
    } else this.learnBefore(client, now);
    if (client.own !== client.told) this.tell(client);
  }

  /** What passed before this machine heard of a client takes its place among what passed since. */
  private learnHistory(client: Client, minute: number, { now, before, slots }: Elsewhere): void {
    const time = this.time();
    const first = (minute - 1) * MINUTE_MS;
    const history = slots!.map((count, i) => {
      const middle = first + (i + 0.5) * SLOT_MS;
      return { stamp: Math.min(time, middle), count };
    });
    const since = client.stamps.map((stamp, i) => ({ stamp, count: client.counts[i] }));
    const all = [...history, ...since]
      .filter(({ stamp, count }) => count > 0 && stamp > time - MINUTE_MS)
      .sort((a, b) => a.stamp - b.stamp);
    client.stamps.splice(0, Infinity, ...all.map(({ stamp }) => stamp));
    client.counts.splice(0, Infinity, ...all.map(({ count }) => count));
    client.total = all.reduce((sum, { count }) => sum + count, 0);
    client.isUnheard = false;
    // Had the minute turned since it was asked, what was its present would be its past.
    if (client.minute === minute) [client.elsewhere, client.elsewhereBefore] = [now, before];
    else client.elsewhereBefore = now;
  }

  /** What passed in the minute before, at times unknown, is taken to fade as that minute does. */
  private learnBefore(client: Client, before: number): void {
    const left = 1 - (this.time() % MINUTE_MS) / MINUTE_MS;
    this.countElsewhere(client, Math.floor((before - client.elsewhereBefore) * left));
    client.elsewhereBefore = before;
  }

  private countElsewhere(client: Client, requests: number): void {
    if (requests > 0) addGroup(client, requests, this.time(), this.groupSize);
  }

  private count(client: Client, requests: number): void {
    const time = this.time();
    addGroup(client, requests, time, this.groupSize);
    client.own += requests;
    client.slots[Math.floor((time % MINUTE_MS) / SLOT_MS)] += requests;
    this.tell(client);
  }

  private tell(client: Client): void {
    if (this.news === undefined || client.isNews || this.news.length >= this.most) return;
    client.isNews = true;
    this.news.push(client);
  }

  /** A client with what it may still remember. */
  private client(name: string): Client {
    const time = this.time();
    const minute = Math.floor(time / MINUTE_MS);
    const known = this.clients!.get(name);
    if (known === undefined) {
      const client = newClient(name, minute);
      this.clients!.set(name, client);
      return client;
    }
    if (known.minute !== minute) turn(known, minute, this.news && this.late);
    forget(known, time);
    return known;
  }

  private time(): number {
    return Math.floor(this.now());
  }
}

function newClient(name: string, minute: number): Client {
  const figures = { total: 0, own: 0, told: 0, elsewhere: 0, elsewhereBefore: 0 };
  const slots = new Array<number>(SLOTS).fill(0);
  return {
    name,
    stamps: [],
    counts: [],
    minute,
    slots,
    isUnheard: true,
    ...figures,
    isNews: false,
  };
}

/** Begins a new minute. What was not told of the one before becomes `late` news, if there may be any. */
function turn(client: Client, minute: number, late: News[] | undefined): void {
  if (client.minute === minute) return;
  const { name, own, told, minute: before, slots } = client;
  if (own !== told && late !== undefined && late.length < MOST_CLIENTS) {
    late.push({ client: name, minute: before, count: own, slots: [...slots], isUnheard: false });
  }
  slots.fill(0);
  client.elsewhereBefore = before === minute - 1 ? client.elsewhere : 0;
  client.elsewhere = client.own = client.told = 0;
  client.minute = minute;
}

/** Takes back what passed last. */
function takeFromSlots(slots: number[], requests: number): void {
  let left = requests;
  for (let i = SLOTS - 1; i >= 0 && left > 0; i--) {
    const taken = Math.min(left, slots[i]);
    slots[i] -= taken;
    left -= taken;
  }
}

/** Lets go of groups that are a minute old. */
function forget(client: Client, time: number): void {
  const { stamps, counts } = client;
  // A clock that was set back must not lock anybody out.
  const isBack = stamps.length > 0 && stamps[stamps.length - 1] > time;
  while (stamps.length > 0 && (isBack || stamps[0] <= time - MINUTE_MS)) {
    stamps.shift();
    client.total -= counts.shift()!;
  }
}

/** Adds to the newest group, or begins one. Above the limit, groups may grow: they are few anyway. */
function addGroup(client: Client, requests: number, time: number, size: number): void {
  const { stamps, counts } = client;
  const last = counts.length - 1;
  client.total += requests;
  if (last >= 0 && (counts[last] + requests <= size || counts.length >= 2 * MOST_GROUPS)) {
    counts[last] += requests;
    stamps[last] = time;
    return;
  }
  counts.push(requests);
  stamps.push(time);
}
