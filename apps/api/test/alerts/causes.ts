import type { Cause, Evaluation } from '../../src/alerts/alert.js';

export const HOUR = 3_600_000;
/** 2026-03-01 */
export const START = Date.UTC(2026, 2, 1);

export const mobile: Cause = {
  key: 'segment/v1/device_type = mobile',
  kind: 'segment',
  model: 'v1',
  name: 'device_type = mobile',
  title: 'device_type = mobile: 15 % fewer clicks than expected (9 to 21 %).',
  facts: { clicks: -120, money: -60 },
};

/** A report of outcomes that no other report knew, so many hours after the start. */
export function reportAt(hours: number, ...causes: readonly Cause[]): Evaluation {
  return { causes, revision: `after ${hours} h`, serving: ['v1'], at: START + hours * HOUR };
}
