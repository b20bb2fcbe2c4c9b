import { mergeHistograms, saturatingSum } from '../histogram.js';
import { compareModels, compareNames, compareRoutes, mergeOrdered } from './order.js';
import {
  type CacheCounts,
  type CategorySnapshot,
  COARSE,
  type CounterSnapshot,
  type CtrCounts,
  type CtrSums,
  deepFreeze,
  type DimensionSnapshot,
  FINE,
  type ModelSnapshot,
  oldestStart,
  type RingSpan,
  type RouteSnapshot,
  type SlotSnapshot,
  SNAPSHOT_FORMAT,
  type StatsSnapshot,
} from './snapshot.js';

/**
 * Merges the snapshots of two services (workers, replicas) into the one that a single service would
 * give that had seen everything both saw. Exactly associative and commutative, with `emptySnapshot`
 * as identity: it adds whole numbers, takes minima and maxima, and keeps the time slots that the
 * later of the two moments keeps.
 *
 * It keeps more than four models: dropping one that the next merge would add to is not associative.
 * Parts that only one snapshot has are shared with the result, and frozen.
 */
export function mergeSnapshots(a: StatsSnapshot, b: StatsSnapshot): StatsSnapshot {
  const takenAt = later(a.takenAt, b.takenAt);
  return deepFreeze({
    format: SNAPSHOT_FORMAT,
    startedAt: earlier(a.startedAt, b.startedAt),
    takenAt,
    ...mergeCtrCounts(a, b),
    routes: mergeOrdered(a.routes, b.routes, compareRoutes, mergeRoutes),
    dimensions: mergeOrdered(a.dimensions, b.dimensions, byName, mergeDimensions),
    models: mergeModelLists(a.models, b.models),
    counters: mergeOrdered(a.counters, b.counters, byName, mergeCounters),
    unknownWords: mergeOrdered(a.unknownWords, b.unknownWords, byName, mergeCounters),
    cache: mergeCaches(a.cache, b.cache),
    windows: {
      fine: mergeSlotLists(a.windows.fine, b.windows.fine, FINE, takenAt),
      coarse: mergeSlotLists(a.windows.coarse, b.windows.coarse, COARSE, takenAt),
    },
  });
}

/**
 * What stays of a service that has ended: what it counted, but not what its cache held. A primary
 * process merges it with the snapshots of its workers, so that no total falls when a worker ends.
 */
export function retired(snapshot: StatsSnapshot): StatsSnapshot {
  return deepFreeze({ ...snapshot, cache: { ...snapshot.cache, size: 0, bytes: 0 } });
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareNames(a.name, b.name);
}

function mergeRoutes(a: RouteSnapshot, b: RouteSnapshot): RouteSnapshot {
  return {
    method: a.method,
    path: a.path,
    background: a.background && b.background,
    statuses: mergeHistograms(a.statuses, b.statuses),
    latency: mergeHistograms(a.latency, b.latency),
    microseconds: saturatingSum(a.microseconds, b.microseconds),
  };
}

function mergeCtrSums(a: CtrSums, b: CtrSums): CtrSums {
  return {
    predictions: saturatingSum(a.predictions, b.predictions),
    ctrTenThousandths: saturatingSum(a.ctrTenThousandths, b.ctrTenThousandths),
  };
}

function mergeCtrCounts(a: CtrCounts, b: CtrCounts): CtrCounts {
  return { ...mergeCtrSums(a, b), ctrs: mergeHistograms(a.ctrs, b.ctrs) };
}

function mergeDimensions(a: DimensionSnapshot, b: DimensionSnapshot): DimensionSnapshot {
  const categories = mergeOrdered(
    a.categories,
    b.categories,
    (one, other) => compareNames(one.label, other.label),
    (one, other): CategorySnapshot => ({ label: one.label, ...mergeCtrSums(one, other) }),
  );
  return { name: a.name, categories };
}

function mergeModelLists(
  a: readonly ModelSnapshot[],
  b: readonly ModelSnapshot[],
): ModelSnapshot[] {
  const byVersion = new Map<string, ModelSnapshot>();
  for (const model of [...a, ...b]) {
    const twin = byVersion.get(model.version);
    byVersion.set(model.version, twin === undefined ? model : mergeModels(twin, model));
  }
  return [...byVersion.values()].sort(compareModels);
}

function mergeModels(a: ModelSnapshot, b: ModelSnapshot): ModelSnapshot {
  return {
    version: a.version,
    since: Math.min(a.since, b.since),
    served: mergeCtrCounts(a.served, b.served),
    shadow: {
      ...mergeCtrCounts(a.shadow, b.shadow),
      aboveTenThousandths: saturatingSum(
        a.shadow.aboveTenThousandths,
        b.shadow.aboveTenThousandths,
      ),
      belowTenThousandths: saturatingSum(
        a.shadow.belowTenThousandths,
        b.shadow.belowTenThousandths,
      ),
    },
  };
}

function mergeCounters(a: CounterSnapshot, b: CounterSnapshot): CounterSnapshot {
  return { name: a.name, value: saturatingSum(a.value, b.value) };
}

function mergeCaches(a: CacheCounts, b: CacheCounts): CacheCounts {
  return {
    hits: saturatingSum(a.hits, b.hits),
    misses: saturatingSum(a.misses, b.misses),
    size: saturatingSum(a.size, b.size),
    bytes: saturatingSum(a.bytes, b.bytes),
    evictions: saturatingSum(a.evictions, b.evictions),
  };
}

// The order of dropping and merging does not matter: a slot that is too old at one moment is too old
// at every later one.
function mergeSlotLists(
  a: readonly SlotSnapshot[],
  b: readonly SlotSnapshot[],
  span: RingSpan,
  takenAt: number | null,
): SlotSnapshot[] {
  const merged = mergeOrdered(a, b, (one, other) => one.start - other.start, mergeSlots);
  return takenAt === null
    ? merged
    : merged.filter(({ start }) => start >= oldestStart(span, takenAt));
}

/** Adds the counts of two time slots, the same or neighbours. The earlier start is kept. */
export function mergeSlots(a: SlotSnapshot, b: SlotSnapshot): SlotSnapshot {
  return {
    start: Math.min(a.start, b.start),
    requests: saturatingSum(a.requests, b.requests),
    errors: saturatingSum(a.errors, b.errors),
    predictions: saturatingSum(a.predictions, b.predictions),
    hits: saturatingSum(a.hits, b.hits),
    misses: saturatingSum(a.misses, b.misses),
    latency: mergeHistograms(a.latency, b.latency),
  };
}
