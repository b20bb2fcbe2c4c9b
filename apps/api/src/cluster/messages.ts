import type { Figures } from '../stats/figures.js';

/*
 * What the primary and its workers say to each other. `ask` numbers a question, so that an answer
 * that comes late is not taken for another's.
 *
 *   worker A ──others?──▶ primary ──figures?──▶ workers B, C …
 *   worker A ◀──others─── primary ◀──figures─── workers B, C …
 */
export type ToPrimary =
  | { readonly kind: 'others?'; readonly ask: number }
  | { readonly kind: 'figures'; readonly ask: number; readonly figures: Figures }
  | { readonly kind: 'up'; readonly port: number };

export type ToWorker =
  | { readonly kind: 'figures?'; readonly ask: number }
  | { readonly kind: 'others'; readonly ask: number; readonly figures: readonly Figures[] };

/** How long the primary waits for a worker's figures before it takes the last it had, in ms. */
export const WORKER_PATIENCE_MS = 500;

/** Tells the primary; without one, nobody. */
export function say(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}
