import { shown, StatsError } from '../errors.js';
import { saturatingSum } from '../histogram.js';
import { compareNames } from '../snapshot/order.js';
import type { CounterSnapshot } from '../snapshot/snapshot.js';

/** How many counters a service may register. */
export const MAX_COUNTERS = 100;

/** Counts one kind of event. */
export class Counter {
  private total = 0;

  /** @param by whole and above 0; anything else is not counted */
  increment(by = 1): void {
    if (Number.isSafeInteger(by) && by > 0) this.total = saturatingSum(this.total, by);
  }

  /** The events so far. */
  get value(): number {
    return this.total;
  }
}

/** The counters of a service by name. */
export class Counters {
  private readonly counters = new Map<string, Counter>();

  /**
   * The counter of this name; the same one when asked again.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  register(name: string): Counter {
    if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
      throw new StatsError('NAME_INVALID', `counter is ${shown(name)}, wanted snake_case`);
    }
    const known = this.counters.get(name);
    if (known !== undefined) return known;
    if (this.counters.size === MAX_COUNTERS) {
      throw new StatsError('LIMIT_REACHED', `counter ${name} is one over ${MAX_COUNTERS}`);
    }
    const counter = new Counter();
    this.counters.set(name, counter);
    return counter;
  }

  /** Every counter, also those at 0, in order. */
  snapshot(): CounterSnapshot[] {
    return [...this.counters]
      .map(([name, { value }]) => ({ name, value }))
      .sort((a, b) => compareNames(a.name, b.name));
  }
}
