// Whether numbers may be printed at all: correctness comes before speed.
import { observedCtr } from '@adscale/ctr';
import { normalisedEntropy, r2 } from '@adscale/forest';

/** Predictions are kept this far from 0 and 1, so that one sure miss is not an infinite loss. */
const SURE = 1e-4;

/** Collects what is wrong; a suite with any of it fails, though its tables are printed. */
export class Judge {
  problems = [];

  require(holds, text) {
    if (!holds) this.problems.push(text);
  }

  /** Every prediction is a number. */
  finite(label, predicted) {
    this.require(predicted.length > 0 && predicted.every(Number.isFinite), `${label}: not finite`);
  }

  /** The peer saw the very numbers that ours did. */
  sameData(label, checksum, wanted) {
    const close = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
    const same = checksum.every((sum, i) => close(sum, wanted[i]));
    this.require(same, `${label}: read other data (sums ${checksum}, wanted ${wanted})`);
  }

  /** Ours is at most `tolerance` worse, R² by R². */
  noWorse(label, ours, peer, theirs, tolerance) {
    this.require(
      ours >= theirs - tolerance,
      `${label}: R² ${ours.toFixed(4)} is more than ${tolerance} below ${theirs.toFixed(4)} of ${peer}`,
    );
  }
}

/**
 * Accuracy of predicted CTR on held-out placements.
 * @param {import('@adscale/ctr').CtrTable} table
 * @returns {{ne: number, r2: number, weightedR2: number, trueR2: number}} NaN for what is not
 *   known; NE and the weighted R² count rows by impressions
 */
export function accuracy(table, predicted) {
  const observed = observedCtr(table);
  const sure = Float64Array.from(predicted, (p) => Math.min(1 - SURE, Math.max(SURE, p)));
  return {
    ne: normalisedEntropy(observed, sure, table.impressions),
    r2: r2(observed, predicted),
    weightedR2: r2(observed, predicted, table.impressions),
    trueR2: table.trueCtr === undefined ? NaN : r2(table.trueCtr, predicted, table.impressions),
  };
}

/** What a peer must report of the training table: sums of features, target and weight. */
export function checksumOf(table) {
  let features = 0;
  for (const column of table.features.values) {
    for (const value of column) if (!Number.isNaN(value)) features += value;
  }
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return [features, sum(observedCtr(table)), sum(table.impressions)];
}

/**
 * Compiled predictions equal the plain walk's bit for bit: on the rows given, and on copies of
 * them with NaN, the infinities, −0 and a value on a cut in the place of one number each.
 */
export function equalsWalk(forest, compiled, rows, width, limit = 500) {
  const awkward = [NaN, Infinity, -Infinity, -0, 1e300];
  const most = Math.min(limit, rows.length / width);
  for (let i = 0; i < most; i++) {
    const row = rows.slice(i * width, (i + 1) * width);
    if (!Object.is(compiled.predict(row), forest.predict(row))) return false;
    const f = i % width;
    const { cuts } = forest.bins[f];
    row[f] = i % 6 === 5 && cuts.length > 0 ? cuts[i % cuts.length] : awkward[i % 5];
    if (!Object.is(compiled.predict(row), forest.predict(row))) return false;
  }
  return true;
}
