/*
 * Combinations that training never had, as the service finds them (TrainingPairs of @adscale/ctr, where it is
 * drawn): a record may be within all ranges and far from every training row. Of two numbers that go together,
 * its place among the quantiles is further from the nearest training row than any of these is from the others.
 */
import type { Forest } from '@adscale/forest';
import type { Background } from './asking.js';
import { isNumber, type Card } from './schema.js';

const LEAST_ROWS = 32;
const LEAST_CORRELATION = 0.5;
const MOST_FEATURES = 8;
const MOST_BINS = 1024;
const MARGIN = 1.25;

interface Pair {
  readonly name: string;
  readonly columns: readonly [number, number];
  /** Of the training rows: first and second coordinate, row after row. */
  readonly places: Float64Array;
  readonly limit: number;
}

/** Finds the pairs in which the columns of a record lie outside of what training held. */
export function pairsOutside(
  { schema }: Card,
  forest: Forest,
  background: Background | undefined,
): (columns: Float64Array) => string[] {
  const rows = background?.rows ?? [];
  if (rows.length < LEAST_ROWS) return () => [];
  const columnOf = (f: number): number => background!.groups?.[f][0] ?? f;
  const names = new Map<number, string>();
  schema.features.forEach((feature, f) => {
    const column = columnOf(f);
    if (!isNumber(feature) || names.size === MOST_FEATURES) return;
    const bins = forest.binCount(column);
    if (bins > 1 && bins <= MOST_BINS) names.set(column, feature.name);
  });
  const placeOf = (column: number, value: number): number => {
    const bins = forest.binCount(column);
    const code = forest.binOf(column, value);
    // What is missing is never outside.
    return code === bins ? NaN : code / (bins - 1);
  };
  const pairs = pairsOf(names, rows, placeOf);
  return (columns) =>
    pairs.flatMap(({ name, columns: [one, other], places, limit }) => {
      const at = [placeOf(one, columns[one]), placeOf(other, columns[other])] as const;
      return nearest(places, ...at, -1) > limit ? [name] : [];
    });
}

function pairsOf(
  names: ReadonlyMap<number, string>,
  rows: Background['rows'],
  placeOf: (column: number, value: number) => number,
): Pair[] {
  const columns = [...names.keys()];
  return columns.flatMap((one, i) =>
    columns.slice(i + 1).flatMap((other): Pair[] => {
      const known = rows.filter((row) => row[one] !== null && row[other] !== null);
      const both = known.flatMap((row) => [placeOf(one, row[one]!), placeOf(other, row[other]!)]);
      const places = Float64Array.from(both);
      if (!(Math.abs(correlation(places)) >= LEAST_CORRELATION)) return [];
      let loneliest = 0;
      for (let at = 0; at < places.length; at += 2) {
        loneliest = Math.max(loneliest, nearest(places, places[at], places[at + 1], at));
      }
      const name = `${names.get(one)} with ${names.get(other)}`;
      return [{ name, columns: [one, other], places, limit: MARGIN * loneliest }];
    }),
  );
}

/** Pearson's, of the places' two coordinates; NaN where one does not vary. */
function correlation(places: Float64Array): number {
  const mean = [0, 0];
  places.forEach((place, at) => (mean[at % 2] += (2 * place) / places.length));
  let [xx, xy, yy] = [0, 0, 0];
  for (let at = 0; at < places.length; at += 2) {
    const x = places[at] - mean[0];
    const y = places[at + 1] - mean[1];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Distance to the nearest place but the one at `skip`; NaN from a place that is not known. */
function nearest(places: Float64Array, x: number, y: number, skip: number): number {
  let best = Infinity;
  for (let at = 0; at < places.length; at += 2) {
    if (at === skip) continue;
    const distance = Math.max(Math.abs(places[at] - x), Math.abs(places[at + 1] - y));
    if (!(distance >= best)) best = distance;
  }
  return best;
}
