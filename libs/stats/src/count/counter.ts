import { shown, StatsError } from '../errors.js';
import { saturatingSum } from '../histogram.js';
import { compareNames } from '../snapshot/order.js';
import type { CounterSnapshot } from '../snapshot/snapshot.js';

/** How many counters of a kind a service may register. */
export const MAX_COUNTERS = 100;

/** What counters of a kind are named by. */
interface Naming {
  readonly what: string;
  readonly rule: RegExp;
  readonly wanted: string;
}

/** Counters of events that the service knows of. */
export const byEvent: Naming = { what: 'counter', rule: /^[a-z][a-z0-9_]*$/, wanted: 'snake_case' };
/** Counters by feature of a record, whose names are the users' own. */
export const byFeature: Naming = { what: 'feature', rule: /^[^]+$/, wanted: 'text' };

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

  constructor(private readonly naming: Naming) {}

  /**
   * The counter of this name; the same one when asked again.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  register(name: string): Counter {
    const { what, rule, wanted } = this.naming;
    if (typeof name !== 'string' || !rule.test(name)) {
      throw new StatsError('NAME_INVALID', `${what} is ${shown(name)}, wanted ${wanted}`);
    }
    const known = this.counters.get(name);
    if (known !== undefined) return known;
    if (this.counters.size === MAX_COUNTERS) {
      throw new StatsError('LIMIT_REACHED', `${what} ${name} is one over ${MAX_COUNTERS}`);
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
