import { hash } from 'node:crypto';
import { type PackedOutcomes, type ToldOutcome, pack } from '../../src/outcomes/packed.js';
import type { ServiceStore } from '../../src/storage/queries.js';

const DAY_MS = 86_400_000;
const DEVICES = { mobile: 0.03, desktop: 0.02, tablet: 0.025 };
const POSITIONS = [1, 2, 3, 4];
/** Of each device, position and day. */
const IMPRESSIONS = 5000;

export interface Traffic {
  readonly model?: string;
  /** First day, `YYYY-MM-DD`, and how many. */
  readonly from: string;
  readonly days: number;
  /** Clicks for each that is expected, by device. Default 1. */
  readonly factors?: Readonly<Record<string, number>>;
}

/** A day so many days after another. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Outcomes of some days: as many clicks as the model expects of each cell, but for the factors. */
export function outcomesOf({ model = 'v1', from, days, factors = {} }: Traffic): ToldOutcome[] {
  const told: ToldOutcome[] = [];
  for (let d = 0; d < days; d++) {
    const day = dayAfter(from, d);
    for (const [device, ctr] of Object.entries(DEVICES)) {
      for (const position of POSITIONS) {
        const cell = JSON.stringify({ ad_position: position, device_type: device });
        const clicks = Math.round(IMPRESSIONS * ctr * (factors[device] ?? 1));
        told.push({
          ...{ key: hash('md5', day + cell), kind: 'record', segment: `device_type=${device}` },
          ...{ day, model, cell, unseen: '', campaign: `campaign ${position}`, placement: '' },
          ...{ arm: '', impressions: IMPRESSIONS, clicks, ctr, spend: 0.5 * clicks },
          ...{ until: Date.parse(day) + DAY_MS, content: hash('md5', `${day}${cell}${clicks}`) },
        });
      }
    }
  }
  return told;
}

/** Keeps outcomes as they come in at some time. */
export async function keep(store: ServiceStore, traffic: Traffic, at: number): Promise<void> {
  const packed: PackedOutcomes = [];
  for (const outcome of outcomesOf(traffic)) pack(outcome, packed);
  await store.run('writeOutcomes', { packed, at });
}
