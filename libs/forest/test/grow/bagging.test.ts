import { RowBag } from '../../src/grow/bagging.js';
import { Random } from '../../src/random.js';

const total = (counts: Uint16Array): number => counts.reduce((sum, count) => sum + count, 0);

describe('a bag', () => {
  it('with replacement draws as many rows as asked', () => {
    const bag = new RowBag(1000);
    bag.drawn.fill(9);
    bag.draw({ bootstrap: true, sampleFraction: 0.5 }, new Random(1, 0));
    expect(total(bag.drawn)).toBe(500);
  });

  it('with replacement leaves about 1/e of the rows out', () => {
    const bag = new RowBag(100_000);
    bag.draw({ bootstrap: true, sampleFraction: 1 }, new Random(1, 0));
    const missed = bag.drawn.filter((count) => count === 0).length;
    expect(missed / bag.drawn.length).toBeCloseTo(Math.exp(-1), 2);
  });

  it('without replacement takes each row at most once, every row alike', () => {
    const drawn = new Float64Array(20);
    const bag = new RowBag(20);
    for (let stream = 0; stream < 4000; stream++) {
      const rules = { bootstrap: false, sampleFraction: 0.25 };
      bag.draw(rules, new Random(1, stream));
      expect(total(bag.drawn)).toBe(5);
      bag.drawn.forEach((count, row) => (drawn[row] += count));
    }
    for (const count of drawn) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});
