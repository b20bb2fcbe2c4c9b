// The command line of the benchmark.
import { parseArgs } from 'node:util';
import { peerNames } from './peers.mjs';

export const suiteNames = ['fit', 'predict', 'batch', 'accuracy', 'scaling', 'boost'];

export const help = `Benchmarks of @adscale/forest beside its peers, in the same run.

  node tools/bench/forest.mjs [suite …] [options]

Suites (default: all)
  fit        seconds of a fit, one thread, 1,000 to 800,000 rows
  predict    one row at a time
  batch      many rows at a time
  accuracy   held-out NE and R² on generated profiles and real tables
  scaling    ours alone: 10 thousand to 10 million rows, memory, threads
  boost      boosting: seconds of a fit, NE and R², same rounds and leaves, one thread

Options
  --smoke            tiny sizes, under a minute; checks correctness, says nothing of speed
  --runs <n>         rounds of each contestant, in turn; splits, in accuracy (default 3)
  --rows <a,b>       only these sizes of fit and scaling; training rows of accuracy's
                     generated tables and, at most, of predict's and batch's forests
  --profiles <a,b>   only these profiles of fit; only these tables of accuracy
                     and boost
  --trees <n>        trees of every forest (default: 100, or 10 at the largest sizes)
  --peers <a,b>      only these of ${peerNames.join(', ')}; or none
  --patience <s>     a contestant that takes longer than this runs one round (default 60)
  --seed <n>         of data, splits and forests (default 42)
  --json <file>      also write every number to a file
  --help             this text
`;

const flags = {
  smoke: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  runs: { type: 'string' },
  rows: { type: 'string' },
  profiles: { type: 'string' },
  trees: { type: 'string' },
  peers: { type: 'string' },
  patience: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'string' },
};

/**
 * @param {string[]} args
 * @throws Error naming the option, the value got and the value wanted
 */
export function readOptions(args) {
  const { values, positionals } = parseArgs({ args, options: flags, allowPositionals: true });
  const suites = positionals.filter((name) => name !== 'all');
  mustBeAmong('suite', suites, suiteNames);
  const peers = values.peers === 'none' ? [] : (list(values.peers) ?? peerNames);
  mustBeAmong('--peers', peers, peerNames);
  return {
    help: values.help,
    smoke: values.smoke,
    suites: suites.length > 0 ? suites : suiteNames,
    runs: whole('--runs', values.runs, 1) ?? (values.smoke ? 1 : 3),
    rows: list(values.rows)?.map((text) => whole('--rows', text, 100)),
    profiles: list(values.profiles),
    trees: whole('--trees', values.trees, 1),
    patience: whole('--patience', values.patience, 0) ?? 60,
    seed: whole('--seed', values.seed, 0) ?? 42,
    json: values.json,
    peers,
  };
}

function list(text) {
  return text?.split(',').map((part) => part.trim());
}

function whole(option, text, least) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`${option} is ${text}, wanted a whole number ≥ ${least}`);
}

function mustBeAmong(what, names, known) {
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new Error(`${what} is ${stranger}, wanted some of ${known.join(', ')}`);
}
