import { CtrModel, type ModelCard } from '@adscale/ctr';
import { treeShap, writeModel } from '@adscale/forest';
import { opportunities } from '../../src/opportunities/opportunities.js';
import { record, refusalOf, trainedModel } from '../market.js';

/** The card of an earlier trainer, which kept none. */
function withoutBackground(card: ModelCard): ModelCard {
  return { ...card, background: undefined } as unknown as ModelCard;
}

function expectClose(values: Float64Array, wanted: Float64Array): void {
  wanted.forEach((value, f) => expect(values[f]).toBeCloseTo(value, 12));
}

describe('opportunities', () => {
  const trained = trainedModel();
  const vary = {
    ad_position: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    device_type: ['mobile', 'desktop', 'tablet'],
  };

  it('go through every combination, best lower bound first', async () => {
    const { placements, best } = opportunities(await trained, { base: record, vary, top: 20 });
    expect(placements).toBe(30);
    const lows = best.map(({ interval }) => interval.low);
    expect(lows).toEqual(lows.toSorted((a, b) => b - a));
    expect(best[0].record['ad_position']).toBe(1);
    expect(new Set(best.map(({ id }) => id)).size).toBe(20);
  });

  it('call a value that a placement lacks missing', async () => {
    const { digest, card } = await trained;
    const { ranges } = card!.training;
    const lacked = { ...ranges, budget: { ...ranges['budget'], missing: 1 } };
    const gappy = { ...card!, training: { ...card!.training, ranges: lacked } } as ModelCard;
    const model = CtrModel.load(writeModel((await trained).forest), gappy);
    expect(model.digest).toBe(digest);
    const wanted = { budget: [null, 900], device_type: ['mobile'] };
    const { best } = opportunities(model, { base: record, vary: wanted });
    expect(best.map(({ id }) => id).toSorted()).toEqual(['900 / mobile', 'missing / mobile']);
  });

  it('name placements below the floor, with the reason', async () => {
    const { weak } = opportunities(await trained, { base: record, vary, floor_ctr: 0.01 });
    expect(weak.length).toBe(5);
    for (const { predicted_ctr, chance_below_floor, reasons, to_find_out, record: asked } of weak) {
      expect(predicted_ctr).toBeLessThan(0.01);
      expect(chance_below_floor).toBeGreaterThanOrEqual(0.8);
      expect(reasons[0].feature).toBe('ad_position');
      expect(reasons[0].effect).toBeLessThan(0);
      expect(reasons[0].says).toContain(`ad_position ${asked['ad_position']} lowers the CTR by`);
      expect(to_find_out.impressions).toBeGreaterThan(0);
    }
  });

  it.each([
    ['against the background of the card', (card: ModelCard) => card],
    ['by the trees where the card has no background', withoutBackground],
  ])('give the reasons that an explanation gives: %s', async (_, cardOf) => {
    const { forest, digest, card } = await trained;
    const model = CtrModel.load(writeModel(forest), cardOf(card!));
    expect(model.digest).toBe(digest);
    const { weak } = opportunities(model, { base: record, vary, floor_ctr: 0.01 });
    for (const { record: asked, reasons } of weak) {
      const row = model.encode(asked);
      const { method, base, values } = model.explainer.explain(row);
      expect(method === 'tree_shap').toBe(cardOf === withoutBackground);
      if (method === 'tree_shap') expectClose(values, treeShap(forest, row).values);
      for (const { feature, effect, says } of reasons) {
        const place = model.schema.features.findIndex(({ name }) => name === feature);
        expect(effect).toBeCloseTo(values[place], 6);
        const [, usual] = /from the usual (\S+)\.$/.exec(says)!;
        expect(Number(usual)).toBeCloseTo(base, 6);
      }
    }
  });

  it('find no weak placement without a floor, and say so', async () => {
    const { weak, assumptions } = opportunities(await trained, { base: record, vary });
    expect(weak).toEqual([]);
    expect(assumptions).toContain('No floor_ctr was given, so no placement is weak.');
  });

  it('tell what the training data did not hold, least known first', async () => {
    const placements = [
      { id: 'usual', record },
      { id: 'far', record: { ...record, budget: 1e9 } },
      { id: 'rare', record: { ...record, device_type: 'tablet', ad_position: 10 } },
    ];
    const { unexplored } = opportunities(await trained, { placements, few_rows: 15 });
    expect(unexplored.map(({ id }) => id)).toEqual(['rare', 'far']);
    expect(unexplored[1].extrapolated).toEqual(['budget']);
    expect(unexplored[0].explored.training_rows).toBeLessThan(15);
    expect(unexplored[0].to_find_out.says).toContain(
      `After ${unexplored[0].to_find_out.impressions} impressions`,
    );
  });

  it('make cells of the features that one asks for', async () => {
    const model = await trained;
    const rowsOf = (cell_by: string[]): number =>
      opportunities(model, { placements: [{ record }], cell_by }).best[0].explored.training_rows!;
    const byDevice = rowsOf(['device_type']);
    expect(byDevice).toBeGreaterThan(rowsOf(['device_type', 'ad_position']));
    const { rows, ranges } = model.card!.training;
    const { categories } = ranges['device_type'] as { categories: Record<string, number> };
    expect(byDevice / rows).toBeCloseTo(categories['mobile'] / rows, 1);
  });

  it.each([
    [{}, 'placements'],
    [{ placements: [{ record }], base: record, vary }, 'placements'],
    [{ base: record, vary: { ad_position: [0] } }, 'vary.ad_position[0]'],
    [{ base: record, vary: { colour: ['red'] } }, 'vary.colour'],
    [{ base: record, vary, top: 21 }, 'top'],
    [{ base: record, vary, cell_by: ['colour'] }, 'cell_by[0]'],
    [{ base: record, vary, floor_ctr: 0 }, 'floor_ctr'],
  ])('refuse %j', async (request, field) => {
    const model = await trained;
    expect(refusalOf(() => opportunities(model, request)).field).toBe(field);
  });

  it('refuse a grid of more than 1,000 placements', async () => {
    const model = await trained;
    const impressions = Array.from({ length: 40 }, (_, i) => 1000 + i);
    const large = { ...vary, impressions };
    expect(refusalOf(() => opportunities(model, { base: record, vary: large })).code).toBe(
      'LIMIT_EXCEEDED',
    );
  });
});
