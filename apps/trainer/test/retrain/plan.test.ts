import { split, type CtrTable, type RecordSchema } from '@adscale/ctr';
import { dayOf, momentOf } from '../../src/retrain/days.js';
import type { OutcomeTable } from '../../src/retrain/outcome-table.js';
import { planTraining } from '../../src/retrain/plan.js';

const schema: RecordSchema = { features: [{ name: 'x', kind: 'numeric' }] };

function rows(time: readonly number[] | undefined, count: number): CtrTable {
  const ones = new Float64Array(count).fill(1);
  return {
    features: { schema, rows: count, values: [ones] },
    ...{ impressions: ones, clicks: ones },
    ...(time && { time: Float64Array.from(time) }),
  };
}

/** So many rows on each day from the first of March on. */
function outcomes(counts: readonly number[]): OutcomeTable {
  const days = counts.map(
    (count, d) => [dayOf(momentOf('2026-03-01') + 86_400 * d), count] as const,
  );
  const time = days.flatMap(([day, count]) => new Array<number>(count).fill(momentOf(day)));
  return {
    ...{ table: rows(time, time.length), vocabularies: undefined },
    ...{ days: new Map(days), leftOut: new Map(), arms: new Map() },
  };
}

describe('which rows judge', () => {
  it.each([
    [[10, 10, 10, 10, 10], undefined, '2026-03-05'],
    [[5, 5, 10, 1, 1], undefined, '2026-03-04'],
    [[1, 100], undefined, '2026-03-02'],
    [[100, 1, 1], '2026-03-02', '2026-03-03'],
    [[10, 10, 10, 10, 10], '2026-03-04', '2026-03-05'],
  ])('of %j rows a day, fresh from %s on, those from %s', (counts, from, wanted) => {
    const own = rows(undefined, 1000);
    const plan = planTraining(own, outcomes(counts), from, 0.2)!;
    expect(plan.heldOutFrom).toBe(wanted);
    // A split by that share holds out just these days, whatever else there is.
    const { heldOut } = split(plan.table, { by: 'time', share: plan.heldOutShare });
    expect(Math.min(...heldOut.time!)).toBe(momentOf(wanted));
    const held = counts.slice(Number(wanted.slice(-2)) - 1).reduce((sum, n) => sum + n, 0);
    expect(heldOut.features.rows).toBe(held);
  });

  it.each([
    [[], undefined],
    [[50], undefined],
    [[50, 50, 50], '2026-03-03'],
  ])('are none of %j rows a day that are fresh from %s on', (counts, from) => {
    expect(planTraining(rows(undefined, 10), outcomes(counts), from, 0.2)).toBeUndefined();
  });

  it('own rows with dates keep them, others come before outcomes and for as long', () => {
    const dated = [momentOf('2025-01-01'), momentOf('2025-02-01')];
    const kept = planTraining(rows(dated, 2), outcomes([1, 1]), undefined, 0.2)!;
    expect([...kept.table.time!].slice(0, 2)).toEqual(dated);
    for (const time of [undefined, new Array<number>(240).fill(3)]) {
      const { table } = planTraining(rows(time, 240), outcomes([1, 1, 1, 1]), undefined, 0.2)!;
      const days = [...table.time!].slice(0, 240).map(dayOf);
      const each = new Map(days.map((day) => [day, days.filter((other) => other === day).length]));
      expect([...each].sort()).toEqual([
        ['2026-02-25', 60],
        ['2026-02-26', 60],
        ['2026-02-27', 60],
        ['2026-02-28', 60],
      ]);
    }
  });
});
