import fc from 'fast-check';
import type { Choice, Segment } from '../../src/allocate/choices.js';
import { solveExactly } from '../../src/allocate/integer-program.js';
import { fillSegments, relax, spendRest, worth } from '../../src/allocate/knapsack.js';
import { solveHere } from '../../src/allocate/solver.js';
import { equalSplit, proportionalSplit } from '../../src/allocate/simple-splits.js';

/** A choice of segments one after the other, each so long and worth so much a unit. */
function choiceOf(floor: number, stretches: readonly (readonly [number, number])[]): Choice {
  let from = floor;
  const segments = stretches.map(([length, rate]): Segment => {
    const segment = { from, to: from + length - 1, rate };
    from += length;
    return segment;
  });
  const most = from - 1;
  return {
    cell: {
      id: '',
      row: new Float64Array(0),
      cost: { per: 'click', price: 1 },
      floor,
      cap: most,
      inventory: Infinity,
      weight: 1,
    },
    segments,
    most,
    end: 'cap',
    impressionsAt: () => 0,
    rowAt: () => new Float64Array(0),
  };
}

/** Every spend of every choice, by dynamic programming over whole units. */
function bestByTrying(choices: readonly Choice[], budget: number): number {
  let best = new Float64Array(budget + 1);
  for (const choice of choices) {
    const next = new Float64Array(budget + 1).fill(-Infinity);
    for (let left = 0; left <= budget; left++) {
      for (let spend = choice.cell.floor; spend <= Math.min(choice.most, left); spend++) {
        const { rate } = choice.segments.find(({ to }) => spend <= to)!;
        next[left] = Math.max(next[left], best[left - spend] + rate * spend);
      }
    }
    best = next;
  }
  return best[budget];
}

const stretches = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 9 })),
  { minLength: 1, maxLength: 4 },
);
const someChoices = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 3 }), stretches).map(([floor, of]) => choiceOf(floor, of)),
  { minLength: 1, maxLength: 4 },
);
const problems = fc.tuple(someChoices, fc.integer({ min: 0, max: 40 })).map(([choices, more]) => ({
  choices,
  budget: choices.reduce((sum, { cell }) => sum + cell.floor, 0) + more,
}));

const spentBy = (spends: readonly number[]): number =>
  spends.reduce((sum, spend) => sum + spend, 0);

function expectAllowed(choices: readonly Choice[], budget: number, spends: readonly number[]) {
  expect(spentBy(spends)).toBeLessThanOrEqual(budget);
  spends.forEach((spend, i) => {
    expect(Number.isInteger(spend)).toBe(true);
    expect(spend).toBeGreaterThanOrEqual(choices[i].cell.floor);
    expect(spend).toBeLessThanOrEqual(choices[i].most);
  });
}

describe('the relaxation', () => {
  it('bounds the best allocation, and its own is allowed', () => {
    fc.assert(
      fc.property(problems, ({ choices, budget }) => {
        const { bound, price, corners } = relax(choices, budget);
        const best = bestByTrying(choices, budget);
        expect(bound).toBeGreaterThanOrEqual(best - 1e-9);
        expect(price).toBeGreaterThanOrEqual(0);
        expectAllowed(choices, budget, corners.spends);
        const improved = spendRest(choices, corners, budget);
        expectAllowed(choices, budget, improved.spends);
        expect(improved.value).toBeGreaterThanOrEqual(corners.value);
        expect(improved.value).toBeLessThanOrEqual(best + 1e-9);
      }),
    );
  });

  it('prices one more unit where the money runs out', () => {
    const choices = [choiceOf(0, [[11, 5]]), choiceOf(0, [[11, 3]])];
    expect(relax(choices, 14)).toMatchObject({ bound: 62, price: 3 });
    expect(relax(choices, 25)).toMatchObject({ bound: 80, price: 0 });
  });
});

describe('HiGHS', () => {
  it('finds the best there is', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ choices, budget }) => {
        const relaxation = relax(choices, budget);
        const floors = choices.map(({ cell }) => cell.floor);
        const known = { spends: floors, value: worth(choices, floors) };
        const { allocation, bound } = await solveExactly(
          choices,
          budget,
          relaxation,
          known,
          solveHere,
          60,
        );
        const best = bestByTrying(choices, budget);
        const found = Math.max(known.value, allocation?.value ?? 0);
        expect(found).toBeGreaterThanOrEqual(best * (1 - 1e-5) - 1e-9);
        expect(bound).toBeGreaterThanOrEqual(best - 1e-6);
        if (allocation !== undefined) expectAllowed(choices, budget, allocation.spends);
      }),
      { numRuns: 60 },
    );
  });
});

test('segments are filled by falling rate, or not at all if their least is too much', () => {
  const choices = [choiceOf(2, [[5, 4]]), choiceOf(3, [[5, 7]])];
  expect(fillSegments(choices, [0, 0], 10)?.spends).toEqual([3, 7]);
  expect(fillSegments(choices, [0, 0], 4)).toBeUndefined();
});

describe('splits that need no model', () => {
  it('share alike, but for floors and caps', () => {
    const choices = [choiceOf(0, [[100, 1]]), choiceOf(0, [[11, 1]]), choiceOf(60, [[100, 1]])];
    expect(equalSplit(choices, 100).spends).toEqual([30, 10, 60]);
  });

  it('or by what money is worth', () => {
    const choices = [choiceOf(0, [[101, 3]]), choiceOf(0, [[101, 1]])];
    expect(proportionalSplit(choices, 100).spends).toEqual([75, 25]);
  });

  it('spend all that there is room for, within every limit', () => {
    fc.assert(
      fc.property(problems, ({ choices, budget }) => {
        const room = choices.reduce((sum, { most }) => sum + most, 0);
        for (const { spends } of [
          equalSplit(choices, budget),
          proportionalSplit(choices, budget),
        ]) {
          expectAllowed(choices, budget, spends);
          expect(spentBy(spends)).toBe(Math.min(budget, room));
        }
      }),
    );
  });
});
