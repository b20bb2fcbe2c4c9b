import type { OutcomeRow } from '../store/outcome-tables.js';

/** An outcome as it was told. */
export type ToldOutcome = Omit<OutcomeRow, 'cell_id' | 'received_at' | 'revision'>;

/** Values of an outcome that is packed. */
export const PACKED = 16;

/** Outcomes as one list of values, outcome after outcome: objects would be cloned at thrice the cost. */
export type PackedOutcomes = (string | number | null)[];

/** Written out, as `unpack` is: by names in a list it takes four times as long. */
export function pack(told: ToldOutcome, into: PackedOutcomes): void {
  into.push(told.key, told.kind, told.segment, told.day, told.model, told.cell, told.unseen);
  into.push(told.campaign, told.placement, told.arm, told.impressions, told.clicks, told.ctr);
  into.push(told.spend, told.until, told.content);
}

export function unpack(packed: PackedOutcomes): ToldOutcome[] {
  const told: ToldOutcome[] = [];
  const text = (at: number) => packed[at] as string;
  const number = (at: number) => packed[at] as number;
  for (let at = 0; at < packed.length; at += PACKED) {
    told.push({
      key: text(at),
      kind: packed[at + 1] as ToldOutcome['kind'],
      segment: text(at + 2),
      day: text(at + 3),
      model: text(at + 4),
      cell: text(at + 5),
      unseen: text(at + 6),
      campaign: text(at + 7),
      placement: text(at + 8),
      arm: text(at + 9),
      impressions: number(at + 10),
      clicks: number(at + 11),
      ctr: number(at + 12),
      spend: packed[at + 13] as number | null,
      until: number(at + 14),
      content: text(at + 15),
    });
  }
  return told;
}
