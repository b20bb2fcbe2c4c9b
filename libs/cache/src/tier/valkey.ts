import type { Redis } from 'iovalkey';
import { checkWhole } from '../errors.js';
import { type BreakerOptions, CircuitBreaker } from './circuit-breaker.js';
import { connectValkey, endConnection, isTimeout } from './connection.js';
import type { Codec, SecondTier, TierSnapshot } from './second-tier.js';

/** Where a second tier is and how long anything may take there. */
export interface ValkeyTierOptions<V> {
  /** `valkey://` or `redis://` and host, with `s` for TLS; user, password and database as usual. */
  readonly url: string;
  /** Milliseconds after which the server forgets a value, at least 1. */
  readonly ttlMs: number;
  readonly codec: Codec<V>;
  /** Takes a line about what went wrong: of each kind of trouble at most one in ten seconds. */
  readonly log: (message: string) => void;
  /** Put before every name, so that kinds of values are kept apart. Default: `adscale:`. */
  readonly prefix?: string;
  /** Milliseconds until a command counts as failed, at least 1. Default: 50. */
  readonly timeoutMs?: number;
  /** Most commands that may wait for an answer; further ones are not sent. Default: 1000. */
  readonly commands?: number;
  readonly breaker?: BreakerOptions;
  /** A clock in milliseconds, for tests. Default: the process's monotonic clock. */
  readonly now?: () => number;
}

const LOG_INTERVAL_MS = 10_000;

/**
 * A second tier in Valkey, or in any server that speaks its protocol. A lookup takes at most
 * `timeoutMs` and never fails. While there is no connection or the circuit is open, the server is
 * not asked and a lookup resolves at once.
 */
export class ValkeyTier<V extends NonNullable<unknown>> implements SecondTier<V> {
  private readonly counts = {
    hits: 0,
    misses: 0,
    writes: 0,
    skipped: 0,
    errors: 0,
    timeouts: 0,
    waitedNs: 0,
  };
  private underWay = 0;
  private closed = false;

  private constructor(
    private readonly client: Redis,
    private readonly options: Required<
      Omit<ValkeyTierOptions<V>, 'breaker' | 'log' | 'now' | 'url'>
    >,
    private readonly breaker: CircuitBreaker,
    private readonly errors: ErrorLog,
  ) {
    client.on('error', (error) => this.report('connection', error));
    client.on('ready', () => breaker.retry());
  }

  /**
   * Makes a tier that connects, and connects again whenever the connection is lost, until it is
   * closed. Resolves before there is a connection: the server need not be there.
   * @throws CacheError OPTION_INVALID naming the option that is wrong
   */
  static async connect<V extends NonNullable<unknown>>(
    options: ValkeyTierOptions<V>,
  ): Promise<ValkeyTier<V>> {
    const { url, log, breaker: breakerOptions, now = () => performance.now() } = options;
    const { prefix = 'adscale:', timeoutMs = 50, commands = 1000, ttlMs, codec } = options;
    for (const [name, value] of Object.entries({ ttlMs, timeoutMs, commands })) {
      checkWhole(name, value, 1);
    }
    const breaker = new CircuitBreaker({ now, ...breakerOptions });
    const errors = new ErrorLog(log, LOG_INTERVAL_MS, now);
    const client = await connectValkey(url, timeoutMs);
    return new ValkeyTier(client, { prefix, timeoutMs, commands, ttlMs, codec }, breaker, errors);
  }

  async get(name: string): Promise<V | undefined> {
    const start = performance.now();
    const bytes = await this.attempt((client, key) => client.getBuffer(key), name);
    const value = bytes ? this.decoded(bytes) : undefined;
    if (value !== undefined) this.counts.hits++;
    else if (bytes !== undefined) this.counts.misses++;
    this.counts.waitedNs += Math.round((performance.now() - start) * 1e6);
    return value;
  }

  set(name: string, value: V): void {
    const bytes = this.encoded(value);
    if (bytes === undefined) return;
    const { ttlMs } = this.options;
    void this.attempt((client, key) => {
      this.counts.writes++;
      return client.set(key, bytes, 'PX', ttlMs);
    }, name);
  }

  snapshot(): TierSnapshot {
    const breakers = { closed: 0, halfOpen: 0, open: 0 };
    breakers[this.breaker.state] = 1;
    return Object.freeze({
      ...this.counts,
      breakers: Object.freeze(breakers),
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await endConnection(this.client);
  }

  /** What the server answered; undefined when it was not asked or the command failed. */
  private async attempt<T>(
    command: (client: Redis, key: string) => Promise<T>,
    name: string,
  ): Promise<T | undefined> {
    const ticket = this.closed || this.underWay >= this.options.commands ? 0 : this.breaker.enter();
    if (ticket === 0 || this.client.status !== 'ready') {
      this.counts.skipped++;
      // Having no connection is a failure too: people look at the breaker's state.
      this.breaker.leave(ticket, false);
      return undefined;
    }
    this.underWay++;
    try {
      const reply = await command(this.client, this.options.prefix + name);
      this.breaker.leave(ticket, true);
      return reply;
    } catch (error) {
      this.breaker.leave(ticket, false);
      this.fail(error);
      return undefined;
    } finally {
      this.underWay--;
    }
  }

  private fail(error: unknown): void {
    const late = isTimeout(error);
    if (late) this.counts.timeouts++;
    else this.counts.errors++;
    this.report(late ? 'time-out' : 'command', error);
  }

  private decoded(bytes: Buffer): V | undefined {
    try {
      const value = this.options.codec.decode(bytes);
      if (value !== undefined) return value;
      this.refuse('not a value of this cache');
    } catch (error) {
      this.refuse(error);
    }
    return undefined;
  }

  private encoded(value: V): string | Buffer | undefined {
    try {
      return this.options.codec.encode(value);
    } catch (error) {
      this.refuse(error);
      return undefined;
    }
  }

  private refuse(reason: unknown): void {
    this.counts.errors++;
    this.report('value', reason);
  }

  private report(kind: string, error: unknown): void {
    if (!this.closed) this.errors.report(kind, error);
  }
}

/**
 * Logs the first error of each kind, then at most one in an interval, with the number of those that
 * were kept back in between.
 */
export class ErrorLog {
  private readonly kinds = new Map<string, { saidAt: number; keptBack: number }>();

  /**
   * @param log takes one line
   * @param intervalMs between two lines of one kind
   * @param now a clock in milliseconds
   */
  constructor(
    private readonly log: (message: string) => void,
    private readonly intervalMs: number,
    private readonly now: () => number,
  ) {}

  /** @param kind what went wrong: one of a few fixed words */
  report(kind: string, error: unknown): void {
    const time = this.now();
    const before = this.kinds.get(kind);
    if (before !== undefined && time - before.saidAt < this.intervalMs) {
      before.keptBack++;
      return;
    }
    this.kinds.set(kind, { saidAt: time, keptBack: 0 });
    const more = before?.keptBack ? ` (${before.keptBack} more like it kept back)` : '';
    this.log(`${kind}: ${error instanceof Error ? error.message : String(error)}${more}`);
  }
}
