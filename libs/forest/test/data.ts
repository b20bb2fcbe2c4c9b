import { columnsFrom, type Columns, type FitInput, type Schema } from '../src/index.js';
import { Random } from '../src/random.js';

export const mixedSchema: Schema = {
  features: [
    { name: 'size', kind: 'numeric' },
    { name: 'place', kind: 'integer' },
    { name: 'colour', kind: 'categorical', categories: ['red', 'green', 'blue', 'grey', 'black'] },
  ],
};

export interface MixedOptions {
  readonly rows: number;
  readonly seed?: number;
  /** Share of values that are missing. */
  readonly missing?: number;
  /** Distinct values of the numeric feature; endless if absent. */
  readonly distinct?: number;
}

/** Uniform in [0, 1). */
export function uniform(random: Random): number {
  return random.uint32() / 2 ** 32;
}

/** What a fit takes, rows not counted and bins learned. */
export type WeightedInput = Required<Omit<FitInput, 'count' | 'bins'>>;

/** A noisy target over a numeric, an integer and a categorical feature, with uneven weights. */
export function mixedData({ rows, seed = 1, missing = 0, distinct }: MixedOptions): WeightedInput {
  const random = new Random(seed, 0);
  const draw = (value: number): number => (uniform(random) < missing ? NaN : value);
  const size = new Float64Array(rows);
  const place = new Float64Array(rows);
  const colour = new Float64Array(rows);
  const target = new Float64Array(rows);
  const weight = new Float64Array(rows);
  const lift = [0.3, -0.8, 0.5, -0.1, 0.9];
  for (let i = 0; i < rows; i++) {
    const s = distinct === undefined ? uniform(random) : random.below(distinct) / distinct;
    const p = 1 + random.below(6);
    const c = random.below(5);
    target[i] = Math.sin(6 * s) + 0.4 * p + lift[c] + 0.3 * uniform(random);
    weight[i] = 0.5 + 3 * uniform(random);
    size[i] = draw(s);
    place[i] = draw(p);
    colour[i] = draw(c);
  }
  const columns: Columns = { schema: mixedSchema, rows, values: [size, place, colour] };
  return { columns, target, weight };
}

export function rowOf(columns: Columns, i: number): number[] {
  return columns.values.map((values) => values[i]);
}

export function numericColumns(...values: number[][]): Columns {
  const features = values.map((_, f) => ({ name: `x${f}`, kind: 'numeric' as const }));
  return columnsFrom(
    { features },
    Object.fromEntries(values.map((column, f) => [`x${f}`, column])),
  );
}
