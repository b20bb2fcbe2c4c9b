/*
 * Why not p-memoize (8.0.0) or async-cache-dedupe (3.4.0): neither lets one of several callers stop
 * waiting, nor tells the computation when the last one has.
 */
import type { CellKey } from './keys/keys.js';

/** Makes one value. `signal` aborts when no caller waits for the value any more. */
export type Compute<T> = (signal: AbortSignal) => T | Promise<T>;

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/** Runs at most one computation per key at a time; callers of the same key share its result. */
export class SingleFlight<T> {
  private readonly flights = new Map<CellKey, Flight<T>>();

  /** Keys that are being computed now. */
  get size(): number {
    return this.flights.size;
  }

  /** Whether `key` is being computed now. */
  has(key: CellKey): boolean {
    return this.flights.has(key);
  }

  /**
   * Runs `compute`, or joins the run that is under way for this key. When the run fails, all its
   * callers get the error, and the next call starts a new run.
   * @param signal ends the wait of this caller only. When the last caller of a run has ended its
   *   wait, the signal that `compute` got aborts, and the next call starts a new run.
   * @returns what `compute` gave; rejects with the signal's reason or with what `compute` threw
   */
  run(key: CellKey, compute: Compute<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const flight = this.flights.get(key) ?? this.start(key, compute);
    flight.waiters++;
    return signal === undefined ? flight.result : this.waitFor(key, flight, signal);
  }

  private start(key: CellKey, compute: Compute<T>): Flight<T> {
    const controller = new AbortController();
    const result = (async () => compute(controller.signal))();
    const flight: Flight<T> = { result, controller, waiters: 0 };
    this.flights.set(key, flight);
    const land = () => this.land(key, flight);
    // Takes failures too: with all waiters gone, nobody else would.
    result.then(land, land);
    return flight;
  }

  private land(key: CellKey, flight: Flight<T>): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }

  private waitFor(key: CellKey, flight: Flight<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--flight.waiters > 0) return;
        this.land(key, flight);
        flight.controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      const stay = () => signal.removeEventListener('abort', leave);
      flight.result.then(resolve, reject).finally(stay);
    });
  }
}
