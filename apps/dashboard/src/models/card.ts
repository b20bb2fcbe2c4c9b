/* As much of a version's card as the page shows. Cards of earlier trainers lack some of it. */

export type Ends = readonly [number | null, number | null];

export interface Fit {
  readonly r2: number;
  readonly weighted_r2: number;
  readonly weighted_mae: number;
  readonly weighted_rmse: number;
}

export interface Evaluation {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly observed: Fit;
  readonly log_loss: number;
  readonly normalised_entropy: number;
  readonly calibration_ratio: number;
  readonly auc?: number | null;
  readonly weighted_share_of_ceiling?: number | null;
  readonly overdispersion?: { readonly rho: number; readonly interval: Ends } | null;
  readonly reliability?: readonly {
    readonly predicted: number;
    readonly observed: number;
    readonly low: number;
    readonly high: number;
    readonly impressions: number;
  }[];
  readonly coverage?: readonly {
    readonly level: number;
    readonly share: number;
    readonly interval?: Ends;
    readonly mean_width: number;
  }[];
  readonly bootstrap?: {
    readonly level: number;
    readonly replicates: number;
    readonly intervals: Readonly<Record<string, Ends>>;
  };
}

export interface Baseline {
  readonly name: string;
  readonly description: string;
  readonly normalised_entropy: number;
  readonly forest_less_baseline: { readonly difference: number; readonly interval: Ends };
}

export interface Segment {
  readonly segment: string;
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly predicted_clicks: number;
  readonly calibration_ratio: number | null;
  readonly interval: Ends;
  readonly off: boolean | null;
}

export interface Feature {
  readonly name: string;
  readonly kind: string;
  readonly description?: string;
  readonly [more: string]: unknown;
}

export type Range =
  | { readonly minimum: number; readonly maximum: number; readonly missing: number }
  | { readonly categories: Readonly<Record<string, number>>; readonly missing: number }
  | { readonly words: number; readonly missing: number };

/** A row that has much of the impressions, without its values: these are data. */
interface DominantRow {
  readonly share: number;
}

export interface Card {
  readonly created_at?: string;
  readonly code_version?: string;
  readonly source?: string;
  readonly data_fingerprint?: string;
  readonly recipe?: unknown;
  readonly mapping?: unknown;
  readonly schema?: { readonly features: readonly Feature[] };
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly split?: { readonly by: string; readonly share: number };
  readonly training?: {
    readonly rows: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly ranges: Readonly<Record<string, Range>>;
  };
  readonly held_out?: Evaluation;
  readonly segments?: readonly Segment[];
  readonly baselines?: readonly Baseline[];
  readonly dominant_rows?: { readonly training?: DominantRow; readonly held_out?: DominantRow };
  readonly choice?: { readonly kind: string };
}

/** Text from data inside a sentence: whichever way it is written, it does not turn what follows. */
export const apart = (text: unknown): string => `\u2068${String(text)}\u2069`;

/** A figure that says how good a model is. */
export interface Metric {
  /** As the card names its interval. */
  readonly id: string;
  readonly name: string;
  readonly better: 'lower' | 'higher' | 'one';
  /** What it is, in a sentence. */
  readonly means: string;
  readonly of: (evaluation: Evaluation) => number | null | undefined;
}

export const metrics: readonly Metric[] = [
  {
    ...{ id: 'normalised_entropy', name: 'Normalised entropy', better: 'lower' },
    means: 'Log loss over that of the average CTR: below 1 is better than the average.',
    of: ({ normalised_entropy }) => normalised_entropy,
  },
  {
    ...{ id: 'calibration_ratio', name: 'Calibration', better: 'one' },
    means: 'Predicted over observed clicks: 1 is right.',
    of: ({ calibration_ratio }) => calibration_ratio,
  },
  {
    ...{ id: 'auc', name: 'AUC', better: 'higher' },
    means: 'How often a click is ranked above a non-click.',
    of: ({ auc }) => auc,
  },
  {
    ...{ id: 'observed.weighted_r2', name: 'R²', better: 'higher' },
    means: 'Share of the variation of observed CTR that is explained, by impressions.',
    of: ({ observed }) => observed?.weighted_r2,
  },
  {
    ...{ id: 'observed.weighted_mae', name: 'Mean absolute error', better: 'lower' },
    means: 'Distance of predicted from observed CTR, by impressions.',
    of: ({ observed }) => observed?.weighted_mae,
  },
  {
    ...{ id: 'observed.weighted_rmse', name: 'Root mean square error', better: 'lower' },
    means: 'The same, large distances counting more.',
    of: ({ observed }) => observed?.weighted_rmse,
  },
  {
    ...{ id: 'log_loss', name: 'Log loss', better: 'lower' },
    means: 'Per impression.',
    of: ({ log_loss }) => log_loss,
  },
];

/** A figure with the interval that the card has of it. */
export interface Measured {
  readonly value: number;
  readonly ends: Ends | undefined;
}

/** What a card says of a metric; undefined where it does not. */
export function measured({ id, of }: Metric, card: Card | undefined): Measured | undefined {
  const held = card?.held_out;
  const value = held && of(held);
  if (typeof value !== 'number') return undefined;
  return { value, ends: held?.bootstrap?.intervals?.[id] };
}

/** How many trees a model has, if it is made of trees. */
export function treesOf({ parameters }: Card): number | undefined {
  const trees = parameters?.trees;
  return typeof trees === 'number' ? trees : undefined;
}

/** What makes the figures of a card less worth, in sentences. */
export function warningsOf({ dominant_rows, held_out, segments = [] }: Card): string[] {
  const share = (row: DominantRow) => `${Math.round(row.share * 100)} %`;
  const off = segments.filter((segment) => segment.off);
  const ends = held_out?.bootstrap?.intervals?.calibration_ratio;
  const isBelow = (ends?.[1] ?? 1) < 1;
  const isAbove = (ends?.[0] ?? 1) > 1;
  return [
    dominant_rows?.training &&
      `One row has ${share(dominant_rows.training)} of all impressions that it learned from: it decides alone.`,
    dominant_rows?.held_out &&
      `One row has ${share(dominant_rows.held_out)} of all impressions that judged it: the figures are mostly of that row.`,
    off.length > 0 &&
      `Clicks are off beyond chance in ${off.length} of ${segments.length} segments: ${off
        .slice(0, 3)
        .map(({ segment }) => apart(segment))
        .join(', ')}${off.length > 3 ? ' and others' : ''}.`,
    isBelow && 'It predicts fewer clicks than were observed, beyond chance.',
    isAbove && 'It predicts more clicks than were observed, beyond chance.',
    held_out === undefined && 'It was never judged by rows that it did not see.',
  ].filter((warning) => typeof warning === 'string');
}
