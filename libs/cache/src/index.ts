export { PredictionCache, type CacheOptions, type ModelOptions } from './cache.js';
export { canonicalJson } from './canonical-json.js';
export type { ModelCells } from './cells.js';
export type { BreakerOptions, BreakerState } from './circuit-breaker.js';
export { jsonCodec, numberCodec, type Codec } from './codec.js';
export {
  distinctRequests,
  emptyDistinct,
  exactKeyHitRate,
  mergeDistinct,
  type DistinctSnapshot,
} from './distinct.js';
export { CacheError, cacheErrors, type CacheErrorCode } from './errors.js';
export {
  cacheWorth,
  emptyCacheFigures,
  mergeCacheFigures,
  type CacheFigures,
  type CacheWorth,
} from './figures.js';
export { hashRow } from './hash.js';
export { digestKey, exactKey, keyKinds, type CellKey, type KeyKind } from './keys.js';
export type { Compute } from './single-flight.js';
export { bytesOf } from './sizing.js';
export type { SecondTier } from './tier.js';
export type { TierFigures } from './tier-figures.js';
export { connectValkey, endConnection } from './valkey-client.js';
export { ValkeyTier, type ValkeyTierOptions } from './valkey-tier.js';
export { medianMs, samplesOf, type Timing } from './timing.js';
