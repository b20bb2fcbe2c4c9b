// Who runs against whom, with which rules. `like` names the rule of ours that a peer is held to.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultFitOptions, fitInput, observedCtr } from '@adscale/ctr';
import { fit } from '@adscale/forest';
import { writeDoubles } from './doubles.mjs';
import { ask } from './peers.mjs';
import { rowMajor } from './samples.mjs';
import { timed } from './stopwatch.mjs';

/** Our rules by name: what the library does by default, and what peers do by theirs. */
export const ourRules = {
  'leaf 5': {},
  'leaf 1': { minLeafRows: 1 },
  'leaf 20': { minLeafRows: 20 },
  'depth 6': { maxDepth: 6, minLeafRows: 1 },
  'leaf 20, 64 bins': { minLeafRows: 20, maxBins: 64 },
  'depth 6, 64 bins': { maxDepth: 6, minLeafRows: 1, maxBins: 64 },
  'as @adscale/ctr fits': defaultFitOptions,
};

/** How a rule of ours is called in the tables. */
export function ourLabel(rule) {
  return `ours, ${rule}${rule === 'leaf 5' ? ' (default)' : ''}`;
}

/**
 * @param {{depth: number, leaves: number}} shape of our default forest, for XGBoost to match
 * @param {boolean} onlyOneEach for a smoke test: every peer once
 */
export function peerEntries(shape, onlyOneEach = false) {
  const all = everyEntry(shape);
  if (!onlyOneEach) return all;
  return all.filter(({ peer }, i) => all.findIndex((other) => other.peer === peer) === i);
}

function everyEntry(shape) {
  const forest = (leaf) => ({ peer: 'sklearn', rules: { leaf }, like: `leaf ${leaf}` });
  return [
    { label: 'scikit-learn RF, default', ...forest(1) },
    { label: 'scikit-learn RF, leaf 5', ...forest(5) },
    { label: 'scikit-learn RF, leaf 20', ...forest(20) },
    {
      label: 'XGBoost hist forest, depth 6',
      peer: 'xgboost',
      rules: { depth: 6 },
      like: 'depth 6',
    },
    {
      label: 'XGBoost hist forest, our depth and leaves',
      peer: 'xgboost',
      rules: { ...shape, leaf: 5 },
      like: 'leaf 5',
    },
    { label: 'ranger, leaf 5', peer: 'ranger', rules: { leaf: 5 }, like: 'leaf 5' },
    { label: 'ydf RF, 300 trees, unweighted', peer: 'ydf', rules: {}, like: 'leaf 5' },
    {
      label: 'ml-random-forest, unweighted',
      peer: 'ml-random-forest',
      rules: {},
      like: 'leaf 1',
      // Every node costs the square of its rows: minutes from here on.
      maxRows: 1000,
    },
  ];
}

/** Depth of the deepest tree, leaves of the average one, nodes in all. */
export function shapeOf(forest) {
  let depth = 0;
  let nodes = 0;
  for (const tree of forest.trees) {
    const depths = new Uint8Array(tree.nodes);
    for (let node = 0; node < tree.nodes; node++) {
      depth = Math.max(depth, depths[node]);
      if (tree.feature[node] >= 0)
        depths.fill(depths[node] + 1, tree.left[node], tree.left[node] + 2);
    }
    nodes += tree.nodes;
  }
  return { depth, leaves: Math.round((nodes / forest.trees.length + 1) / 2), nodes };
}

/** Fits ours on this thread, like the peers without an out-of-bag pass, and predicts. */
export async function runOurs({ training, heldOut }, options) {
  const input = fitInput(training);
  const { result, wall, cpu } = await timed(() => fit(input, { ...options, outOfBag: false }));
  const { forest } = result;
  const predicted = new Float64Array(heldOut.features.rows);
  forest.compile().predictBatch(rowMajor(heldOut), predicted);
  return { forest, fitWall: wall, fitCpu: cpu, trees: forest.trees.length, predicted };
}

/** A split laid out in files for peers to read; `close` removes them. */
export class Exchange {
  folder = mkdtempSync(join(tmpdir(), 'adscale-bench-'));

  constructor({ training, heldOut }) {
    const { rows, values } = training.features;
    writeDoubles(join(this.folder, 'data'), [
      ...values,
      observedCtr(training),
      training.impressions,
    ]);
    writeDoubles(join(this.folder, 'test'), heldOut.features.values);
    this.files = {
      data: join(this.folder, 'data'),
      test: join(this.folder, 'test'),
      rows,
      width: values.length,
      testRows: heldOut.features.rows,
    };
  }

  /** @param {object} question trees, seed, rules and what is to be timed */
  ask(command, peer, question) {
    return ask(command, peer, { ...this.files, ...question }, this.folder);
  }

  close() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
