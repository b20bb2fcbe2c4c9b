import type { EventLoopLag } from './event-loop-lag.js';

/** How much the service takes on before it refuses. */
export interface AdmissionLimits {
  /** Most requests under way at once; 0: any number. */
  readonly inFlight: number;
  /** Longest that the event loop may be behind, in milliseconds; 0: any time. */
  readonly lagMs: number;
}

/**
 * Refuses requests while there are more than can be answered in time, so that those it takes are
 * still fast. A refused request costs a fraction of an answered one, and so the queue drains.
 */
export class Admission {
  private underWay = 0;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly lag: EventLoopLag,
  ) {}

  /** Requests taken and not yet answered. */
  get inFlight(): number {
    return this.underWay;
  }

  /** Takes a request, unless there is too much to do. Whoever is taken must `leave`. */
  enter(): boolean {
    const { inFlight, lagMs } = this.limits;
    if (inFlight > 0 && this.underWay >= inFlight) return false;
    if (lagMs > 0 && this.lag.current() > lagMs) return false;
    this.underWay++;
    return true;
  }

  /** A request that was taken is answered or gone. */
  leave(): void {
    this.underWay--;
  }
}
