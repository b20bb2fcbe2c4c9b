/* What the host may call. Each user has an instance of its own, over a memory of its own. */
export { take } from './memory';
export { continueRandom } from './random';
export { bindBoosting, bindFeature, bindRows, bindRules } from './fit';
export { bindSplits } from './split';
export { bindNodes } from './node';
export {
  bindTree,
  nodeCover,
  nodeCut,
  nodeFeature,
  nodeGain,
  nodeLeft,
  nodeMissingLeft,
  nodeSets,
  nodeValue,
  openTree,
  setWords,
} from './tree';
export { bindBuffers, gather } from './rows';
export { bindBag, drawBag, drawn, missed } from './bag';
export { bindGrower, grow } from './grow';
export { beginRoutes, bindRoutes, outLeaves, outPositions, route } from './route';
export { addToMargins, bindMargins } from './margins';
export {
  bindBooster,
  heldWeight,
  keepMargins,
  listGroups,
  sampleGroups,
  scaleTree,
  setMargins,
  takeHeld,
  trainedSum,
  trainedWeight,
} from './boost';
export { bindLoss, layDerivatives, lossHeld } from './losses';
export { addCodes, bindCodes, makeCoding } from './codes';
export {
  addDistinct,
  beginDistinct,
  bindDistinct,
  bindNumbers,
  distinct,
  sortDistinct,
  sortNumbers,
  sorted,
} from './numbers';
export {
  beginSort,
  bindRecords,
  countTop,
  fillTop,
  layTop,
  markGroups,
  putColumn,
  putNumbers,
  putRows,
  records,
  releaseGrowers,
  sortTop,
  takeNumbers,
  takeRows,
} from './records';
export {
  bindForest,
  bindTest,
  codeRows,
  numbers,
  predictCodes,
  predictRow,
  sumBlock,
  sums,
  walkTrees,
} from './walk';
