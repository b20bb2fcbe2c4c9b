import {
  type CacheSnapshot,
  emptyCacheSnapshot,
  mergeCacheSnapshots,
  retiredCache,
} from '@adscale/cache';
import { type StatsSnapshot, emptySnapshot, mergeSnapshots, retired } from '@adscale/stats';

/** One process as it is now. */
export interface ProcessFigures {
  readonly pid: number;
  readonly cpu_seconds: number;
  readonly resident_bytes: number;
  readonly heap_bytes: number;
  readonly event_loop_lag_ms: number;
  readonly in_flight: number;
}

/** What one process of the service did so far, or several taken together. Plain data. */
export interface Figures {
  readonly stats: StatsSnapshot;
  readonly cache: CacheSnapshot;
  readonly processes: readonly ProcessFigures[];
}

/** Nothing done by nobody: merging it changes nothing. */
export const emptyFigures: Figures = {
  stats: emptySnapshot,
  cache: emptyCacheSnapshot,
  processes: [],
};

/** Two processes as one: associative, and commutative up to the order of `processes`. */
export function mergeFigures(a: Figures, b: Figures): Figures {
  return {
    stats: mergeSnapshots(a.stats, b.stats),
    cache: mergeCacheSnapshots(a.cache, b.cache),
    processes: [...a.processes, ...b.processes],
  };
}

/** What stays of a process that ended: what it counted, not what it held. */
export function retiredFigures({ stats, cache }: Figures): Figures {
  return {
    stats: retired(stats),
    cache: retiredCache(cache),
    processes: [],
  };
}
