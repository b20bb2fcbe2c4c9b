// What a load run must reach, and the arithmetic on GET /stats that judges it. k6 and the Node
// driver share this file as they share the traffic; like that one, it imports nothing.

/** Limits of a scenario: no request may ever fail, whatever else a scenario asks for. */
export interface Goals {
  /** The 99th percentile of the latency stays below this, in milliseconds. */
  p99Ms: number;
  /** The share of predictions answered from the cache, once warm, is above this. */
  hitRate?: number;
  /** At least this many different models answer. */
  models?: number;
}

export const goals: Record<'predict' | 'retrain', Goals> = {
  // 50 users at full speed on two cores that they share with the server; seen there: under 50 ms
  predict: { p99Ms: 150, hitRate: 0.9 },
  // training takes a core from the server, and a new model starts with an empty cache
  retrain: { p99Ms: 1000, models: 2 },
};

/** Cache figures of GET /stats, counted since the service started. */
export interface CacheCounts {
  hits: number;
  misses: number;
}

/** @throws Error when the answer has no cache figures. */
export function cacheCounts(stats: unknown): CacheCounts {
  const cache = (stats as { cache?: Partial<CacheCounts> } | null)?.cache;
  if (typeof cache?.hits !== 'number' || typeof cache.misses !== 'number')
    throw new Error(`GET /stats has no cache.hits and cache.misses: ${JSON.stringify(stats)}`);
  return { hits: cache.hits, misses: cache.misses };
}

/** Share of cache hits between two readings, in [0, 1]; 0 when nothing was looked up. */
export function hitRateBetween(before: CacheCounts, after: CacheCounts): number {
  const hits = after.hits - before.hits;
  const lookups = hits + after.misses - before.misses;
  return lookups > 0 ? hits / lookups : 0;
}

/** Whether a body is the whole answer of POST /predict_ctr: one key, a CTR in [0.0001, 1]. */
export function isPrediction(body: string): boolean {
  try {
    const answer = JSON.parse(body) as Record<string, unknown>;
    const ctr = answer.predicted_ctr;
    return typeof ctr === 'number' && ctr >= 0.0001 && ctr <= 1 && Object.keys(answer).length === 1;
  } catch {
    return false;
  }
}
