import { checkCell } from '../../src/ledger/check.js';
import { judgedCells } from '../../src/ledger/judged.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { MonitorError, type OutcomeCell } from '../../src/index.js';
import { cellOf } from '../cells.js';

const add = (ledger: Ledger, cell: OutcomeCell): void =>
  ledger.add(cell, { day: checkCell(cell), share: 1, worth: NaN });

const everyDay = [-Infinity, Infinity] as const;

test.each([
  [{ clicks: 1001 }, 'clicks', 'clicks is 1001, and must be the impressions, 1000, at most'],
  [{ clicks: -1 }, 'clicks', 'clicks is -1, and must be a number, 0 or more'],
  [{ impressions: NaN }, 'impressions', 'impressions is null, and must be a number, 0 or more'],
  [{ predicted: 1001 }, 'predicted', 'predicted is 1001, and must be 0 to the impressions, 1000'],
  [{ spend: -3 }, 'spend', 'spend is -3, and must be an amount, 0 or more'],
  [{ day: '2026-3-1' }, 'day', 'day is "2026-3-1", and must be a day such as 2026-03-01'],
  [{ rows: -1 }, 'rows', 'rows is -1, and must be a number, 0 or more'],
])('a cell with %j is refused by its field', (wrong, field, message) => {
  const check = (): number => checkCell(cellOf(wrong));
  expect(check).toThrow(`a counted outcome is not usable: ${message}`);
  expect(check).toThrow(expect.objectContaining({ code: 'CELL_INVALID', field }));
  expect(check).toThrow(MonitorError);
});

test('a cell without impressions is none the less a cell', () => {
  expect(checkCell(cellOf({ impressions: 0 }))).toBe(20_513);
});

test('features that some cells lack, labels and unknown words are kept apart', () => {
  const ledger = new Ledger();
  add(ledger, cellOf({ record: { a: 'x' }, campaign: 'c' }));
  add(ledger, cellOf({ record: { a: null, b: 3 }, unseen: ['a'] }));
  const { features } = judgedCells(ledger, 'v1', everyDay);
  const told = features.map(({ name, isLabel, codes, unseen, values }) => ({
    ...{ name, isLabel, unseen: [...unseen] },
    values: [...codes].map((code) => (code < 0 ? 'absent' : values[code])),
  }));
  expect(told).toEqual([
    { name: 'a', isLabel: false, unseen: [0, 1], values: ['x', null] },
    { name: 'campaign', isLabel: true, unseen: [0, 0], values: ['c', 'absent'] },
    { name: 'b', isLabel: false, unseen: [0, 0], values: ['absent', 3] },
  ]);
});

test('cells of a model and of some days are taken, days counted from the first', () => {
  const ledger = new Ledger();
  add(ledger, cellOf({ day: '2026-03-05', predicted: 7 }));
  add(ledger, cellOf({ day: '2026-03-09', predicted: 8 }));
  add(ledger, cellOf({ day: '2026-03-08', model: 'v2' }));
  const cells = judgedCells(ledger, 'v1', everyDay);
  expect([...cells.day]).toEqual([0, 4]);
  expect([...cells.expected]).toEqual([7, 8]);
  expect(cells.days).toBe(5);
  expect(judgedCells(ledger, 'v1', [20_518, Infinity]).length).toBe(1);
  expect(judgedCells(ledger, 'v3', everyDay)).toMatchObject({ length: 0, days: 0 });
});

test('of too many cells, whole records are left out, and totals are of all', () => {
  const ledger = new Ledger(500);
  for (let day = 1; day <= 4; day++) {
    for (let i = 0; i < 400; i++) {
      add(ledger, cellOf({ day: `2026-03-0${day}`, record: { id: `w${i}`, n: i % 7 }, clicks: 1 }));
    }
  }
  expect(ledger.length).toBeLessThanOrEqual(500);
  expect(ledger.keptShare).toBeLessThan(0.5);
  const { features, day } = judgedCells(ledger, null, everyDay);
  const daysOf = new Map<number, Set<number>>();
  features[0].codes.forEach((code, at) => {
    daysOf.set(code, (daysOf.get(code) ?? new Set()).add(day[at]));
  });
  // A record that is kept is kept on every day.
  for (const days of daysOf.values()) expect(days.size).toBe(4);
  expect(daysOf.size / 400 / ledger.keptShare).toBeGreaterThan(0.6);
  expect(daysOf.size / 400 / ledger.keptShare).toBeLessThan(1.6);
  const totals = [...ledger.totals.get('v1')!.values()];
  expect(totals.map(({ clicks }) => clicks)).toEqual([400, 400, 400, 400]);
});
