/*
 * Stops asking a service that does not answer (Nygard: "Release It!", 2nd ed., 2018, ch. 5).
 *
 * ```
 *            too many of the last calls failed
 *   closed ───────────────────────────────────▶ open ◀──────────┐
 *     ▲                                           │ time is up  │ the probe failed:
 *     │                                           ▼             │ twice the time
 *     └──────── the probe succeeded ────────── half open ───────┘
 *                                          (one call at a time)
 * ```
 * Why not cockatiel (3.2.1, the last for Node 20): its open circuit waits by the wall clock, so a
 * clock set back keeps it open; while a probe is under way it makes callers wait for it; an answer
 * that comes late counts in whatever state the circuit is by then.
 */
import { checkWhole } from '../errors.js';

export type BreakerState = 'closed' | 'halfOpen' | 'open';

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Failures among the last 20 calls that open it: 1 to 20. Default: 10. */
  readonly failures?: number;
  /** Milliseconds until the first probe, at least 1. Default: 500. */
  readonly coolDownMs?: number;
  /** Longest time between two probes in milliseconds. Default: 5000. */
  readonly maxCoolDownMs?: number;
  /** A clock in milliseconds, for tests. Default: the process's monotonic clock. */
  readonly now?: () => number;
}

const CALLS = 20;
const LAST_CALLS = 2 ** CALLS - 1;

/**
 * Lets calls through, or not: see the head of this file. Whoever got a ticket from `enter` must call
 * `leave` with it once.
 */
export class CircuitBreaker {
  private current: BreakerState = 'closed';
  /** One bit a call, 1 for a failure, the last call lowest. */
  private outcomes = 0;
  private retryAt = 0;
  private coolDown: number;
  /** Changes with the state: an answer to a call of an earlier state says nothing about now. */
  private ticket = 1;
  private readonly options: Required<BreakerOptions>;

  /** @throws CacheError OPTION_INVALID naming the option that is out of range */
  constructor(options: BreakerOptions = {}) {
    const { failures = CALLS / 2, coolDownMs = 500, maxCoolDownMs = 5000 } = options;
    const { now = () => performance.now() } = options;
    checkWhole('failures', failures, 1, CALLS);
    checkWhole('coolDownMs', coolDownMs, 1);
    checkWhole('maxCoolDownMs', maxCoolDownMs, coolDownMs);
    this.options = { failures, coolDownMs, maxCoolDownMs, now };
    this.coolDown = coolDownMs;
  }

  /** The state now. An open circuit stays open until the first call after its time is up. */
  get state(): BreakerState {
    return this.current;
  }

  /** A ticket for one call, above 0; 0 when the call must not be made. */
  enter(): number {
    if (this.current === 'closed') return this.ticket;
    if (this.current === 'halfOpen' || this.options.now() < this.retryAt) return 0;
    this.move('halfOpen');
    return this.ticket;
  }

  /** Counts how the call with this ticket ended. Tickets of earlier states count for nothing. */
  leave(ticket: number, succeeded: boolean): void {
    if (ticket !== this.ticket) return;
    if (this.current === 'closed') {
      this.outcomes = ((this.outcomes << 1) | (succeeded ? 0 : 1)) & LAST_CALLS;
      if (ones(this.outcomes) >= this.options.failures) this.open();
    } else if (succeeded) {
      this.coolDown = this.options.coolDownMs;
      this.outcomes = 0;
      this.move('closed');
    } else {
      this.coolDown = Math.min(2 * this.coolDown, this.options.maxCoolDownMs);
      this.open();
    }
  }

  /** Lets the next call through as a probe: there is a sign that the service is back. */
  retry(): void {
    if (this.current === 'open') this.retryAt = this.options.now();
  }

  private open(): void {
    this.retryAt = this.options.now() + this.coolDown;
    this.move('open');
  }

  private move(state: BreakerState): void {
    this.current = state;
    this.ticket++;
  }
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
