/*
 * The parts that traffic is looked at by. A dimension deals every cell to one of its segments, or to none:
 *
 *   values      device_type = mobile          categories, labels, words and numbers of few values
 *   ranges      budget 1,000 to 2,400         numbers, in ten ranges of about equal impressions
 *   known       creative is not known         words that the model had not met, and those it had
 *   deciles     predicted CTR 1.1 % to 1.3 %  tenths of the impressions by prediction
 *
 * Whatever comes in, there are at most MOST_FEATURES features of at most MOST_VALUES values (those of most
 * impressions; the rest is no segment), each with "missing" and two for what is known: about 930 segments.
 */
import type { JudgedCells, JudgedFeature } from '../ledger/judged.js';
import type { Value } from '../ledger/ledger.js';
import { numberText, shareText } from '../figures.js';

/** What a segment holds of one feature. */
export interface SegmentPart {
  /** Of a record, or `campaign`, `placement`, `predicted CTR`. */
  readonly feature: string;
  /** The value; null: missing. */
  readonly value?: Value;
  /** Of numbers: both ends belong to it. */
  readonly from?: number;
  readonly to?: number;
  /** Of words: whether the model knew them. */
  readonly known?: boolean;
}

export interface Dimension {
  readonly feature: string;
  readonly kind: 'values' | 'ranges' | 'known' | 'deciles';
  readonly labels: readonly string[];
  readonly parts: readonly SegmentPart[];
  /** By cell: its segment; -1: none. */
  readonly codes: Int16Array;
}

export const MOST_FEATURES = 40;
export const MOST_VALUES = 20;
const RANGES = 10;

/** The dimensions of these cells, in the order of the features. */
export function dimensionsOf(cells: JudgedCells): Dimension[] {
  const dimensions: Dimension[] = [];
  for (const feature of cells.features.slice(0, MOST_FEATURES)) {
    const weights = weightsOf(feature, cells.impressions);
    const isNumeric = feature.values.every((value) => typeof value !== 'string');
    const isWide = weights.size > RANGES + +feature.values.includes(null);
    dimensions.push(isNumeric && isWide ? ranges(feature, weights) : values(feature, weights));
    if (feature.unseen.includes(1)) dimensions.push(known(feature));
  }
  dimensions.push(deciles(cells));
  return dimensions.filter(({ labels }) => labels.length > 1);
}

/** Impressions by place of the value; of words that are not known, none. */
function weightsOf(
  { codes, unseen }: JudgedFeature,
  impressions: Float64Array,
): Map<number, number> {
  const weights = new Map<number, number>();
  for (let at = 0; at < codes.length; at++) {
    if (codes[at] < 0 || unseen[at] === 1) continue;
    weights.set(codes[at], (weights.get(codes[at]) ?? 0) + impressions[at]);
  }
  return weights;
}

function values(feature: JudgedFeature, weights: ReadonlyMap<number, number>): Dimension {
  const { name } = feature;
  const inOrder = (a: Value, b: Value): number =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;
  const told = [...weights.keys()]
    .sort((a, b) => weights.get(b)! - weights.get(a)! || a - b)
    .slice(0, MOST_VALUES + 1)
    .sort((a, b) => inOrder(feature.values[a], feature.values[b]));
  const binOf = new Map(told.map((code, bin) => [code, bin]));
  return {
    ...{ feature: name, kind: 'values' },
    labels: told.map((code) => labelOf(name, feature.values[code])),
    parts: told.map((code) => ({ feature: name, value: feature.values[code] })),
    codes: coded(feature, (code) => binOf.get(code) ?? -1),
  };
}

const labelOf = (name: string, value: Value): string => {
  if (value === null) return `${name} is missing`;
  return `${name} = ${typeof value === 'number' ? numberText(value) : value}`;
};

