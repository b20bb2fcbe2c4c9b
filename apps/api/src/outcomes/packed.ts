import type { OutcomeRow } from '../store/outcome-tables.js';

/** What an outcome is on its way to the store, in the order in which it is packed. */
export const PACKED = [
  'key',
  'kind',
  'segment',
  'day',
  'model',
  'cell',
  'unseen',
  'campaign',
  'placement',
  'arm',
  'impressions',
  'clicks',
  'ctr',
  'spend',
  'until',
  'content',
] as const satisfies readonly (keyof OutcomeRow)[];

/** An outcome as it was told. */
export type ToldOutcome = Pick<OutcomeRow, (typeof PACKED)[number]>;

/** Outcomes as one list of values, outcome after outcome: objects would be cloned at thrice the cost. */
export type PackedOutcomes = (string | number | null)[];

export function pack(outcome: ToldOutcome, into: PackedOutcomes): void {
  for (let i = 0; i < PACKED.length; i++) into.push(outcome[PACKED[i]]);
}

export function unpack(packed: PackedOutcomes): ToldOutcome[] {
  const told: ToldOutcome[] = [];
  for (let at = 0; at < packed.length; at += PACKED.length) {
    const outcome: Record<string, string | number | null> = {};
    for (let i = 0; i < PACKED.length; i++) outcome[PACKED[i]] = packed[at + i];
    told.push(outcome as unknown as ToldOutcome);
  }
  return told;
}
