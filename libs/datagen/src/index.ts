export { columnNames, generate } from './generate.js';
export type { AdColumns, AdTable, Column } from './generate.js';
export type { Change } from './period.js';
export type { GenerateOptions } from './sample.js';
export { anchor, trueCtr } from './truth.js';
export type { AdRecord, WideAdRecord } from './truth.js';
export {
  bestGuess,
  inputCeiling,
  noiseCeiling,
  noiseVariance,
  normalisedEntropy,
} from './noise.js';
export { writeCsv, writeNdjson } from './write.js';
export { deviceTypes, markets, POSITIONS, profiles } from './profile.js';
export type { DeviceType, Market, PerDevice, Profile } from './profile.js';
export { extraFeatures } from './extras.js';
export type { ExtraFeature, ExtraValue } from './extras.js';
export { LAUNCH_DAYS, ROWS_A_DAY, wordColumns, words } from './words.js';
export type { Word } from './words.js';
export { DatagenError, datagenErrors } from './errors.js';
export type { DatagenErrorCode } from './errors.js';
