// `node tools/bench/forest.mjs`: runs the suites and prints their tables.
import { writeFileSync } from 'node:fs';
import { Judge } from './judge.mjs';
import { busyLine, describeMachine, machineLine } from './machine.mjs';
import { help, readOptions } from './options.mjs';
import { findPeers } from './peers.mjs';
import { accuracySuite, printAccuracy } from './suites/accuracy.mjs';
import { batchSuite, printBatch } from './suites/batch.mjs';
import { boostSuite, printBoost } from './suites/boost.mjs';
import { fitSuite, printFit } from './suites/fit.mjs';
import { predictSuite, printPredict } from './suites/predict.mjs';
import { printScaling, scalingSuite } from './suites/scaling.mjs';

const suites = {
  fit: [fitSuite, printFit],
  predict: [predictSuite, printPredict],
  batch: [batchSuite, printBatch],
  accuracy: [accuracySuite, printAccuracy],
  scaling: [scalingSuite, printScaling],
  boost: [boostSuite, printBoost],
};

const say = (text) => process.stderr.write(`${text}\n`);
const print = (text) => process.stdout.write(`${text}\n`);

async function main(args) {
  const options = readOptions(args);
  if (options.help) return print(help);
  const { found, missing } = await findPeers(options.peers);
  const judge = new Judge();
  const settings = { ...options, wanted: options.peers, peers: found, judge, say };
  const machine = describeMachine();
  print(`${machineLine(machine, options.seed)}\n`);
  const busy = busyLine(machine);
  if (busy !== '') print(`${busy}\n`);
  for (const [name, reason] of missing) print(`Skipped: ${name} is not here (${reason}).\n`);
  const results = {};
  for (const name of options.suites) {
    const [run, show] = suites[name];
    results[name] = [];
    for await (const result of run(settings)) {
      results[name].push(result);
      print(show(result));
    }
  }
  print(`Load average at the end: ${describeMachine().load.join(', ')}\n`);
  if (options.json !== undefined) {
    const report = { machine, options, problems: judge.problems, results };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const problem of judge.problems) print(`FAILED: ${problem}`);
  if (judge.problems.length > 0) process.exitCode = 1;
  else print('All checks passed.');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
