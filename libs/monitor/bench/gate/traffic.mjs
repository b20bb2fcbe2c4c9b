/**
 * Traffic with a known truth for trials of canaries: records of four features with Zipf weights, and
 * clicks by their true CTR. A model's error is by feature value and by record, so that two models of
 * the same quality still differ everywhere.
 */
import { randomGamma, randomNormal, randomPoisson } from 'd3-random';
import seedrandom from 'seedrandom';

const RECORDS = 200;
export const features = ['device_type', 'ad_position', 'impressions', 'budget'];

/** Records, their part of all impressions, and their true CTR: 2.5 % in the mean. */
export function makeTraffic(seed) {
  const random = seedrandom.alea(`traffic ${seed}`);
  const cells = Array.from({ length: RECORDS }, (_, i) => {
    // Two tenths by number, so that every tenth record is the segment that a model may have wrong.
    const device_type = ['tablet', ...Array(6).fill('mobile'), ...Array(3).fill('desktop')][i % 10];
    const ad_position = 1 + Math.floor(random() * 10);
    const record = {
      device_type,
      ad_position,
      impressions: Number((100 * 10 ** (2 * random())).toPrecision(2)),
      budget: Number((50 * 10 ** (2 * random())).toPrecision(2)),
    };
    const effect = { tablet: 1.1, mobile: 1, desktop: 0.8 }[device_type];
    return { record, ctr: 0.05 * effect * 0.88 ** ad_position, weight: 1 / (3 + (i >> 1)) };
  });
  for (const [device, share] of [
    ['tablet', 0.1],
    ['mobile', 0.6],
    ['desktop', 0.3],
  ]) {
    const own = cells.filter(({ record }) => record.device_type === device);
    const sum = own.reduce((total, { weight }) => total + weight, 0);
    for (const cell of own) cell.weight *= share / sum;
  }
  const mean = cells.reduce((sum, { weight, ctr }) => sum + weight * ctr, 0);
  for (const cell of cells) cell.ctr *= 0.025 / mean;
  return cells;
}

/**
 * The CTRs that a model predicts of the records. Its errors cancel out within a device, so that it is
 * wrong about one by `wrong` and nothing else.
 * @param noise standard deviation of its error by record; by position it is a third of that
 * @param wrong gives a factor by record, for what it gets wrong altogether
 */
export function makeModel(cells, { seed, noise, wrong = () => 1 }) {
  const normal = randomNormal.source(seedrandom.alea(`model ${seed}`))(0, 1);
  const positions = Array.from({ length: 11 }, () => (normal() * noise) / 3);
  const errors = cells.map(({ record }) =>
    Math.exp(normal() * noise + positions[record.ad_position]),
  );
  const sums = new Map();
  cells.forEach(({ record: { device_type }, ctr, weight }, i) => {
    const [right, own] = sums.get(device_type) ?? [0, 0];
    sums.set(device_type, [right + weight * ctr, own + weight * ctr * errors[i]]);
  });
  return cells.map(({ record, ctr }, i) => {
    const [right, own] = sums.get(record.device_type);
    return ctr * errors[i] * (right / own) * wrong(record);
  });
}

/**
 * Draws clicks of batches.
 * @param spread standard deviation by which each record's CTR differs from the true one, every day
 *   anew; 0 for clicks that vary by chance alone
 */
export function clicksOf(cells, { seed, impressions, spread = 0 }) {
  const source = seedrandom.alea(`clicks ${seed}`);
  const poisson = randomPoisson.source(source);
  const means = cells.map(({ weight, ctr }) => impressions * weight * ctr);
  const plain = means.map((mean) => poisson(mean));
  return (share, factors) =>
    share === 1 && spread === 0
      ? plain.map((draw) => draw())
      : means.map((mean, i) => poisson(mean * share * factors[i])());
}

/** The factors of one day for `clicksOf`. */
export function dayFactors(cells, { seed, spread = 0 }) {
  if (spread === 0) return cells.map(() => 1);
  const shape = 1 / spread ** 2;
  const gamma = randomGamma.source(seedrandom.alea(`day ${seed}`))(shape, 1 / shape);
  return cells.map(() => gamma());
}
