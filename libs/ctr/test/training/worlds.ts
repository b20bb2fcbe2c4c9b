import type { CtrTable, RecordFeature } from '../../src/index.js';
import { drawing, tableOf, word } from '../draw.js';

export const position: RecordFeature = {
  name: 'position',
  kind: 'integer',
  minimum: 1,
  maximum: 9,
};

/** What a world is made of. */
export interface World {
  readonly rows: number;
  readonly seed: number;
  readonly words?: number;
  /** How alike clicks of a word are. */
  readonly likeness?: number;
  /** How alike clicks of a row are. */
  readonly rho?: number;
  readonly most?: number;
  /** One row has so many times the impressions of all others. */
  readonly dominant?: number;
  /** Clicks depend on nothing. */
  readonly random?: boolean;
}

/** Keywords in campaigns of five, shown in four positions; one row after another in time. */
export function world({
  rows,
  seed,
  words = 60,
  likeness = 0.02,
  rho = 0,
  most = 600,
  dominant = 0,
  random = false,
}: World): CtrTable & { readonly trueCtr: Float64Array } {
  const draw = drawing(seed);
  const keywords = Array.from({ length: rows }, () => draw.below(words));
  const places = keywords.map(() => 1 + draw.below(4));
  const rates = Array.from({ length: words }, () => draw.beta(0.06, likeness));
  const n = keywords.map(() => 50 + draw.below(most));
  if (dominant > 0) n[3] = Math.round(dominant * n.reduce((sum, one) => sum + one, 0));
  const trueCtr = Float64Array.from(keywords, (w, row) =>
    random ? 0.06 : rates[w] * [1.4, 1.1, 0.9, 0.6][places[row] - 1],
  );
  const k = n.map((count, row) => draw.binomial(count, draw.beta(trueCtr[row], rho)));
  const table = tableOf(
    [word('keyword'), word('campaign'), position],
    [keywords, keywords.map((w) => Math.floor(w / 5)), places],
    n,
    k,
  );
  return { ...table, trueCtr };
}
