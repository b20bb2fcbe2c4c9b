import type { EventLoopLag } from './event-loop-lag.js';

/** How much the service takes on before it refuses. */
export interface AdmissionLimits {
  /** Most requests under way at once; 0: any number. */
  readonly inFlight: number;
  /** Longest that the event loop may be behind, in milliseconds; 0: any time. */
  readonly lagMs: number;
}

/**
 * Refuses requests while there are more than can be answered in time, so that those it lets in
 * stay fast. A refused request costs a fraction of an answered one, so the queue drains.
 */
export class Admission {
  private underWay = 0;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly lag: EventLoopLag,
  ) {}

  /** Requests let in and not yet answered. */
  get inFlight(): number {
    return this.underWay;
  }

  /** Counts a request in and returns true, unless there is too much to do. Then call `leave`. */
  enter(): boolean {
    const { inFlight, lagMs } = this.limits;
    if (inFlight > 0 && this.underWay >= inFlight) return false;
    if (lagMs > 0 && this.lag.current() > lagMs) return false;
    this.underWay++;
    return true;
  }

  /** Counts out a request that `enter` let in: it is answered, or its client is gone. */
  leave(): void {
    this.underWay--;
  }
}
