import {
  dominantRow,
  evaluatePredictions,
  evaluateWithout,
  judgeParts,
  takeTable,
  trainCtr,
} from '../../src/index.js';
import { placements } from '../data.js';

/** Placements of which the row at `row` has `share` of all impressions. */
function dominated(rows: number, row: number, share: number) {
  const table = placements(rows);
  const others = table.impressions.reduce((sum, n, i) => sum + (i === row ? 0 : n), 0);
  const impressions = table.impressions.slice();
  impressions[row] = Math.round((others * share) / (1 - share));
  const clicks = table.clicks.slice();
  clicks[row] = Math.round(3 * impressions[row] * table.trueCtr[row]);
  return { ...table, impressions, clicks };
}

describe('a dominant row', () => {
  it('is named with its values from a fifth of all impressions on', () => {
    const told = dominantRow(dominated(200, 17, 0.21))!;
    const { values } = placements(200).features;
    expect(told.row).toBe(17);
    expect(told.share).toBeCloseTo(0.21, 3);
    expect(told.features).toMatchObject({
      ad_position: values[1][17],
      device_type: ['mobile', 'desktop', 'tablet'][values[2][17]],
      budget: values[3][17],
    });
    expect(dominantRow(dominated(200, 17, 0.19))).toBeUndefined();
  });

  it('has null for what is missing, and is none in a click log', () => {
    const table = dominated(100, 3, 0.5);
    table.features.values[2][3] = NaN;
    expect(dominantRow(table)!.features['device_type']).toBeNull();
    const { trueCtr: _, ...log } = table;
    expect(dominantRow({ ...log, grouped: true })).toBeUndefined();
  });

  it('is left out of the metrics without it, and of the groups', () => {
    const table = dominated(100, 3, 0.5);
    const others = Array.from({ length: 100 }, (_, row) => row).filter((row) => row !== 3);
    const groups = Float64Array.from({ length: 100 }, (_, row) => row % 10);
    const wanted = evaluatePredictions(
      Float64Array.from(others, (row) => table.trueCtr[row]),
      takeTable(table, others),
      { groups: Float64Array.from(others, (row) => row % 10) },
    );
    expect(evaluateWithout(3, table.trueCtr, table, { groups })).toEqual(wanted);
    const all = evaluatePredictions(table.trueCtr, table);
    expect(Math.abs(all.calibration_ratio - 1)).toBeGreaterThan(0.4);
    expect(Math.abs(wanted.calibration_ratio - 1)).toBeLessThan(0.01);
  });

  it('stands in the card, on its side, with the held-out metrics without it', async () => {
    const plain = await trainCtr(placements(300), { fit: { trees: 5 } });
    expect(plain.card).not.toHaveProperty('dominant_rows');
    const sides = new Set<string>();
    for (let row = 0; row < 12; row++) {
      const { card, heldOut, predicted } = await trainCtr(dominated(300, row, 0.4), {
        fit: { trees: 3 },
      });
      const { training, held_out: judged } = card.dominant_rows!;
      expect([training, judged].filter((side) => side !== undefined)).toHaveLength(1);
      sides.add(training ? 'training' : 'held out');
      if (judged === undefined) continue;
      expect(judged.share).toBeGreaterThan(0.4);
      expect(judged.without).toEqual(
        evaluateWithout(judged.row, predicted, heldOut, { seed: card.seed }),
      );
      expect(judged.without.rows).toBe(card.held_out.rows - 1);
    }
    expect(sides.size).toBe(2);
  });
});

test('further rows are judged as segments by their names, corrected together with the usual ones', () => {
  const table = placements(300);
  const wrong = table.trueCtr.map((ctr, row) => (row < 100 ? 1.5 * ctr : ctr));
  const heldOut = evaluatePredictions(wrong, table, { replicates: 0 });
  const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const segments = new Map([
    ['words unseen', rows(0, 100)],
    ['words seen', rows(100, 300)],
  ]);
  const facts = { heldOutTable: table, heldOut, predicted: wrong, seed: 1, byGroup: false };
  const [unseen, seen, ...usual] = judgeParts({ ...facts, segments }).segments!;
  expect([unseen.segment, unseen.rows, unseen.off]).toEqual(['words unseen', 100, true]);
  expect([seen.segment, seen.rows, seen.off]).toEqual(['words seen', 200, false]);
  expect(usual.map(({ segment }) => segment)).toEqual(
    judgeParts(facts).segments!.map(({ segment }) => segment),
  );
});

test('a card has the segments of the held-out rows, calibrated by their own overdispersion', async () => {
  const { card } = await trainCtr(placements(600), { fit: { trees: 10 } });
  const segments = card.segments!;
  const devices = segments.filter(({ segment }) => segment.startsWith('device_type'));
  expect(devices.map(({ segment }) => segment)).toEqual(
    ['mobile', 'desktop', 'tablet'].map((name) => `device_type = ${name}`),
  );
  const clicks = devices.reduce((sum, segment) => sum + segment.clicks, 0);
  expect(clicks).toBe(card.held_out.clicks);
});
