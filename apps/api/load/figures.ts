// What GET /stats says of the cache and of memory, and the arithmetic that judges a run by it.
// Shared by k6 and the Node driver; imports nothing.

/** Figures of the service at one moment, counted since it started. */
export interface Figures {
  hits: number;
  misses: number;
  /** What a key of the whole request would have hit; null before the first request. */
  exactKeyHitRate: number | null;
  /** Resident memory of all its processes. */
  residentBytes: number;
}

interface Stats {
  cache?: { hits?: unknown; misses?: unknown; exact_key_hit_rate?: unknown };
  processes?: { resident_bytes?: number }[];
}

/** @throws Error naming the figure that the answer lacks. */
export function figuresOf(stats: unknown): Figures {
  const { cache, processes } = (stats ?? {}) as Stats;
  const { hits, misses, exact_key_hit_rate: exactKeyHitRate } = cache ?? {};
  const lacks = (name: string) =>
    new Error(`GET /stats has no ${name}: ${JSON.stringify(stats)?.slice(0, 500)}`);
  if (typeof hits !== 'number' || typeof misses !== 'number')
    throw lacks('cache.hits and cache.misses');
  if (typeof exactKeyHitRate !== 'number' && exactKeyHitRate !== null)
    throw lacks('cache.exact_key_hit_rate');
  if (!Array.isArray(processes)) throw lacks('processes');
  const residentBytes = processes.reduce((sum, { resident_bytes: own }) => sum + (own ?? 0), 0);
  return { hits, misses, exactKeyHitRate, residentBytes };
}

/** How often the cache was asked. */
export function lookups({ hits, misses }: Figures): number {
  return hits + misses;
}

/** Share of cache hits between two readings, in [0, 1]; 0 when nothing was looked up. */
export function hitRateBetween(before: Figures, after: Figures): number {
  const asked = lookups(after) - lookups(before);
  return asked > 0 ? (after.hits - before.hits) / asked : 0;
}

/**
 * What a key of the whole request would have hit between two readings. The service estimates how
 * many requests were different from a sample of 2,048 of them; where a run brought less than a
 * hundredth of all requests, too few of the sample are the run's: undefined.
 */
export function exactKeyHitRateBetween(before: Figures, after: Figures): number | undefined {
  const asked = lookups(after) - lookups(before);
  if (asked < lookups(after) / 100 || asked === 0) return undefined;
  return 1 - (different(after) - different(before)) / asked;
}

function different(figures: Figures): number {
  return (1 - (figures.exactKeyHitRate ?? 0)) * lookups(figures);
}

/** By what share resident memory grew between two readings. */
export function residentGrowth(before: Figures, after: Figures): number {
  return after.residentBytes / before.residentBytes - 1;
}
