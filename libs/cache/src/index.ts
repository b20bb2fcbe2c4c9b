export { PredictionCache, type CacheOptions, type ModelOptions } from './cache.js';
export type { ModelCells } from './cells.js';
export { CacheError, cacheErrors, type CacheErrorCode } from './errors.js';
export { hashRow } from './keys/hash.js';
export {
  digestKey,
  exactKey,
  keyKinds,
  type CellKey,
  type FlatRecord,
  type KeyKind,
} from './keys/keys.js';
export {
  distinctRequests,
  emptyDistinct,
  exactKeyHitRate,
  mergeDistinct,
  type DistinctSnapshot,
} from './measure/distinct.js';
export {
  cacheWorth,
  emptyCacheSnapshot,
  mergeCacheSnapshots,
  retiredCache,
  type CacheSnapshot,
  type CacheWorth,
} from './measure/snapshot.js';
export { medianMs, samplesOf, type Timing } from './measure/timing.js';
export type { Compute } from './single-flight.js';
export { bytesOf } from './store/sizing.js';
export type { BreakerOptions, BreakerState } from './tier/circuit-breaker.js';
export {
  jsonCodec,
  numberCodec,
  type Codec,
  type SecondTier,
  type TierSnapshot,
} from './tier/second-tier.js';
export { connectValkey, endConnection } from './tier/connection.js';
export { ValkeyTier, type ValkeyTierOptions } from './tier/valkey.js';
