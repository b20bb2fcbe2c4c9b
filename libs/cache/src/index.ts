export { PredictionCache, type CacheOptions, type ModelOptions } from './cache.js';
export type { ModelCells } from './cells.js';
export type { BreakerOptions, BreakerState } from './tier/circuit-breaker.js';
export { jsonCodec, numberCodec, type Codec } from './tier/codec.js';
export {
  distinctRequests,
  emptyDistinct,
  exactKeyHitRate,
  mergeDistinct,
  type DistinctSnapshot,
} from './figures/distinct.js';
export { CacheError, cacheErrors, type CacheErrorCode } from './errors.js';
export {
  cacheWorth,
  emptyCacheFigures,
  mergeCacheFigures,
  type CacheFigures,
  type CacheWorth,
} from './figures/figures.js';
export { hashRow } from './keys/hash.js';
export {
  digestKey,
  exactKey,
  keyKinds,
  type CellKey,
  type FlatRecord,
  type KeyKind,
} from './keys/keys.js';
export type { Compute } from './single-flight.js';
export { bytesOf } from './store/sizing.js';
export type { SecondTier } from './tier/second-tier.js';
export type { TierFigures } from './tier/figures.js';
export { connectValkey, endConnection } from './tier/client.js';
export { ValkeyTier, type ValkeyTierOptions } from './tier/valkey.js';
export { medianMs, samplesOf, type Timing } from './figures/timing.js';
