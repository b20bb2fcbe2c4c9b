/*
 * What the statistics of words get wrong. All members of a model read the same statistics, so their spread
 * does not show it. A word's CTR is the mean of a beta posterior of strength m + c, m being the strength of
 * the prior, its parent, and c the word's effective impressions (0 if it is not known). So it errs
 *
 *   at the average CTR a     by variance a (1 − a) / (m + c + 1)
 *   elsewhere                in proportion, since words multiply a CTR: p² · (1 − a) / a / (m + c + 1)
 *
 * A parent's error does not count where the word below it is known: that one's own statistic corrects it.
 * Placements with the same word share the error: it cancels in a difference and adds up in a total. Those
 * whose words are not known have words of their own.
 */
import type { CtrModel } from '@adscale/ctr';

/** A feature of words. */
interface Words {
  /** Place in the schema. */
  readonly f: number;
  /** Of the prior. */
  readonly strength: number;
  /** The places of the features whose words have this one's for parents. */
  readonly below: readonly number[];
}

/** The words of a model's records, and how much of a CTR's square each may be off by. */
export class WordError {
  private readonly words: readonly Words[];
  /** Odds against a click. */
  private readonly against: number;

  constructor(private readonly model: CtrModel) {
    const { schema, words, card } = model;
    const told = words === undefined ? [] : (card?.choice?.words ?? []);
    const placeOf = (name: string): number =>
      schema.features.findIndex((feature) => feature.name === name && feature.kind === 'word');
    this.words = told.flatMap(({ name, strength }) => {
      const f = placeOf(name);
      const below = told
        .filter(({ parent }) => parent === name)
        .map((child) => placeOf(child.name));
      return f < 0 ? [] : [{ f, strength, below: below.filter((place) => place >= 0) }];
    });
    this.against = words === undefined ? 0 : (1 - words.average) / words.average;
  }

  /** The words of a row: what tells each from all others, and the relative variance of its CTR. */
  of(row: ArrayLike<number>, place: number): { key: string; share: number }[] {
    const { words } = this.model;
    const countOf = (f: number): number =>
      words!.isKnown(f, row[f]) ? words!.statisticsOf(f, row[f]).count : 0;
    return this.counted(countOf).map(({ f, share }) => {
      const key = Number.isNaN(row[f]) ? `${f} of row ${place}` : `${f} ${row[f]}`;
      return { key, share };
    });
  }

  /** The sum over the words, of a row of the forest's columns. */
  ofColumns(columns: ArrayLike<number>): number {
    // The last column of a word is its count.
    const countOf = (f: number): number =>
      Math.max(0, columns[this.model.words!.layout.groups[f].at(-1)!]);
    return this.counted(countOf).reduce((sum, { share }) => sum + share, 0);
  }

  private counted(countOf: (f: number) => number): { f: number; share: number }[] {
    return this.words
      .filter(({ below }) => !below.some((child) => countOf(child) > 0))
      .map(({ f, strength }) => ({ f, share: this.against / (strength + countOf(f) + 1) }));
  }
}
