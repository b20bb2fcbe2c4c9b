import type { ModelCard } from '@adscale/ctr';
import type { JudgedCells, JudgedFeature } from '../ledger/judged.js';
import type { Value } from '../ledger/ledger.js';

/** How the values of one feature were spread. Plain data. */
export interface FeatureReference {
  /** Values and how much each counts, in any unit; null: missing. Empty: only its range is known. */
  readonly values: readonly (readonly [Value, number])[];
  /** Of a number: what was there. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether these are all strings that there were; absent: there may have been more. */
  readonly isComplete?: boolean;
  /** Whether any was missing; absent: not told, so that a missing one is none that is new. */
  readonly isMissing?: boolean;
  /** Share of words that the model did not know; absent: not known. */
  readonly unseen?: number;
  /** Independent rows that all this is worth. */
  readonly size: number;
}

/** What inputs are compared with: an earlier window, or what a model was trained with. Plain data. */
export interface Reference {
  /** `2026-03-01 to 2026-03-21`, or `training`. */
  readonly name: string;
  readonly features: Readonly<Record<string, FeatureReference>>;
}

/**
 * The inputs of some cells.
 * @param name of the window, for people
 * @param clustering by feature: rows that count as one (clusteringOf)
 */
export function referenceOf(
  cells: JudgedCells,
  name: string,
  clustering: ReadonlyMap<string, number | null>,
): Reference {
  return {
    name,
    features: Object.fromEntries(
      cells.features
        .filter(({ isLabel }) => !isLabel)
        .map((feature) => [
          feature.name,
          spreadOf(feature, cells, clustering.get(feature.name) ?? null),
        ]),
    ),
  };
}

/**
 * Impressions of one row come together, so a window is worth as many independent rows as Kish (1965)
 * counts: (Σ n)² / Σ n², over rows of n impressions; and by as much fewer as rows are alike. Where that
 * is not known, the rows of a cell count as one.
 */
function spreadOf(
  feature: JudgedFeature,
  { impressions, rows }: JudgedCells,
  clustering: number | null,
): FeatureReference {
  const weights = new Map<Value, number>();
  let [all, squares, unseen] = [0, 0, 0];
  for (let at = 0; at < impressions.length; at++) {
    if (feature.codes[at] < 0 || !(impressions[at] > 0)) continue;
    const weight = impressions[at];
    all += weight;
    squares += weight ** 2 / (clustering === null ? 1 : Math.max(1, rows[at]));
    if (feature.unseen[at] === 1) unseen += weight;
    else {
      const value = feature.values[feature.codes[at]];
      weights.set(value, (weights.get(value) ?? 0) + weight);
    }
  }
  const numbers = [...weights.keys()].filter((value) => typeof value === 'number');
  const range = numbers.length > 0 ? { minimum: least(numbers), maximum: most(numbers) } : {};
  return {
    values: [...weights],
    ...range,
    unseen: all > 0 ? unseen / all : 0,
    size: squares > 0 ? all ** 2 / squares / (clustering ?? 1) : 0,
  };
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b));

/** What a model was trained with, as far as its card tells: ranges of numbers, counts of categories. */
export function referenceOfCard({
  training,
}: {
  readonly training: Pick<ModelCard['training'], 'rows' | 'ranges'>;
}): Reference {
  const size = training.rows;
  const features = Object.entries(training.ranges).map(([name, range]) => {
    const missing = [null, range.missing] as const;
    const isMissing = range.missing > 0;
    if ('minimum' in range) {
      const { minimum, maximum } = range;
      return [name, { values: [], minimum, maximum, isMissing, size }] as const;
    }
    // Whether a word was known is told with each outcome.
    if (!('categories' in range)) return [name, { values: [], size }] as const;
    const values = [...Object.entries(range.categories), missing].filter(([, count]) => count > 0);
    return [name, { values, isComplete: true, isMissing, size }] as const;
  });
  return { name: 'training', features: Object.fromEntries(features) };
}
