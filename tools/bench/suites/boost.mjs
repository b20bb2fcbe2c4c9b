// Boosting: ours and the peers' on the same rows, with the same rounds and leaves, one thread, in turn.
import { boost } from '@adscale/forest';
import { fitInput } from '@adscale/ctr';
import { Exchange } from '../contestants.mjs';
import { accuracy, checksumOf, equalsWalk } from '../judge.mjs';
import { count, duration, shown, table, times } from '../report.mjs';
import { asNumbers, generated, real, realNames, rowMajor, splitInTen } from '../samples.mjs';
import { interleave, spread, timed } from '../stopwatch.mjs';

/** NE may be this much above a peer's: two seeds of one library are that far apart. */
const TOLERANCE = 0.002;
const SMOKE_TOLERANCE = 0.1;

const sizes = [
  { profile: 'realistic', rows: 4_000 },
  { profile: 'sparse', rows: 20_000 },
  { profile: 'realistic', rows: 80_000 },
  { profile: 'wide', rows: 80_000 },
  ...realNames.map((profile) => ({ profile })),
];
const smokeSizes = [{ profile: 'realistic', rows: 500 }];

/** The shapes of trees, and who can grow them. */
const shapes = [
  { name: 'depth 6', depth: 6, leaves: 0, peers: ['xgboost-boost'] },
  { name: '31 leaves', depth: 0, leaves: 31, peers: ['xgboost-boost', 'sklearn-boost'] },
];
const losses = ['binomial', 'squared_error'];
const rules = { rate: 0.1, l2: 1, childWeight: 1, bins: 255 };

/** @yields one result a table */
export async function* boostSuite(settings) {
  for (const { profile, rows } of settings.smoke ? smokeSizes : sizes) {
    if (rows && settings.rows && !settings.rows.includes(rows)) continue;
    if (settings.profiles && !settings.profiles.includes(profile)) continue;
    const { seed, say } = settings;
    const whole = rows ? generated(profile, Math.round(rows / 0.7), seed) : real(profile);
    if (whole === null) say(`skipped: ${profile} is not here`);
    else yield await boostTable(profile, whole, settings);
  }
}

async function boostTable(profile, whole, settings) {
  const { seed, say, judge, smoke, peers } = settings;
  const split = splitInTen(whole, seed);
  const numbers = { training: asNumbers(split.training), heldOut: asNumbers(split.heldOut) };
  const rounds = settings.trees ?? (smoke ? 10 : 100);
  const { rows, values } = split.training.features;
  const name = `${profile}, ${count(rows)} × ${values.length}, ${rounds} rounds`;
  say(`boost: ${name}`);
  const exchange = new Exchange(numbers);
  try {
    // Warms the engine up.
    await ourEntry(split, losses[0], shapes[0], rounds, settings).run();
    const groups = losses.flatMap((loss) => shapes.map((shape) => ({ loss, shape })));
    const shown = [];
    for (const { loss, shape } of groups) {
      const entries = [
        ourEntry(split, loss, shape, rounds, settings),
        ...shape.peers
          .filter((peer) => peers.has(peer))
          .map((peer) => peerEntry(exchange, split, peer, loss, shape, rounds, settings)),
      ];
      const stayed = await interleave(entries, settings);
      const done = stayed.map(({ entry, answers }) => summarise(entry, answers, split, judge));
      const [ours, ...others] = done;
      for (const { label, ne } of others) {
        const most = ne + (smoke ? SMOKE_TOLERANCE : TOLERANCE);
        judge.require(
          ours.ne <= most,
          `${name}, ${ours.label}: NE ${ours.ne.toFixed(4)} is above ${ne.toFixed(4)} of ${label}`,
        );
      }
      shown.push(...done.map((row) => ({ ...row, ratio: row === ours ? null : ours })));
    }
    return { name, rows: shown };
  } finally {
    exchange.close();
  }
}

function ourEntry({ training, heldOut }, loss, shape, rounds, { seed, judge }) {
  const { rate: learningRate, l2, childWeight: minChildWeight, bins: maxBins } = rules;
  const { depth, leaves } = shape;
  const options = { loss, rounds, learningRate, l2, minChildWeight, maxBins, seed, folds: 1 };
  const form = { maxDepth: depth || 64, ...(leaves > 0 && { maxLeaves: leaves }) };
  const input = fitInput(training);
  const label = `ours, ${loss}, ${shape.name}`;
  return {
    label,
    run: async () => {
      const { result, wall, cpu } = await timed(() => boost(input, { ...options, ...form }));
      const { forest } = result;
      const compiled = forest.compile({ maxTableCells: 0 });
      const rows = rowMajor(heldOut);
      judge.require(
        equalsWalk(forest, compiled, rows, forest.bins.length, 100),
        `${label}: compiled predictions differ from the walk`,
      );
      const predicted = compiled.predictBatch(rows, new Float64Array(heldOut.features.rows));
      return { fitWall: wall, fitCpu: cpu, predicted };
    },
  };
}

function peerEntry(exchange, { training }, peer, loss, shape, rounds, { seed, peers }) {
  const { depth, leaves } = shape;
  const question = { trees: rounds, seed, rules: { ...rules, loss, depth, leaves } };
  return {
    label: `${peer === 'xgboost-boost' ? 'XGBoost hist' : 'HistGradientBoosting'}, ${loss}, ${shape.name}`,
    checksum: checksumOf(training),
    run: () => exchange.ask(peers.get(peer), peer, question),
  };
}

function summarise({ label, checksum }, answers, { heldOut }, judge) {
  for (const { checksum: seen, predicted } of answers) {
    if (checksum !== undefined) judge.sameData(label, seen, checksum);
    judge.finite(label, predicted);
  }
  const { ne, trueR2 } = accuracy(heldOut, answers[0].predicted);
  const per = (clock) => spread(answers.map((answer) => answer[clock]));
  return { label, ne, trueR2, cpu: per('fitCpu'), wall: per('fitWall') };
}

export function printBoost({ name, rows }) {
  const head = ['', 'cpu', 'wall', 'NE', 'R² true CTR', 'ours faster, cpu', 'wall'];
  const lines = rows.map(({ label, cpu, wall, ne, trueR2, ratio }) => [
    label,
    shown(cpu, duration),
    shown(wall, duration),
    ne.toFixed(4),
    Number.isNaN(trueR2) ? '' : trueR2.toFixed(4),
    ratio === null ? '' : times(cpu.median, ratio.cpu.median),
    ratio === null ? '' : times(wall.median, ratio.wall.median),
  ]);
  return `### Boost: ${name}, one thread\n\n${table(head, lines)}\n`;
}
