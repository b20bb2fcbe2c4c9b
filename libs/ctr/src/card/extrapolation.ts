import type { RecordSchema } from '../table/schema.js';
import type { ModelCard } from './card.js';

/** What training held of one feature. */
export interface HeldFeature {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  /** By category: was it there? null for a number. */
  readonly categories: readonly boolean[] | null;
  readonly missing: boolean;
}

/** By feature, in schema order; none where no card tells. */
export function heldBy({ features }: RecordSchema, card: ModelCard | undefined): HeldFeature[] {
  if (card === undefined) return [];
  return features.map((feature) => {
    const { name } = feature;
    const range = card.training.ranges[name];
    const missing = range === undefined || range.missing > 0;
    const all = { minimum: -Infinity, maximum: Infinity };
    // Whether a word is known is asked of the words themselves.
    if (feature.kind === 'word') return { name, ...all, categories: null, missing: true };
    if (feature.kind === 'categorical' && range !== undefined && 'categories' in range) {
      const categories = feature.categories.map((category) => range.categories[category] > 0);
      return { name, ...all, categories, missing };
    }
    const { minimum, maximum } = range !== undefined && 'minimum' in range ? range : all;
    return { name, minimum, maximum, categories: null, missing };
  });
}

const NONE: readonly string[] = [];

/** The names of the features in which a row lies outside what training held. */
export function outsideOf(held: readonly HeldFeature[], row: ArrayLike<number>): readonly string[] {
  let outside = NONE;
  for (let f = 0; f < held.length; f++) {
    const { name, minimum, maximum, categories, missing } = held[f];
    const value = row[f];
    let isHeld = value >= minimum && value <= maximum;
    if (value !== value) isHeld = missing;
    else if (categories !== null) isHeld = categories[value];
    if (!isHeld) outside = [...outside, name];
  }
  return outside;
}
