import { gateDefaults } from '@adscale/monitor';
import { begin, type Beginning, type TrialState } from '../../src/trial/state.js';

export const NOW = Date.UTC(2026, 2, 10, 12);

/** A trial of version `b` beside `a`, just begun. */
export function begun(more: Partial<Beginning> = {}): TrialState {
  return begin({
    ...{ id: 'trial', version: 'b', current: 'a', options: gateDefaults, step: 0 },
    ...{ before: null, clicks: 0, history: [], now: NOW },
    ...more,
  });
}
