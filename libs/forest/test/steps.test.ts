import { prepareFit } from '../src/fit.js';
import { atOnce, byRows, type Steps } from '../src/steps.js';
import { mixedData } from './data.js';

describe('steps', () => {
  it('cover every row once, in order, however many rows there are', () => {
    for (const rows of [0, 1, 499_999, 500_000, 1_700_001]) {
      let next = 0;
      const steps = byRows(rows, (from, to) => {
        expect(from).toBe(next);
        expect(to - from).toBeLessThanOrEqual(500_000);
        next = to;
      });
      let pauses = 0;
      while (!steps.next().done) pauses++;
      expect(next).toBe(rows);
      expect(pauses).toBe(Math.ceil(rows / 500_000));
    }
  });

  it('give their result to whoever takes them at once, and their errors too', () => {
    function* work(fails: boolean): Steps<number> {
      yield* byRows(1_000_000, () => {});
      if (fails) throw new Error('it fails');
      return 7;
    }
    expect(atOnce(work(false))).toBe(7);
    expect(() => atOnce(work(true))).toThrow('it fails');
  });

  it('pause a fit before its columns are packed, sorted, grouped and ordered', () => {
    const steps = prepareFit(mixedData({ rows: 700_000, distinct: 9 }));
    let pauses = 0;
    while (!steps.next().done) pauses++;
    // Two stretches of rows: to learn 2 columns, pack 3, count and deal one digit, group twice, and
    // to order target and weight.
    expect(pauses).toBeGreaterThanOrEqual(2 * (2 + 3 + 2 + 2 + 2));
  });
});
