import type { ServerResponse } from 'node:http';
import type { EventLoopLag } from './event-loop-lag.js';

/** How much the service takes on before it refuses. */
export interface AdmissionLimits {
  /** Most requests under way at once; 0: any number. */
  readonly inFlight: number;
  /** Longest that the event loop may be behind, in milliseconds; 0: any time. */
  readonly lagMs: number;
  /** Most bytes of bodies under way at once; 0: any number. */
  readonly bytes: number;
}

/**
 * A body up to so many bytes is counted with its request alone. Otherwise some clients that announce
 * large bodies would keep out all the small ones.
 */
const SMALL_BYTES = 16_384;

/**
 * Refuses requests while there are more than can be answered in time, or held in memory, so that
 * those it lets in stay fast. A refused request costs a fraction of an answered one, so the queue
 * drains.
 */
export class Admission {
  private underWay = 0;
  private held = 0;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly lag: EventLoopLag,
  ) {}

  /** Requests let in that are not over: neither is their answer read, nor are they gone. */
  get inFlight(): number {
    return this.underWay;
  }

  /** Bytes of their bodies, counted as far as they are not small. */
  get bytes(): number {
    return this.held;
  }

  /**
   * Lets a request in until its response emits `close`, unless there is too much to do. `Connections`
   * sees to it that every response does.
   * @param response undefined of a request by another protocol, whose ticket is given back by hand
   * @returns the request's ticket, or undefined when it is to be refused
   */
  enter(response?: ServerResponse): Ticket | undefined {
    const { inFlight, lagMs } = this.limits;
    if (inFlight > 0 && this.underWay >= inFlight) return undefined;
    if (lagMs > 0 && this.lag.current() > lagMs) return undefined;
    this.underWay++;
    const ticket = new Ticket(this);
    response?.once('close', () => ticket.giveBack());
    return ticket;
  }

  /** Counts out a request and its bytes; for its ticket. */
  leave(bytes: number): void {
    this.underWay--;
    this.held -= bytes;
  }

  /**
   * Takes more bytes, or says that there is no room; for a ticket. A body that is more than all there
   * may be is let in alone: its route has a limit of its own.
   */
  hold(bytes: number): boolean {
    const { bytes: most } = this.limits;
    if (most > 0 && this.held > 0 && this.held + bytes > most) return false;
    this.held += bytes;
    return true;
  }
}

/** What a request that was let in has taken, given back once, when its response is over. */
export class Ticket {
  private taken = 0;
  private isOver = false;

  constructor(private readonly admission: Admission) {}

  /**
   * Holds room for a body.
   * @param bytes as long as it is announced to be, or as long as it is so far
   * @returns whether there is room; if not, the request is to be refused with 503
   */
  reserve(bytes: number): boolean {
    if (bytes <= SMALL_BYTES || bytes <= this.taken) return true;
    // What comes of a body whose request is over would never be given back.
    if (this.isOver || !this.admission.hold(bytes - this.taken)) return false;
    this.taken = bytes;
    return true;
  }

  /** Gives back what it took, if it has not yet; from now on it takes nothing. */
  giveBack(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.admission.leave(this.taken);
  }
}
