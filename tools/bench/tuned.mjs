// `npm run bench:tuned`: the forest that `--tune` finds, and the one that suits the table without a
// search, beside scikit-learn's and XGBoost's on the real tables and on sparse generated rows; the
// same splits for all. Held-out rows judge only.
import { defaultFitOptionsFor, fitInput, tune } from '@adscale/ctr';
import { fitParallel } from '@adscale/forest/node';
import { Exchange, peerEntries } from './contestants.mjs';
import { accuracy } from './judge.mjs';
import { describeMachine, machineLine } from './machine.mjs';
import { findPeers } from './peers.mjs';
import { table } from './report.mjs';
import { generated, real, realNames, rowMajor, splitInTen } from './samples.mjs';

const SEEDS = [42, 43, 44];
const BUDGET_SECONDS = 60;
/** XGBoost is given the depth and leaves of our default forest on click logs. */
const SHAPE = { depth: 30, leaves: 400 };

const { found } = await findPeers(['sklearn', 'xgboost']);

async function ours({ training, heldOut }, options) {
  const { forest } = await fitParallel(fitInput(training), options);
  const predicted = new Float64Array(heldOut.features.rows);
  return accuracy(heldOut, forest.compile().predictBatch(rowMajor(heldOut), predicted));
}

async function judgeSplit(split, seed, add) {
  const start = { ...defaultFitOptionsFor(split.training), seed };
  add('ours, default for the table', await ours(split, start));
  const { best } = await tune(split.training, start, [], { budgetSeconds: BUDGET_SECONDS });
  add('ours, tuned', await ours(split, { ...start, ...best }));
  const exchange = new Exchange(split);
  try {
    for (const { label, peer, rules } of peerEntries(SHAPE)) {
      if (!found.has(peer)) continue;
      const question = { trees: 100, seed, rules };
      const { predicted } = await exchange.ask(found.get(peer), peer, question);
      add(label, accuracy(split.heldOut, predicted));
    }
  } finally {
    exchange.close();
  }
}

console.log(machineLine(describeMachine(), SEEDS.join(', ')));
for (const name of [...realNames, 'sparse']) {
  const scores = new Map();
  for (const seed of SEEDS) {
    const rows = name === 'sparse' ? generated(name, 14_286, seed) : real(name);
    if (rows === null) continue;
    await judgeSplit(splitInTen(rows, seed), seed, (label, score) =>
      scores.set(label, [...(scores.get(label) ?? []), score]),
    );
  }
  if (scores.size === 0) {
    console.log(`\n${name}: skipped, the file is not beside this checkout`);
    continue;
  }
  const mean = (runs, key) => runs.reduce((sum, run) => sum + run[key], 0) / runs.length;
  console.log(`\n### ${name}, ${SEEDS.length} splits\n`);
  console.log(
    table(
      ['', 'NE', 'R² weighted'],
      [...scores].map(([label, runs]) => [
        label,
        mean(runs, 'ne').toFixed(4),
        mean(runs, 'weightedR2').toFixed(4),
      ]),
    ),
  );
}
