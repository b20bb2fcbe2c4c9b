import {
  type CacheSnapshot,
  type TierSnapshot,
  emptyCacheSnapshot,
  mergeCacheSnapshots,
  retiredCache,
} from '@adscale/cache';
import {
  type ServiceStats,
  type StatsSnapshot,
  emptySnapshot,
  mergeSnapshots,
  retired,
} from '@adscale/stats';
import type { Admission } from '../overload/admission.js';
import { hostname } from 'node:os';
import type { ServedModel } from '../model/served-model.js';
import type { EventLoopLag } from '../overload/event-loop-lag.js';
import type { WorkPool } from '../pool/pool.js';

/** One process as it is now. */
export interface ProcessFigures {
  readonly pid: number;
  /** The machine's name, or the container's. */
  readonly host: string;
  /** The version that answers there; null if there is none. */
  readonly serving: string | null;
  readonly cpu_seconds: number;
  readonly resident_bytes: number;
  readonly heap_bytes: number;
  readonly event_loop_lag_ms: number;
  readonly in_flight: number;
  readonly in_flight_bytes: number;
  readonly tasks_waiting: number;
}

/** What one process of the service did so far, or several processes together. Plain data. */
export interface Figures {
  readonly stats: StatsSnapshot;
  readonly cache: CacheSnapshot;
  readonly processes: readonly ProcessFigures[];
}

/** The figures of no process: merging them changes nothing. */
export const emptyFigures: Figures = {
  stats: emptySnapshot,
  cache: emptyCacheSnapshot,
  processes: [],
};

/** The figures of two processes together. Associative; commutative up to the order of `processes`. */
export function mergeFigures(a: Figures, b: Figures): Figures {
  return {
    stats: mergeSnapshots(a.stats, b.stats),
    cache: mergeCacheSnapshots(a.cache, b.cache),
    processes: [...a.processes, ...b.processes],
  };
}

/** What remains of a process that ended: what it counted, but not what it held. */
export function retiredFigures({ stats, cache }: Figures): Figures {
  return {
    stats: retired(stats),
    cache: retiredCache(cache),
    processes: [],
  };
}

/** The other processes of the service: workers of this machine, replicas elsewhere. */
export interface Others {
  /** Their figures, as far as they can be had in a short time. Never rejects. */
  figures(): Promise<readonly Figures[]>;
}

/** Where the figures of this process come from. */
export interface Meters {
  readonly stats: ServiceStats;
  /** Keeps predictions; in memory alone. */
  readonly cache: { snapshot(): CacheSnapshot };
  /** Keeps explanations; only these have a second tier. */
  readonly explanations: { readonly tier: TierSnapshot };
  readonly admission: Admission;
  readonly lag: EventLoopLag;
  readonly pool: Pick<WorkPool, 'waiting'>;
  readonly served: Pick<ServedModel, 'version'>;
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
    const { stats, cache, explanations, admission, lag, pool, served } = this.meters;
    const held = { ...cache.snapshot(), tier: explanations.tier };
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      stats: stats.snapshot(held),
      cache: held,
      processes: [
        {
          pid: process.pid,
          host: hostname(),
          serving: served.version,
          cpu_seconds: (user + system) / 1e6,
          resident_bytes: rss,
          heap_bytes: heapUsed,
          event_loop_lag_ms: lag.current(),
          in_flight: admission.inFlight,
          in_flight_bytes: admission.bytes,
          tasks_waiting: pool.waiting,
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
