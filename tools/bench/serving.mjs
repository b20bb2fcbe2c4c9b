// Forests being asked: what the suites `predict` (a row at a time) and `batch` (many) share.
// Every contestant answers for the same held-out rows, features as numbers, in single precision,
// which is all that most peers can read.
import { Exchange, peerEntries, runOurs, shapeOf } from './contestants.mjs';
import { checksumOf, equalsWalk } from './judge.mjs';
import { onnxSession } from './peers/onnx_model.mjs';
import { plainWalk } from './peers/plain_walk.mjs';
import { count } from './report.mjs';
import { asNumbers, generated, rowMajor, splitInTen } from './samples.mjs';
import { interleave, spread } from './stopwatch.mjs';

/** ONNX Runtime adds single-precision leaves: this relative difference is rounding. */
const ROUNDING = 1e-5;

/** Whatever is computed must end somewhere, or the engine may leave it out. */
export const sink = { sum: 0 };

/**
 * Forests that are asked: the default one, and that of few rows, whose trees stay in the cache; one grown
 * until nothing is left to split; and those as deep as XGBoost's.
 */
const forests = {
  small: { profile: 'realistic', rows: 4_000, trees: 100, options: {} },
  default: { profile: 'realistic', rows: 80_000, trees: 100, options: {} },
  'fully grown': {
    profile: 'realistic',
    rows: 4_000,
    trees: 100,
    options: { minLeafRows: 1, maxBins: 65_000, maxDepth: 64 },
  },
  wide: { profile: 'wide', rows: 80_000, trees: 100, options: {} },
  shallow: {
    profile: 'realistic',
    rows: 80_000,
    trees: 100,
    options: { maxDepth: 6, minLeafRows: 1 },
  },
  'shallow, wide': {
    profile: 'wide',
    rows: 80_000,
    trees: 100,
    options: { maxDepth: 6, minLeafRows: 1 },
  },
};

const smokeForests = ['fully grown', 'wide', 'shallow'];

/** Fits each forest, gives it to `measure`, and yields what that finds. */
export async function* eachForest(settings, measure) {
  for (const [name, forest] of Object.entries(forests)) {
    if (settings.smoke && !smokeForests.includes(name)) continue;
    const { profile, trees, options } = forest;
    const rows = settings.smoke ? 400 : Math.min(forest.rows, settings.rows?.[0] ?? Infinity);
    const size = settings.smoke ? 5 : (settings.trees ?? trees);
    const { seed, say } = settings;
    const table = asNumbers(generated(profile, Math.round(rows / 0.7), seed));
    const split = inSinglePrecision(splitInTen(table, seed));
    say(`${name}: fitting ${count(rows)} rows`);
    const ours = await runOurs(split, { trees: size, seed, ...options });
    yield await measure({ name, split, forest: ours.forest, trees: size }, settings);
  }
}

function inSinglePrecision({ training, heldOut }) {
  const rounded = (table) => ({
    ...table,
    features: { ...table.features, values: table.features.values.map((v) => v.map(Math.fround)) },
  });
  return { training: rounded(training), heldOut: rounded(heldOut) };
}

/**
 * Ours in its forms, the plain walk, and ONNX Runtime, all of one forest.
 * @returns {Promise<object[]>} `one(row)` or `oneAsync(i)`, and `batch(rows, out)`
 */
