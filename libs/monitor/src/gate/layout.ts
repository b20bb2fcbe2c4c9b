/*
 * The segments that a canary is judged by are settled when its trial begins, from outcomes of before:
 * how many there are is then known, and what comes later cannot choose among them.
 */

type Value = string | number | null;

/** How the values of one feature make segments. Plain data. */
export type FeatureSegments =
  | { readonly name: string; readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly name: string; readonly kind: 'ranges'; readonly cuts: readonly number[] };

/** All segments of a trial. Plain data. */
export interface SegmentLayout {
  readonly features: readonly FeatureSegments[];
  /** Where the CTR that the canary predicts is cut, ascending. */
  readonly predicted: readonly number[];
}

/** As much of counted outcomes as a layout is made of. */
export interface LayoutCell {
  readonly record: Readonly<Record<string, Value>>;
  readonly impressions: number;
  /** Clicks that the canary expects. */
  readonly canary: number;
}

/** A feature has at most this many segments, beside one for all its other values. */
const MOST_VALUES = 20;
const RANGES = 10;
/** So many distinct values of a feature are counted; more are numbers, or words too rare to judge. */
const MOST_DISTINCT = 20_000;

/** Weights of distinct values, in a bounded map. */
class Weights<T> {
  readonly of = new Map<T, number>();

  add(value: T, weight: number): void {
    const before = this.of.get(value);
    if (before === undefined && this.of.size >= MOST_DISTINCT) return;
    this.of.set(value, (before ?? 0) + weight);
  }
}

/**
 * Settles the segments: each value of a feature, numbers of many values in ten ranges of about as
 * many impressions, the most frequent twenty of words, and tenths of the predicted CTR.
 * @param features their names, in schema order
 */
export function settleSegments(
  cells: Iterable<LayoutCell>,
  features: readonly string[],
): SegmentLayout {
  const weights = features.map(() => new Weights<Value>());
  const predicted = new Weights<number>();
  for (const { record, impressions, canary } of cells) {
    if (impressions <= 0) continue;
    features.forEach((name, f) => weights[f].add(record[name] ?? null, impressions));
    predicted.add(Number((canary / impressions).toPrecision(3)), impressions);
  }
  return {
    features: features.map((name, f) => featureSegments(name, weights[f].of)),
    predicted: cutsOf(predicted.of),
  };
}

function featureSegments(name: string, weights: ReadonlyMap<Value, number>): FeatureSegments {
  const numbers = new Map<number, number>();
  for (const [value, weight] of weights) if (typeof value === 'number') numbers.set(value, weight);
  if (numbers.size > MOST_VALUES) return { name, kind: 'ranges', cuts: cutsOf(numbers) };
  const byWeight = [...weights].sort(([a, x], [b, y]) => y - x || (String(a) < String(b) ? -1 : 1));
  return { name, kind: 'values', values: byWeight.slice(0, MOST_VALUES).map(([value]) => value) };
}

/** Where values are cut so that ranges have about the same weight; a cut belongs to what is above. */
function cutsOf(weights: ReadonlyMap<number, number>): number[] {
  const sorted = [...weights].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0);
  const cuts: number[] = [];
  let below = 0;
  for (const [value, weight] of sorted) {
    if (below >= ((cuts.length + 1) * total) / RANGES) cuts.push(value);
    below += weight;
  }
  return cuts;
}

/** Finds the segments of a cell, by number, and names them. */
export class Segments {
  /** How many there are. */
  readonly count: number;
  /** By feature: the number of its first segment; of the predicted CTR last. */
  private readonly starts: readonly number[];
  private readonly valueIndex: readonly (ReadonlyMap<Value, number> | undefined)[];

  constructor(readonly layout: SegmentLayout) {
    const { features, predicted } = layout;
    const starts: number[] = [];
    let count = 0;
    for (const feature of features) {
      starts.push(count);
      // One more: for other values, and below the first cut.
      count += (feature.kind === 'values' ? feature.values.length : feature.cuts.length) + 1;
    }
    starts.push(count);
    this.starts = starts;
    this.count = count + predicted.length + 1;
    this.valueIndex = features.map((feature) =>
      feature.kind === 'values' ? new Map(feature.values.map((value, i) => [value, i])) : undefined,
    );
  }

  /** How many segments a cell is in: one of each feature, and one of the predicted CTR. */
  get perCell(): number {
    return this.starts.length;
  }

  /**
   * @param ctr that the canary predicts
   * @param out gets the numbers of the segments
   */
  find(record: Readonly<Record<string, Value>>, ctr: number, out: Int32Array): Int32Array {
    const { layout, starts, valueIndex } = this;
    layout.features.forEach((feature, f) => {
      const value = record[feature.name] ?? null;
      out[f] = starts[f];
      if (feature.kind === 'values') out[f] += valueIndex[f]!.get(value) ?? feature.values.length;
      else out[f] += typeof value === 'number' ? rangeOf(feature.cuts, value) : 0;
    });
    const last = layout.features.length;
    out[last] = starts[last] + rangeOf(layout.predicted, ctr);
    return out;
  }

  /** The name of a segment, such as `device_type = mobile`. */
  nameOf(segment: number): string {
    const { layout, starts } = this;
    let f = starts.length - 1;
    while (starts[f] > segment) f--;
    const at = segment - starts[f];
    if (f === layout.features.length) return rangeName('predicted CTR', layout.predicted, at);
    const feature = layout.features[f];
    if (feature.kind === 'ranges') return rangeName(feature.name, feature.cuts, at);
    if (at === feature.values.length) return `${feature.name}: all other values`;
    return `${feature.name} = ${textOf(feature.values[at])}`;
  }
}

/** How many cuts are at or below a value. */
function rangeOf(cuts: readonly number[], value: number): number {
  let at = 0;
  while (at < cuts.length && cuts[at] <= value) at++;
  return at;
}

function rangeName(name: string, cuts: readonly number[], at: number): string {
  if (cuts.length === 0) return `${name}: all`;
  if (at === 0) return `${name} below ${textOf(cuts[0])}`;
  if (at === cuts.length) return `${name} from ${textOf(cuts[at - 1])}`;
  return `${name} from ${textOf(cuts[at - 1])} to ${textOf(cuts[at])}`;
}

function textOf(value: Value): string {
  if (value === null) return 'missing';
  return typeof value === 'number' && Math.abs(value) >= 1000
    ? value.toLocaleString('en-US')
    : String(value);
}
