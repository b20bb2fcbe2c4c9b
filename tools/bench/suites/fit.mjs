// How long a fit takes: ours and each peer on the same rows, one thread, in turn.
import { accuracy, checksumOf } from '../judge.mjs';
import { Exchange, ourLabel, ourRules, peerEntries, runOurs, shapeOf } from '../contestants.mjs';
import { count, duration, shown, table, times } from '../report.mjs';
import { generated, splitInTen } from '../samples.mjs';
import { interleave, spread } from '../stopwatch.mjs';

/** Weighted R² on held-out rows may be this much below a peer's under the same rules. */
const TOLERANCE = 0.01;
/** R² of two forests that differ in seed only is this close. */
const AS_GOOD = 0.0005;
/** A handful of trees over some hundred rows differ by chance. */
const SMOKE_TOLERANCE = 0.1;

/** The sizes of the full run; ten trees where a hundred take a peer many minutes. */
const sizes = [
  { profile: 'realistic', rows: 1_000, trees: 100 },
  { profile: 'realistic', rows: 4_000, trees: 100 },
  { profile: 'realistic', rows: 80_000, trees: 100 },
  { profile: 'wide', rows: 80_000, trees: 100 },
  { profile: 'realistic', rows: 800_000, trees: 10 },
];

const smokeSizes = [
  { profile: 'realistic', rows: 500, trees: 5 },
  { profile: 'wide', rows: 500, trees: 5 },
];

/** @yields one result a size */
export async function* fitSuite(settings) {
  const chosen = settings.smoke ? smokeSizes : sizes;
  for (const size of chosen) {
    const { rows, profile } = size;
    if (settings.rows && !settings.rows.includes(rows)) continue;
    if (settings.profiles && !settings.profiles.includes(profile)) continue;
    yield await fitSize({ ...size, trees: settings.trees ?? size.trees }, settings);
  }
}

async function fitSize({ profile, rows, trees }, settings) {
  const { seed, say, judge } = settings;
  // As many rows to train on as the title says, and some to judge by.
  const split = splitInTen(generated(profile, Math.round(rows / 0.7), seed), seed);
  const name = `${profile}, ${count(split.training.features.rows)} × ${split.training.features.values.length}, ${trees} trees`;
  say(`fit: ${name}`);
  // Also warms the engine up.
  const { forest } = await runOurs(split, { trees, seed });
  const exchange = new Exchange(split);
  try {
    const entries = entriesFor(split, exchange, { trees, forest }, settings);
    const stayed = await interleave(entries, settings);
    const rowsOut = stayed.map(({ entry, answers }) => summarise(entry, answers, split, judge));
    judgeAccuracy(name, rowsOut, settings);
    return { name, rows: rowsOut };
  } finally {
    exchange.close();
  }
}

function entriesFor(split, exchange, { trees, forest }, { seed, peers, say, smoke }) {
  const checksum = checksumOf(split.training);
  const ours = Object.entries(ourRules).map(([rule, options]) => ({
    label: ourLabel(rule),
    rule,
    run: () => runOurs(split, { ...options, trees, seed }),
  }));
  const { depth, leaves } = shapeOf(forest);
  const theirs = peerEntries({ depth, leaves }, smoke)
    .filter(({ peer }) => peers.has(peer))
    .filter(({ label, maxRows = Infinity }) => {
      const fits = split.training.features.rows <= maxRows;
      if (!fits) say(`skipped: ${label}, above ${count(maxRows)} rows`);
      return fits;
    })
    .map((entry) => ({
      ...entry,
      checksum,
      run: () =>
        exchange.ask(peers.get(entry.peer), entry.peer, { trees, seed, rules: entry.rules }),
    }));
  return [...ours, ...theirs];
}

function summarise({ label, rule, like, checksum }, answers, { heldOut }, judge) {
  for (const { checksum: seen, predicted } of answers) {
    if (checksum !== undefined) judge.sameData(label, seen, checksum);
    judge.finite(label, predicted);
  }
  // Seconds a tree: one peer grows 300 whatever it is asked.
  const per = (clock) => spread(answers.map((answer) => answer[clock] / answer.trees));
  const { weightedR2, trueR2 } = accuracy(heldOut, answers[0].predicted);
  const { trees, version } = answers[0];
  return {
    label,
    rule,
    like,
    version,
    trees,
    wall: per('fitWall'),
    cpu: per('fitCpu'),
    weightedR2,
    trueR2,
  };
}

function judgeAccuracy(name, rows, { judge, smoke }) {
  const tolerance = smoke ? SMOKE_TOLERANCE : TOLERANCE;
  for (const { label, like, weightedR2 } of rows) {
    if (like === undefined) continue;
    const ours = rows.find(({ rule }) => rule === like);
    judge.noWorse(`${name}, ${ours.label}`, ours.weightedR2, label, weightedR2, tolerance);
  }
}

/** The fastest of ours that explains as much as `row`, give or take the fourth digit. */
function cheapestAsGood(rows, row) {
  return rows
    .filter(({ rule, weightedR2 }) => rule !== undefined && weightedR2 >= row.weightedR2 - AS_GOOD)
    .sort((a, b) => a.cpu.median - b.cpu.median)[0];
}

export function printFit({ name, rows }) {
  const head = [
    '',
    'cpu a tree',
    'wall a tree',
    'R² true CTR',
    'R² observed',
    'held to ours',
    'faster, cpu',
    'wall',
    'cheapest of ours with R² no worse',
    'faster, cpu',
  ];
  const lines = rows.map((row) => [
    row.label,
    shown(row.cpu, duration),
    shown(row.wall, duration),
    row.trueR2.toFixed(4),
    row.weightedR2.toFixed(4),
    ...(row.like === undefined ? ['', '', '', '', ''] : ratios(rows, row)),
  ]);
  return `### Fit: ${name}, one thread\n\n${table(head, lines)}\n`;
}

function ratios(rows, row) {
  const ours = rows.find(({ rule }) => rule === row.like);
  const cheapest = cheapestAsGood(rows, row);
  return [
    row.like,
    times(row.cpu.median, ours.cpu.median),
    times(row.wall.median, ours.wall.median),
    cheapest?.rule ?? 'none',
    cheapest === undefined ? '' : times(row.cpu.median, cheapest.cpu.median),
  ];
}
