import { columnsFrom, Random, type BoostInput } from '../../src/index.js';
import { uniform } from '../data.js';

export interface ClickOptions {
  readonly rows: number;
  readonly seed?: number;
  readonly missing?: number;
  /** Distinct values of the numeric feature. */
  readonly distinct?: number;
}

const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const lifts = [0.6, -0.8, 0.1, -0.3, 0.9, -1.1, 0.4];

export type ClickInput = Required<Pick<BoostInput, 'columns' | 'target' | 'weight'>> & {
  readonly truth: Float64Array;
};

/** Click rates over few impressions, of a numeric, an integer and a categorical feature. */
export function clickData({
  rows,
  seed = 1,
  missing = 0,
  distinct = 40,
}: ClickOptions): ClickInput {
  const random = new Random(seed, 1);
  const hide = (value: number): number => (uniform(random) < missing ? NaN : value);
  const [price, hour, place] = [0, 1, 2].map(() => new Float64Array(rows));
  const [target, weight, truth] = [0, 1, 2].map(() => new Float64Array(rows));
  for (let i = 0; i < rows; i++) {
    const p = random.below(distinct) / distinct;
    const h = random.below(12);
    const c = random.below(words.length);
    const margin = -1.5 + 1.4 * p + 0.5 * Math.sin(h / 2) + lifts[c] * (0.5 + p);
    truth[i] = 1 / (1 + Math.exp(-margin));
    weight[i] = 1 + random.below(40);
    let clicks = 0;
    for (let j = 0; j < weight[i]; j++) clicks += +(uniform(random) < truth[i]);
    target[i] = clicks / weight[i];
    [price[i], hour[i], place[i]] = [hide(p), hide(h), hide(c)];
  }
  const columns = columnsFrom(
    {
      features: [
        { name: 'price', kind: 'numeric' },
        { name: 'hour', kind: 'integer' },
        { name: 'place', kind: 'categorical', categories: words },
      ],
    },
    { price, hour, place: Array.from(place, (c) => words[c] ?? '') },
  );
  return { columns, target, weight, truth };
}
