import { checkCell } from '../../src/ledger/check.js';
import { judgedCells } from '../../src/ledger/judged.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { clusteringOf } from '../../src/signs/clustering.js';
import { dayText } from '../../src/days.js';
import { cellOf } from '../cells.js';
import { chance } from '../chance.js';

/** Every so many days 1,000 rows, so many of which are always alike. */
function days(
  seed: string,
  count: number,
  alike: number,
  share: (day: number) => number,
  every = 1,
) {
  const { uniform } = chance(seed);
  const ledger = new Ledger();
  for (let day = 0; day < count; day++) {
    const counts = { mobile: 0, desktop: 0 };
    for (let draw = 0; draw < 1000 / alike; draw++) {
      counts[uniform() < share(day) ? 'mobile' : 'desktop'] += alike;
    }
    for (const [device_type, rows] of Object.entries(counts)) {
      const cell = cellOf({
        ...{
          day: dayText(20_513 + every * day),
          record: { device_type },
          rows,
          impressions: 10 * rows,
        },
      });
      ledger.add(cell, { day: checkCell(cell), share: 1, worth: NaN });
    }
  }
  return clusteringOf(judgedCells(ledger, null, [-Infinity, Infinity])).get('device_type')!;
}

test('independent rows count as one each', () => {
  expect(days('independent', 60, 1, () => 0.6)).toBeLessThan(2);
});

test('rows that come twenty alike count as one of twenty', () => {
  const found = days('alike', 60, 20, () => 0.6);
  expect(found).toBeGreaterThan(10);
  expect(found).toBeLessThan(40);
});

test('days without traffic are passed over', () => {
  expect(days('alike', 60, 20, () => 0.6, 2)).toBe(days('alike', 60, 20, () => 0.6));
});

test('a day on which everything changes does not hide itself', () => {
  expect(days('jump', 14, 1, (day) => (day < 12 ? 0.9 : 0.1))).toBeLessThan(6);
});

test('of three days nothing is known', () => {
  expect(days('few', 3, 1, () => 0.6)).toBeNull();
});