function coded({ codes, unseen }: JudgedFeature, binOf: (code: number) => number): Int16Array {
  return Int16Array.from(codes, (code, at) => (code < 0 || unseen[at] === 1 ? -1 : binOf(code)));
}

function ranges(feature: JudgedFeature, weights: ReadonlyMap<number, number>): Dimension {
  const { name } = feature;
  const numbers = [...weights]
    .filter(([code]) => feature.values[code] !== null)
    .map(([code, weight]) => ({ code, weight, value: feature.values[code] as number }))
    .sort((a, b) => a.value - b.value);
  const bins = equalBins(numbers.map(({ weight }) => weight));
  const binOf = new Map(numbers.map(({ code }, at) => [code, bins[at]]));
  const ends = endsOf(
    numbers.map(({ value }) => value),
    bins,
  );
  const missing = feature.values.indexOf(null);
  if (weights.has(missing)) binOf.set(missing, ends.length);
  const parts: SegmentPart[] = ends.map(([from, to]) => ({ feature: name, from, to }));
  const labels = ends.map(([from, to]) =>
    from === to ? labelOf(name, from) : `${name} ${numberText(from)} to ${numberText(to)}`,
  );
  if (weights.has(missing)) {
    parts.push({ feature: name, value: null });
    labels.push(labelOf(name, null));
  }
  return {
    ...{ feature: name, kind: 'ranges', labels, parts },
    codes: coded(feature, (code) => binOf.get(code) ?? -1),
  };
}

/** Bins of about equal weight, from 0 without gaps, of things in order. */
function equalBins(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bins: number[] = [];
  let [passed, bin, before] = [0, -1, -1];
  for (const weight of weights) {
    const tenth = Math.min(RANGES - 1, Math.floor((RANGES * (passed + weight / 2)) / total) || 0);
    if (tenth !== before) bin++;
    before = tenth;
    bins.push(bin);
    passed += weight;
  }
  return bins;
}

/** The first and last number of each bin. */
function endsOf(numbers: readonly number[], bins: readonly number[]): [number, number][] {
  const ends: [number, number][] = [];
  numbers.forEach((number, at) => ((ends[bins[at]] ??= [number, number])[1] = number));
  return ends;
}

function known(feature: JudgedFeature): Dimension {
  const { name } = feature;
  return {
    ...{ feature: name, kind: 'known' },
    labels: [`${name} is known to the model`, `${name} is not known to the model`],
    parts: [
      { feature: name, known: true },
      { feature: name, known: false },
    ],
    codes: Int16Array.from(feature.codes, (code, at) => (code < 0 ? -1 : feature.unseen[at])),
  };
}

/** Predictions closer than this, by ratio, are not told apart. */
const CTR_STEP = 0.01;

function deciles({ ctr, impressions, length }: JudgedCells): Dimension {
  const steps = Int32Array.from(ctr, (p) => (p > 0 ? Math.round(Math.log(p) / CTR_STEP) : -1e9));
  const weights = new Map<number, number>();
  for (let at = 0; at < length; at++) {
    if (ctr[at] > 0) weights.set(steps[at], (weights.get(steps[at]) ?? 0) + impressions[at]);
  }
  const order = [...weights.keys()].sort((a, b) => a - b);
  const bins = equalBins(order.map((step) => weights.get(step)!));
  const binOf = new Map(order.map((step, at) => [step, bins[at]]));
  const ends = endsOf(order, bins).map(([from, to]) => [from - 0.5, to + 0.5].map(ctrOf));
  const feature = 'predicted CTR';
  return {
    ...{ feature, kind: 'deciles' },
    labels: ends.map(([from, to]) => `${feature} ${shareText(from)} to ${shareText(to)}`),
    parts: ends.map(([from, to]) => ({ feature, from, to })),
    codes: Int16Array.from(steps, (step) => binOf.get(step) ?? -1),
  };
}

const ctrOf = (step: number): number => Number(Math.exp(step * CTR_STEP).toPrecision(3));
