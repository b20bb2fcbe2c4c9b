import type { OutcomeCell } from '../src/index.js';
import { dayText } from '../src/days.js';
import { chance } from './chance.js';

/** A cell of which only what matters is said. */
export const cellOf = (told: Partial<OutcomeCell>): OutcomeCell => ({
  ...{ day: '2026-03-01', model: 'v1', record: {}, unseen: [], rows: 1 },
  ...{ impressions: 1000, clicks: 0, predicted: 0 },
  ...told,
});

const FIRST = 20_513; // 2026-03-01

interface Traffic {
  readonly days: number;
  /** Expected clicks of a cell on a day. */
  readonly expected?: number;
  /** What multiplies the truth. */
  readonly wrong?: (record: Record<string, string | number>, day: number) => number;
}

/** Days of every combination of a device, a position and a campaign, one page a day. */
export function traffic(
  seed: string,
  { days, expected = 40, wrong = () => 1 }: Traffic,
): OutcomeCell[][] {
  const { poisson } = chance(seed);
  const cells = ['mobile', 'desktop', 'tablet'].flatMap((device_type) =>
    [1, 2, 3, 4].flatMap((ad_position) =>
      ['spring', 'summer', 'autumn'].map((campaign) => ({ device_type, ad_position, campaign })),
    ),
  );
  return Array.from({ length: days }, (_, day) =>
    cells.map(({ campaign, ...record }) =>
      cellOf({
        ...{ day: dayText(FIRST + day), record, campaign, rows: 20, impressions: 50 * expected },
        predicted: expected,
        clicks: poisson(expected * wrong(record, day)),
      }),
    ),
  );
}
