import fc from 'fast-check';
import { Ghost } from '../../src/store/ghost.js';

/** The same memory as a list, oldest first; what was taken leaves a gap that still ages. */
class NaiveGhost {
  private places: (number | undefined)[] = [];

  constructor(private readonly capacity: number) {}

  add(hash: number): void {
    this.take(hash);
    this.places.push(hash);
    if (this.places.length > this.capacity) this.places.shift();
  }

  take(hash: number): boolean {
    const place = this.places.indexOf(hash);
    if (place < 0) return false;
    this.places[place] = undefined;
    return true;
  }
}

describe('Ghost', () => {
  it('remembers a hash once, until it is taken', () => {
    const ghost = new Ghost(3);
    ghost.add(7);
    expect(ghost.take(8)).toBe(false);
    expect(ghost.take(7)).toBe(true);
    expect(ghost.take(7)).toBe(false);
  });

  it('forgets the oldest first', () => {
    const ghost = new Ghost(3);
    for (const hash of [1, 2, 3, 4]) ghost.add(hash);
    expect([1, 2, 3, 4].map((hash) => ghost.take(hash))).toEqual([false, true, true, true]);
  });

  it('agrees with a list on any hashes, however they collide in the table', () => {
    // Few low bits, so that most hashes want the same places; 0 and the sign bit included.
    const hashes = fc
      .tuple(fc.constantFrom(0, 1, 7, 15), fc.nat(5))
      .map(([low, high]) => (low + Math.imul(high, 0x30000000)) | 0);
    const steps = fc.array(fc.tuple(fc.boolean(), hashes), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (capacity, moves) => {
        const ghost = new Ghost(capacity);
        const naive = new NaiveGhost(capacity);
        for (const [add, hash] of moves) {
          if (add) {
            ghost.add(hash);
            naive.add(hash);
          } else expect(ghost.take(hash)).toBe(naive.take(hash));
        }
      }),
      { numRuns: 500 },
    );
  });
});
