// ml-random-forest: every row weighs 1, since it knows no weights. Fully grown trees.
import { createRequire } from 'node:module';
import { RandomForestRegression } from 'ml-random-forest';
import { answer } from './exchange.mjs';

const { version } = createRequire(import.meta.url)('ml-random-forest/package.json');

/** Rows of plain arrays; a missing value is −1, below every value of the profiles. */
function rowsOf(features, rows) {
  return rows.map((i) => features.map((column) => (Number.isNaN(column[i]) ? -1 : column[i])));
}

await answer({
  version: `ml-random-forest ${version}`,
  prepare: (features, target) => ({
    x: rowsOf(
      features,
      Array.from(target, (_, i) => i),
    ),
    y: Array.from(target),
  }),
  fit({ x, y }, { trees, seed }) {
    const model = new RandomForestRegression({
      nEstimators: trees,
      seed,
      // A count: its default, 1.0, is taken for the whole number 1.
      maxFeatures: x[0].length,
      replacement: false,
      noOOB: true,
      treeOptions: { minNumSamples: 1, gainThreshold: 0, maxDepth: 64 },
    });
    model.train(x, y);
    return model;
  },
  serve: async (model) => model,
  batchOf: rowsOf,
});
