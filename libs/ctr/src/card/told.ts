import type { CardSplit, ModelCard } from './card.js';

/** What a model is called in a sentence: a forest, or a model where it is another kind. */
export function modelNoun({ choice }: Pick<ModelCard, 'choice'>): 'forest' | 'model' {
  return choice === undefined || choice.kind === 'forest' ? 'forest' : 'model';
}

/** Times are seconds since 1970; smaller numbers are a time of the user's own, of unknown unit. */
const LEAST_TIME = 1e8;

/**
 * An age in words: days, where the unit of the time is known.
 * @param age in the unit of the split's time
 */
export function ageInWords(age: number, { from = 0 }: Pick<CardSplit, 'from'>): string {
  return from >= LEAST_TIME
    ? `${Number((age / 86_400).toPrecision(3))} days`
    : `${Number(age.toPrecision(3))} units of the time`;
}
