// Yggdrasil Decision Forests compiled to WebAssembly. Its JavaScript interface offers no settings:
// 300 trees, at least 5 rows a leaf, every row weighs 1. It trains from CSV text, so reading the
// text is part of its fit; it always judges itself out of bag, as ours does.
import { createRequire } from 'node:module';
import { answer } from './exchange.mjs';

const require = createRequire(import.meta.url);
const TREES = 300;

function csvOf(features, target) {
  const lines = [[...features.map((_, f) => `x${f}`), 'y'].join(',')];
  for (let i = 0; i < target.length; i++) {
    const numbers = features.map((column) => (Number.isNaN(column[i]) ? '' : column[i]));
    // With decimals, or a target of zeros and ones is taken for words.
    lines.push([...numbers, target[i].toFixed(9)].join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Plain arrays by feature; its engine reads NaN as missing. */
function batchOf(features, rows) {
  return Object.fromEntries(features.map((column, f) => [`x${f}`, rows.map((i) => column[i])]));
}

// Its save() looks for a global that its package depends on but does not set.
globalThis.JSZip = createRequire(require.resolve('ydf-training'))('jszip');
// Its log goes where the answer must go.
console.log = () => {};
const training = await require('ydf-training')();
const inference = await require('ydf-inference')();
await answer({
  version: `ydf-training ${require('ydf-training/package.json').version}`,
  trees: TREES,
  prepare: csvOf,
  fit: (csv) => new training.RandomForestLearner('y', 'REGRESSION').train(csv),
  async serve(trained) {
    const zip = await (await trained.save()).arrayBuffer();
    return inference.loadModelFromZipBlob(Buffer.from(zip));
  },
  batchOf,
});