async function sameForest({ forest, split, name }, settings) {
  const { judge } = settings;
  const rows = rowMajor(split.heldOut);
  const width = forest.schema.features.length;
  const automatic = forest.compile();
  const packed = forest.compile({ maxTableCells: 0 });
  const walk = plainWalk(forest);
  const entries = [
    ...(automatic.kind === 'table' ? [compiledEntry('ours, table', automatic)] : []),
    compiledEntry('ours, packed', packed),
    { label: 'ours, plain walk (Forest.predict)', one: (row) => forest.predict(row) },
    { label: 'typed-array walk in JavaScript', one: walk },
  ];
  for (const compiled of new Set([automatic, packed])) {
    const equal = equalsWalk(forest, compiled, rows, width);
    judge.require(equal, `${name}: ${compiled.kind} differs from the plain walk`);
  }
  for (let i = 0; i < Math.min(500, rows.length / width); i++) {
    const row = rows.subarray(i * width, (i + 1) * width);
    if (row.some(Number.isNaN)) continue;
    judge.require(walk(row) === forest.predict(row), `${name}: the rival walk differs at row ${i}`);
  }
  if (settings.wanted.includes('onnxruntime')) {
    const entry = await onnxEntry(forest, rows, settings);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function compiledEntry(label, compiled) {
  return {
    label,
    one: (row) => compiled.predict(row),
    batch: (rows, out) => compiled.predictBatch(rows, out),
  };
}

async function onnxEntry(forest, rows, { judge, say }) {
  let session;
  try {
    session = await onnxSession(forest);
  } catch (error) {
    say(`skipped: onnxruntime (${error instanceof Error ? error.message : error})`);
    return null;
  }
  const width = forest.schema.features.length;
  const some = rows.subarray(0, Math.min(rows.length, 500 * width));
  const answers = await session.predict(Float32Array.from(some));
  for (let i = 0; i < answers.length; i++) {
    const ours = forest.predict(some.subarray(i * width, (i + 1) * width));
    const close = Math.abs(answers[i] - ours) <= ROUNDING * Math.abs(ours);
    judge.require(close, `ONNX Runtime at row ${i}: ${answers[i]}, ours ${ours}`);
  }
  return {
    label: `${session.version}, the same forest`,
    oneAsync: (row) => session.predict(row),
    batchAsync: (all) => session.predict(all),
  };
}

/**
 * Lets everyone answer in turn.
 * @param {object} subject a forest and its rows
 * @param {object} timing what peers with forests of their own are to time
 * @param {(entry: object) => (() => Promise<object>) | null} timed how one of `sameForest` is
 *   timed; null if it cannot be
 * @param {(answer: object) => {wall: number, cpu: number}} timeIn a peer's answer, seconds a row
 * @returns {Promise<object>} the forest in numbers, and a line a contestant
 */
export async function compete(subject, settings, timing, timed, timeIn) {
  const { forest, name } = subject;
  const own = ownForests(subject, settings, timing);
  try {
    const same = await sameForest(subject, settings);
    const contestants = [
      ...same.map((entry) => ({ label: entry.label, run: timed(entry) })),
      ...own.entries.map(({ label, ask }) => ({ label, run: async () => timeIn(await ask()) })),
    ].filter(({ run }) => run !== null);
    const stayed = await interleave(contestants, settings);
    const { depth, nodes } = shapeOf(forest);
    const { cellCount, kind } = forest.compile();
    const lines = stayed.map(({ entry, answers }) => ({
      label: entry.label,
      wall: spread(answers.map(({ wall }) => wall)),
      cpu: spread(answers.map(({ cpu }) => cpu)),
    }));
    return { name, trees: forest.trees.length, depth, nodes, cellCount, kind, lines };
  } finally {
    own.close();
  }
}

/** Peers with forests of their own over the same rows, fitted once and kept. */
function ownForests({ split, forest, trees, name }, settings, timing) {
  const exchange = new Exchange(split);
  const checksum = checksumOf(split.training);
  const { depth, leaves } = shapeOf(forest);
  const grown = name === 'fully grown';
  const wanted = (label) => {
    if (settings.smoke) return !grown;
    if (name.startsWith('shallow')) return label.endsWith('depth 6');
    return (grown ? /default|unweighted/ : /leaf 5|depth|ydf/).test(label);
  };
  const entries = peerEntries({ depth, leaves }, settings.smoke)
    .filter(({ peer, label }) => settings.peers.has(peer) && wanted(label))
    .filter(({ maxRows = Infinity }) => split.training.features.rows <= maxRows)
    .map(({ label, peer, rules }, i) => ({
      label: `${label}, its own forest`,
      async ask() {
        const model =
          peer === 'ydf' || peer === 'ml-random-forest'
            ? null
            : `${exchange.folder}/${i}.model.json`;
        const question = { trees, seed: settings.seed, rules, model, ...timing };
        const answer = await exchange.ask(settings.peers.get(peer), peer, question);
        settings.judge.sameData(label, answer.checksum, checksum);
        settings.judge.finite(label, answer.predicted);
        return answer;
      },
    }));
  return { entries, close: () => exchange.close() };
}
