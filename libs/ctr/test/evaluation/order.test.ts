import fc from 'fast-check';
import { orderOf } from '../../src/evaluation/order.js';

const number = fc.oneof(
  fc.double({ min: 0, noNaN: true }).map(Math.abs),
  fc.constantFrom(0, 0.1, 0.5, 1, NaN),
);

describe('the order of numbers', () => {
  it('is that of a stable sort, NaN last', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 50 }), (list) => {
        const known = [...list.keys()].filter((i) => !Number.isNaN(list[i]));
        const wanted = [
          ...known.sort((a, b) => list[a] - list[b]),
          ...[...list.keys()].filter((i) => Number.isNaN(list[i])),
        ];
        expect([...orderOf(Float64Array.from(list))]).toEqual(wanted);
      }),
    );
  });

  it('is found in a part of a buffer', () => {
    const whole = Float64Array.of(9, 0.3, 0.1, 0.2, 0);
    expect([...orderOf(whole.subarray(1, 4))]).toEqual([1, 2, 0]);
  });
});
