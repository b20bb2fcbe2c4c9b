// How good the predictions are on rows that no forest saw. Every run is another split (and, where
// rows are generated, other rows); all contestants of a run see the same one.
import { Exchange, ourLabel, ourRules, peerEntries, runOurs, shapeOf } from '../contestants.mjs';
import { accuracy, checksumOf } from '../judge.mjs';
import { count, table } from '../report.mjs';
import { generated, real, realNames, splitInTen } from '../samples.mjs';

const profiles = ['realistic', 'sparse', 'wide', 'hidden'];
const smokeProfiles = ['wide'];
const ROWS = 10_000;
const SMOKE_ROWS = 600;

/** Ours by default may fall this far behind the best peer before the run fails; NE and R² alike. */
const TOLERANCE = 0.01;

const measures = ['ne', 'r2', 'weightedR2', 'trueR2'];

/** Leaves bounded by weight instead of rows, as shares of all training impressions. */
const leafShares = [0.001, 0.01];

/** All our rules, for these training rows. */
function oursFor({ impressions }) {
  const all = impressions.reduce((sum, count) => sum + count, 0);
  return [
    ...Object.entries(ourRules).map(([rule, options]) => ({ label: ourLabel(rule), options })),
    ...leafShares.map((share) => ({
      label: `ours, leaf ≥ ${share * 100} % of the weight`,
      options: { minLeafRows: 1, minLeafWeight: share * all },
    })),
  ];
}

/** @yields one result a table */
export async function* accuracySuite(settings) {
  const rows = settings.smoke ? SMOKE_ROWS : (settings.rows?.[0] ?? ROWS);
  const tables = [
    ...(settings.smoke ? smokeProfiles : profiles).map((name) => ({
      name,
      make: (seed) => generated(name, Math.round(rows / 0.7), seed),
    })),
    ...(settings.smoke ? [] : realNames).map((name) => ({ name, make: () => real(name) })),
  ].filter(({ name }) => settings.profiles?.includes(name) ?? true);
  for (const { name, make } of tables) yield await judgeTable(name, make, settings);
}

async function judgeTable(name, make, settings) {
  const scores = new Map();
  let rows = 0;
  for (let run = 0; run < settings.runs; run++) {
    const seed = settings.seed + run;
    const whole = make(seed);
    if (whole === null) return { name, skipped: 'the real tables do not lie beside this checkout' };
    settings.say(`accuracy: ${name}, split ${run + 1} of ${settings.runs}`);
    const split = splitInTen(whole, seed);
    rows = split.training.features.rows;
    for (const [label, score] of await judgeSplit(split, seed, settings)) {
      scores.set(label, [...(scores.get(label) ?? []), score]);
    }
  }
  const lines = [...scores].map(([label, runs]) => ({ label, runs }));
  const result = { name, rows, heldTo: compare(lines), lines };
  requireNoWorse(result, settings);
  return result;
}

async function judgeSplit(split, seed, { peers, judge, smoke, trees: wanted }) {
  const trees = wanted ?? (smoke ? 10 : 100);
  const scores = new Map();
  let shape;
  for (const { label, options } of oursFor(split.training)) {
    const { forest, predicted } = await runOurs(split, { ...options, trees, seed });
    judge.finite(label, predicted);
    shape ??= shapeOf(forest);
    scores.set(label, accuracy(split.heldOut, predicted));
  }
  const exchange = new Exchange(split);
  try {
    const checksum = checksumOf(split.training);
    const { depth, leaves } = shape;
    for (const { label, peer, rules, maxRows = Infinity } of peerEntries(
      { depth, leaves },
      smoke,
    )) {
      if (!peers.has(peer) || split.training.features.rows > maxRows) continue;
      const answer = await answerOrProblem(label, judge, () =>
        exchange.ask(peers.get(peer), peer, { trees, seed, rules }),
      );
      if (answer === null) continue;
      judge.sameData(label, answer.checksum, checksum);
      judge.finite(label, answer.predicted);
      scores.set(label, accuracy(split.heldOut, answer.predicted));
    }
  } finally {
    exchange.close();
  }
  return scores;
}

async function answerOrProblem(label, judge, ask) {
  try {
    return await ask();
  } catch (error) {
    judge.require(false, `${label}: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

function meanOf(runs, measure) {
  return runs.reduce((sum, score) => sum + score[measure], 0) / runs.length;
}

/**
 * Ours against the best of scikit-learn's three rules and of XGBoost's two, by measure, as means
 * over the splits. Positive is better.
 */
function compare(lines) {
  const rivals = lines.filter(({ label }) => /^(scikit-learn|XGBoost)/.test(label));
  if (rivals.length === 0) return null;
  const mine = lines.filter(({ label }) => label.startsWith('ours'));
  const gains = {};
  for (const measure of measures) {
    const sign = measure === 'ne' ? -1 : 1;
    const best = (group) => Math.max(...group.map(({ runs }) => sign * meanOf(runs, measure)));
    const byDefault = mine.filter(({ label }) => label.includes('(default)'));
    const rival = best(rivals);
    gains[measure] = { byDefault: best(byDefault) - rival, best: best(mine) - rival };
  }
  return gains;
}

function requireNoWorse({ name, heldTo }, { judge, smoke }) {
  // Some hundred rows prove nothing about who is better.
  if (smoke || heldTo === null) return;
  for (const measure of ['ne', 'weightedR2']) {
    const gain = heldTo[measure].byDefault;
    const text = `${name}: our default is ${-gain.toFixed(4)} worse in ${measure} than the best peer`;
    judge.require(gain >= -TOLERANCE, text);
  }
}

export function printAccuracy({ name, skipped, rows, heldTo, lines }) {
  if (skipped !== undefined) return `Skipped: ${name}: ${skipped}.\n`;
  const head = ['', 'NE', 'R²', 'R² weighted', 'R² true CTR'];
  const body = lines.map(({ label, runs }) => [label, ...measures.map((m) => within(runs, m))]);
  if (heldTo !== null) {
    body.push(gainLine('**our default − best of scikit-learn and XGBoost**', heldTo, 'byDefault'));
    body.push(gainLine('**our best − best of scikit-learn and XGBoost**', heldTo, 'best'));
  }
  const { length } = lines[0].runs;
  const splits = `${length} split${length === 1 ? '' : 's'}`;
  const title = `### Accuracy: ${name}, ${count(rows)} training rows, ${splits}`;
  return `${title}\n\n${table(head, body)}\n`;
}

/** Mean, and the standard deviation over the splits. */
function within(runs, measure) {
  const mean = meanOf(runs, measure);
  if (Number.isNaN(mean)) return '–';
  if (runs.length === 1) return mean.toFixed(4);
  const squares = runs.reduce((sum, score) => sum + (score[measure] - mean) ** 2, 0);
  return `${mean.toFixed(4)} ± ${Math.sqrt(squares / (runs.length - 1)).toFixed(4)}`;
}

/** Better is +, for NE too. */
function gainLine(label, heldTo, which) {
  const signed = (x) => (Number.isNaN(x) ? '–' : `${x >= 0 ? '+' : '−'}${Math.abs(x).toFixed(4)}`);
  return [label, ...measures.map((measure) => signed(heldTo[measure][which]))];
}
