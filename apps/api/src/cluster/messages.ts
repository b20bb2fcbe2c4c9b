import type { Offer } from '../model/first-model.js';
import type { LeaseAsk, LeaseGrant, LeaseReturn } from '../security/leases.js';
import type { Figures } from '../stats/figures.js';

/*
 * What the primary and its workers say to each other. `ask` numbers a question, so that an answer
 * that comes late is not taken for another's.
 *
 *   worker A ──others?──▶ primary ──figures?──▶ workers B, C …
 *   worker A ◀──others─── primary ◀──figures─── workers B, C …
 *
 *   worker A ──model?──▶ primary: what do the others serve? ──model──▶ worker A ──serves──▶ primary
 *   worker A ──leases?─▶ primary: how many may pass? ──leases──▶ worker A ──unused──▶ primary
 */
export type ToPrimary =
  | { readonly kind: 'others?'; readonly ask: number }
  | { readonly kind: 'figures'; readonly ask: number; readonly figures: Figures }
  | { readonly kind: 'model?'; readonly ask: number; readonly offer?: Offer }
  | { readonly kind: 'serves'; readonly offer: Offer }
  | { readonly kind: 'leases?'; readonly asks: readonly LeaseAsk[] }
  | { readonly kind: 'unused'; readonly returns: readonly LeaseReturn[] }
  | { readonly kind: 'up'; readonly port: number };

export type ToWorker =
  | { readonly kind: 'figures?'; readonly ask: number }
  | { readonly kind: 'others'; readonly ask: number; readonly figures: readonly Figures[] }
  | { readonly kind: 'model'; readonly ask: number; readonly offer?: Offer }
  | { readonly kind: 'leases'; readonly grants: readonly LeaseGrant[] };

/** How long the primary waits for a worker's figures before it takes the last it had, in ms. */
export const WORKER_PATIENCE_MS = 500;

/** Tells the primary; without one, nobody. */
export function say(message: ToPrimary): void {
  // A primary that is gone is noticed by its worker's end, not here.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
