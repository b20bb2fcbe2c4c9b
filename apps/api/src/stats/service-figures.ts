import type { PredictionCache } from '@adscale/cache';
import type { ServiceStats } from '@adscale/stats';
import type { Explanations } from '../explain/explanations.js';
import type { Answer } from '../model/served-model.js';
import type { Admission } from '../overload/admission.js';
import type { EventLoopLag } from '../overload/event-loop-lag.js';
import { type Figures, mergeFigures } from './figures.js';

/** The other processes of the service: workers of this machine, replicas elsewhere. */
export interface Others {
  /** Their figures, as far as they can be had in a short time. Never rejects. */
  figures(): Promise<readonly Figures[]>;
}

/** What this process measures itself by. */
export interface Meters {
  readonly stats: ServiceStats;
  readonly cache: PredictionCache<Answer>;
  /** Only costly answers have a second tier. */
  readonly explanations: Explanations;
  readonly admission: Admission;
  readonly lag: EventLoopLag;
}

/** The figures of the whole service, whichever process is asked. */
export class ServiceFigures {
  private readonly others: Others[] = [];

  constructor(private readonly meters: Meters) {}

  /** From now on these processes count as well. */
  include(others: Others): void {
    this.others.push(others);
  }

  /** This process alone. */
  own(): Figures {
    const { stats, cache, explanations, admission, lag } = this.meters;
    const held = { ...cache.snapshot(), tier: explanations.tier };
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      stats: stats.snapshot(held),
      cache: held,
      processes: [
        {
          pid: process.pid,
          cpu_seconds: (user + system) / 1e6,
          resident_bytes: rss,
          heap_bytes: heapUsed,
          event_loop_lag_ms: lag.current(),
          in_flight: admission.inFlight,
        },
      ],
    };
  }

  /** All processes together. */
  async all(): Promise<Figures> {
    const groups = await Promise.all(this.others.map((others) => others.figures()));
    return groups.flat().reduce(mergeFigures, this.own());
  }
}
