/*
 * A limit that several workers keep together. One process counts (the primary); a worker asks it for
 * requests in advance, a lease, and spends it without asking:
 *
 *   request ──▶ lease left? ─yes─▶ passes               at half of it, the next lease is asked for
 *                 └─ no ─▶ refused until …? ─yes─▶ 429
 *                            └─ no ─▶ asks ──▶ lease, or refused for so many milliseconds
 *
 * A lease is small against the limit, and what is not used within a second is given back, so that of
 * `limit` requests at most a tenth lie idle with other workers. The first request of a client does not
 * wait for its lease: it passes and is charged, unless the limit is so small that it could show.
 */
import { LRUCache } from 'lru-cache';
import type { Limiter, RateLimiter } from './rate-limit.js';

/** Asks for `wanted` requests of a client, and says that `debt` have passed already. */
export type LeaseAsk = readonly [client: string, wanted: number, debt: number];
/** So many may pass; after them none does for `waitMs`, if that is above 0. */
export type LeaseGrant = readonly [client: string, granted: number, waitMs: number];
/** So many were not used. */
export type LeaseReturn = readonly [client: string, unused: number];

/** The way to the process that counts. It answers by `LeasedLimiter.grant`. */
export interface Lender {
  ask(asks: readonly LeaseAsk[]): void;
  giveBack(returns: readonly LeaseReturn[]): void;
}

/** Of a limit, all workers together hold at most about a tenth: each a lease and a half. */
const LEASES_IN_LIMIT = 16;
const MOST_CLIENTS = 100_000;
/** A lease that is not used for so long is given back. */
const IDLE_MS = 1000;
/** A client at its limit has each worker ask at most so often. */
const LEAST_WAIT_MS = 50;
/** A request waits no longer for an answer: then it passes, as it does while Valkey is lost. */
const PATIENCE_MS = 250;

interface Lease {
  tokens: number;
  /** Requests that passed and were not charged. */
  debt: number;
  isAsked: boolean;
  isUsed: boolean;
  refusedUntil: number;
  /** To be called when an answer comes. */
  waiting: (() => void)[];
}

/** Limits in a worker, by leases from the process that counts. */
export class LeasedLimiter implements Limiter {
  private readonly leases = new LRUCache<string, Lease>({ max: MOST_CLIENTS });
  /** Clients with a lease that is not used up. */
  private readonly holding = new Map<string, Lease>();
  /** Clients to ask for, together, once the requests at hand are read. */
  private asking: string[] = [];
  private readonly size: number;
  private readonly mayPassFirst: boolean;
  private readonly timer: NodeJS.Timeout;

  /**
   * @param perMinute most requests of a client within a minute, of all workers together; 0: no limit
   * @param workers how many share the limit
   * @param now a clock in milliseconds, for tests
   */
  constructor(
    private readonly perMinute: number,
    workers: number,
    private readonly lender: Lender,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.size = Math.max(1, Math.floor(perMinute / (LEASES_IN_LIMIT * workers)));
    this.mayPassFirst = perMinute >= 10 * (workers - 1);
    this.timer = setInterval(() => this.returnIdle(), IDLE_MS).unref();
  }

  /** Gives everything back. */
  stop(): void {
    clearInterval(this.timer);
    for (let i = 0; i < 2; i++) this.returnIdle();
  }

  admit(client: string): number | undefined {
    if (this.perMinute === 0) return 0;
    const lease = this.leaseOf(client);
    if (lease.tokens > 0) {
      lease.tokens--;
      lease.isUsed = true;
      const isLow = 2 * lease.tokens <= this.size && this.size > 1;
      if (isLow && lease.refusedUntil <= this.now()) this.ask(client, lease);
      return 0;
    }
    const wait = lease.refusedUntil - this.now();
    if (wait > 0) return Math.ceil(wait / 1000);
    const isFirst = !lease.isAsked && this.mayPassFirst;
    this.ask(client, lease);
    if (!isFirst) return undefined;
    lease.debt++;
    return 0;
  }

  async settle(client: string): Promise<number> {
    const end = this.now() + PATIENCE_MS;
    for (;;) {
      const wait = this.admit(client);
      if (wait !== undefined) return wait;
      const lease = this.leaseOf(client);
      if (this.now() >= end) {
        lease.debt++;
        return 0;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS).unref();
        lease.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Takes the answers to what was asked. */
  grant(grants: readonly LeaseGrant[]): void {
    for (const [client, granted, waitMs] of grants) {
      const lease = this.leaseOf(client);
      lease.isAsked = false;
      lease.tokens += granted;
      if (lease.tokens > 0) this.holding.set(client, lease);
      if (waitMs > 0) lease.refusedUntil = this.now() + Math.max(LEAST_WAIT_MS, waitMs);
      for (const go of lease.waiting.splice(0)) go();
    }
  }

  private ask(client: string, lease: Lease): void {
    if (lease.isAsked) return;
    lease.isAsked = true;
    lease.isUsed = true;
    if (this.asking.push(client) === 1) setImmediate(() => this.send());
  }

  private send(): void {
    const asks = this.asking.map((client): LeaseAsk => {
      const lease = this.leaseOf(client);
      const { debt, waiting } = lease;
      lease.debt = 0;
      return [client, Math.max(this.size, waiting.length), debt];
    });
    this.asking = [];
    this.lender.ask(asks);
  }

  private leaseOf(client: string): Lease {
    const known = this.leases.get(client);
    if (known !== undefined) return known;
    const idle = { isAsked: false, isUsed: false, refusedUntil: 0 };
    const lease: Lease = { tokens: 0, debt: 0, ...idle, waiting: [] };
    this.leases.set(client, lease);
    return lease;
  }

  private returnIdle(): void {
    const returns: LeaseReturn[] = [];
    for (const [client, lease] of this.holding) {
      if (!lease.isUsed && lease.tokens > 0) {
        returns.push([client, lease.tokens]);
        lease.tokens = 0;
      }
      if (lease.tokens === 0) this.holding.delete(client);
      lease.isUsed = false;
    }
    if (returns.length > 0) this.lender.giveBack(returns);
  }
}

/** Answers what a worker asked, by the limiter that counts for all of them. */
export function grantLeases(limiter: RateLimiter, asks: readonly LeaseAsk[]): LeaseGrant[] {
  return asks.map(([client, wanted, debt]) => {
    limiter.charge(client, debt);
    const granted = limiter.take(client, wanted);
    return [client, granted, limiter.waitMs(client)];
  });
}
