import { readAmount, readCurrency } from '../src/money/money.js';
import {
  impressionsFor,
  movingAs,
  movingAsBought,
  rowAt,
  stepsAlong,
  type Path,
} from '../src/steps.js';
import { record, trainedModel } from './market.js';

/** Runs of equal CTR over whole quantities, one quantity after the other. */
function byTrial(path: Path, low: number, high: number) {
  const steps: { from: number; to: number; ctr: number }[] = [];
  for (let quantity = low; quantity <= high; quantity++) {
    const ctr = path.model.predictRow(rowAt(path, quantity));
    const last = steps.at(-1);
    if (last?.ctr === ctr) last.to = quantity;
    else steps.push({ from: quantity, to: quantity, ctr });
  }
  return steps;
}

describe('the steps of a forest', () => {
  const model = trainedModel({ rows: 600, trees: 20 });
  const pathOf = async (moving: (places: number[]) => Path['moving']): Promise<Path> => {
    const { schema } = await model;
    const names = schema.features.map(({ name }) => name);
    const places = ['impressions', 'budget'].map((name) => names.indexOf(name));
    return { model: await model, row: (await model).encode(record), moving: moving(places) };
  };

  it('along impressions are those of every whole number', async () => {
    const path = await pathOf(([impressions]) => [movingAs(impressions)]);
    expect(stepsAlong(path, 1, 40_000)).toEqual(byTrial(path, 1, 40_000));
  });

  it('along a budget are those of every cent', async () => {
    const path = await pathOf(([, budget]) => [movingAs(budget, 100)]);
    expect(stepsAlong(path, 150_000, 190_000)).toEqual(byTrial(path, 150_000, 190_000));
  });

  it('along spend pass the cuts of the impressions it buys and of the budget it is', async () => {
    const path = await pathOf(([impressions, budget]) => [
      movingAsBought(impressions, 3.7, 100),
      movingAs(budget, 10),
    ]);
    const steps = stepsAlong(path, 1, 30_000);
    expect(steps.length).toBeGreaterThan(10);
    expect(steps).toEqual(byTrial(path, 1, 30_000));
  });

  it('are one where nothing moves', async () => {
    const path = await pathOf(() => []);
    const ctr = (await model).predictRow(path.row);
    expect(stepsAlong(path, 5, 9)).toEqual([{ from: 5, to: 9, ctr }]);
  });
});

test('ten dollars at a CPM of four buy 2,500 impressions', () => {
  const usd = readCurrency('USD');
  expect(impressionsFor(readAmount(10, usd, 'spend'), 4, 100)).toBe(2500);
});
