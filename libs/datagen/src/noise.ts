/**
 * How well a model can do at most. An observed CTR over n impressions has variance p(1−p)/n
 * around the true one, which no model can predict: R² stays below
 *   1 − mean(p(1−p)/n) / Var(ctr).
 */
import { DatagenError } from './errors.js';
import type { AdTable } from './generate.js';
import { trueCtr, type WideAdRecord } from './truth.js';
import { words } from './words.js';

/**
 * The noise ceiling: the R² of the true CTR against the observed one, at most 1, negative where
 * noise drowns everything. A model of the inputs comes close to it only where they determine the
 * true CTR; in the `hidden` profile they do not, see `inputCeiling`.
 *
 * @throws DatagenError `TABLE_INVALID` when the observed CTR is the same in every row
 */
export function noiseCeiling(table: Pick<AdTable, 'columns'>): number {
  return rSquared(table.columns.ctr, table.columns.true_ctr);
}

/**
 * The R² against the observed CTR of the best guess that the inputs allow. Equal to the noise
 * ceiling up to rounding, except in the `hidden` and `overdispersed` profiles, where the quality and
 * the row's own effect are out of reach.
 *
 * @throws DatagenError `TABLE_INVALID` when the observed CTR is the same in every row
 */
export function inputCeiling(table: AdTable): number {
  return rSquared(table.columns.ctr, bestGuess(table));
}

/**
 * The best guess of each record's CTR that its inputs allow to who knows the market, and in the
 * `words` profile the effect of each word. What no input tells counts as its mean.
 *
 * @param seen a table of the same seed: only its words are known, others have the mean effect, 1.
 * Absent: all words are known
 */
export function bestGuess({ rows, seed, profile, columns }: AdTable, seen?: AdTable): Float64Array {
  const names = Object.keys(columns);
  const effectOf = profile === 'words' ? wordEffects(seed, columns, seen) : () => 1;
  const guess = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const record = Object.fromEntries(names.map((name) => [name, columns[name]![i]!]));
    guess[i] = Math.min(1, trueCtr(record as unknown as WideAdRecord, profile) * effectOf(i));
  }
  return guess;
}

function wordEffects(
  seed: number,
  columns: AdTable['columns'],
  seen?: AdTable,
): (row: number) => number {
  const levels = Object.entries(words(seed)).map(([name, known]) => {
    const column = columns[name] as string[];
    const isSeen = seen && new Set(seen.columns[name] as string[]);
    return { known, column, isSeen };
  });
  return (row) =>
    levels.reduce((effect, { known, column, isSeen }) => {
      const word = column[row]!;
      return isSeen?.has(word) === false ? effect : effect * known.get(word)!.effect;
    }, 1);
}

/**
 * Normalised entropy of a guess of each record's CTR (He et al. 2014): its log loss over that of the
 * average CTR, by impressions. 1 is as good as the average, lower is better; of `true_ctr` it is the
 * least that any model reaches, but by luck.
 *
 * @param guess CTRs in (0, 1), one a record; default `true_ctr`
 * @throws DatagenError `TABLE_INVALID` when nothing or everything was clicked
 */
export function normalisedEntropy(
  { columns }: Pick<AdTable, 'columns'>,
  guess = columns.true_ctr,
): number {
  const { impressions, clicks } = columns;
  let [shown, clicked, loss] = [0, 0, 0];
  for (let i = 0; i < guess.length; i++) {
    const [n, k, p] = [impressions[i]!, clicks[i]!, guess[i]!];
    shown += n;
    clicked += k;
    // What did not happen costs nothing, however unlikely it was.
    loss -= (k > 0 ? k * Math.log(p) : 0) + (k < n ? (n - k) * Math.log1p(-p) : 0);
  }
  if (clicked === 0 || clicked === shown) {
    const wanted = 'some with a click and some without';
    throw new DatagenError('TABLE_INVALID', `${clicked} clicks in ${shown}, wanted ${wanted}`);
  }
  const rate = clicked / shown;
  return loss / -(clicked * Math.log(rate) + (shown - clicked) * Math.log1p(-rate));
}

/**
 * The expected squared distance of the observed CTR from the true one: the mean of p(1−p)/n, in
 * squared CTR, clamping apart.
 */
export function noiseVariance({ columns }: Pick<AdTable, 'columns'>): number {
  const { true_ctr, impressions } = columns;
  let sum = 0;
  for (let i = 0; i < true_ctr.length; i++) {
    sum += (true_ctr[i]! * (1 - true_ctr[i]!)) / impressions[i]!;
  }
  return sum / true_ctr.length;
}

function rSquared(observed: Float64Array, guess: Float64Array): number {
  const mean = observed.reduce((sum, y) => sum + y, 0) / observed.length;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < observed.length; i++) {
    residual += (observed[i]! - guess[i]!) ** 2;
    total += (observed[i]! - mean) ** 2;
  }
  if (!(total > 0)) {
    throw new DatagenError(
      'TABLE_INVALID',
      `ctr has one value over ${observed.length} rows, wanted at least two different ones`,
    );
  }
  return 1 - residual / total;
}
