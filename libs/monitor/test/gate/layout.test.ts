import { Segments, settleSegments } from '../../src/index.js';

interface Placement extends Readonly<Record<string, string | number | null>> {
  readonly device: string | null;
  readonly budget: number;
}
const cell = (record: Placement, impressions = 100, ctr = 0.02) => {
  return { record, impressions, canary: ctr * impressions };
};

const hundred = Array.from({ length: 100 }, (_, i) =>
  cell({ device: i % 4 === 0 ? 'tablet' : 'mobile', budget: 10 * (i + 1) }, 100, 0.01 + i / 10_000),
);

function namesOf(segments: Segments, record: Placement, ctr: number): string[] {
  const found = segments.find(record, ctr, new Int32Array(segments.perCell));
  return [...found].map((segment) => segments.nameOf(segment));
}

describe('segments', () => {
  const segments = new Segments(settleSegments(hundred, ['device', 'budget']));

  it('are the values of a feature, ranges of numbers, and tenths of the predicted CTR', () => {
    expect(namesOf(segments, { device: 'tablet', budget: 555 }, 0.0142)).toEqual([
      'device = tablet',
      'budget from 510 to 610',
      'predicted CTR from 0.014 to 0.015',
    ]);
  });

  it('have a place for what was not seen before', () => {
    expect(namesOf(segments, { device: 'watch', budget: 1e9 }, 0.9)).toEqual([
      'device: all other values',
      'budget from 910',
      'predicted CTR from 0.019',
    ]);
    expect(namesOf(segments, { device: null, budget: 0 }, 0)[0]).toBe('device: all other values');
  });

  it('each have a number of their own', () => {
    const names = Array.from({ length: segments.count }, (_, segment) => segments.nameOf(segment));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(3 + 10 + 10);
  });

  it('are the same after their way through JSON, and whatever the order of the cells', () => {
    const { layout } = segments;
    expect(settleSegments(hundred.toReversed(), ['device', 'budget'])).toEqual(layout);
    const again = new Segments(JSON.parse(JSON.stringify(layout)));
    for (const { record, canary } of hundred) {
      expect(namesOf(again, record, canary / 100)).toEqual(namesOf(segments, record, canary / 100));
    }
  });

  it('are few, whatever the values', () => {
    const words = Array.from({ length: 5000 }, (_, i) =>
      cell({ device: `word ${i}`, budget: i }, 1 + i),
    );
    const { layout, count } = new Segments(settleSegments(words, ['device', 'budget']));
    expect(count).toBeLessThan(50);
    // The most frequent ones.
    expect(layout.features[0]).toMatchObject({ values: expect.arrayContaining(['word 4999']) });
  });

  it('can be made of nothing', () => {
    const none = new Segments(settleSegments([], ['device']));
    expect(namesOf(none, { device: 'mobile', budget: 1 }, 0.02)).toEqual([
      'device: all other values',
      'predicted CTR: all',
    ]);
  });
});
