// Writes libs/forest/test/fixtures/peers.json: what scikit-learn and ranger make of small data, for
// the forest's tests to be held against where neither is installed.
//
//   node tools/bench/peers/make_fixtures.mjs
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@adscale/forest';
import { writeDoubles } from '../doubles.mjs';
import { ask, findPeers } from '../peers.mjs';

const SEED = 42;
const TRAINING = 300;
const HELD_OUT = 200;

/** Rules for one exact tree each; no depth: no bound. */
const treeRules = [
  { criterion: 'squared_error', leaf: 1, depth: 7 },
  { criterion: 'squared_error', leaf: 5, depth: 6 },
  { criterion: 'squared_error', leaf: 20 },
  { criterion: 'poisson', leaf: 1, depth: 5 },
  { criterion: 'poisson', leaf: 5 },
];

const forestRules = [
  { peer: 'sklearn', leaf: 5, trees: 100 },
  { peer: 'ranger', leaf: 5, trees: 100 },
];

/**
 * Four features of 128, 6, 200 and 32 distinct values, all exact in single precision, the last
 * without effect; a positive noisy target; uneven weights. Noise of 2³² steps leaves no two splits
 * of one node equally good, unless they part the rows alike.
 */
function makeData(rows, random) {
  const uniform = () => random.uint32() / 2 ** 32;
  const features = [128, 6, 200, 32].map(() => new Float64Array(rows));
  const target = new Float64Array(rows);
  const weight = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const [a, b, c] = features;
    a[i] = random.below(128) / 128;
    b[i] = 1 + random.below(6);
    c[i] = random.below(200) - 100;
    features[3][i] = random.below(32) / 4;
    target[i] = rounded(2 + Math.sin(6 * a[i]) + 0.3 * b[i] + c[i] / 200 + 0.5 * uniform());
    weight[i] = rounded(0.5 + 3 * uniform());
  }
  return { features, target, weight };
}

const rounded = (x) => Math.round(x * 1e9) / 1e9;

async function main() {
  const { found, missing } = await findPeers(['sklearn', 'ranger']);
  for (const [name, reason] of missing) throw new Error(`${name} is not here: ${reason}`);
  const random = new Random(SEED, 0);
  const training = makeData(TRAINING, random);
  const heldOut = makeData(HELD_OUT, random);
  const folder = mkdtempSync(join(tmpdir(), 'adscale-fixtures-'));
  try {
    const { features, target, weight } = training;
    const data = join(folder, 'data');
    const [train, test] = [join(folder, 'train'), join(folder, 'test')];
    writeDoubles(data, [...features, target, weight]);
    writeDoubles(train, features);
    writeDoubles(test, heldOut.features);
    const question = { data, rows: TRAINING, width: features.length, seed: SEED };
    const predict = async (peer, trees, rules, on) => {
      const file = on === training ? train : test;
      const testRows = on.target.length;
      const asked = { ...question, trees, rules, test: file, testRows };
      const { predicted, version } = await ask(found.get(peer), peer, asked, folder);
      return { version, ...rules, predictions: [...predicted] };
    };
    const trees = [];
    for (const rules of treeRules) {
      trees.push(await predict('sklearn', 1, { ...rules, kind: 'tree' }, training));
    }
    const forests = [];
    for (const { peer, leaf, trees: count } of forestRules) {
      forests.push({ trees: count, ...(await predict(peer, count, { leaf }, heldOut)) });
    }
    write({ training: plain(training), heldOut: plain(heldOut), trees, forests });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function plain({ features, target, weight }) {
  return { features: features.map((f) => [...f]), target: [...target], weight: [...weight] };
}

/** One array of numbers a line. */
function write(fixture) {
  const here = dirname(fileURLToPath(import.meta.url));
  const path = join(
    here,
    ...['..', '..', '..'],
    'libs',
    'forest',
    'test',
    'fixtures',
    'peers.json',
  );
  const text = JSON.stringify(fixture, null, 1).replace(
    /\[\s+(-?\d[^\]]*?)\s+\]/g,
    (_, numbers) => `[${numbers.replace(/\s+/g, '')}]`,
  );
  writeFileSync(path, `${text}\n`);
  process.stdout.write(`${path}\n`);
}

await main();
