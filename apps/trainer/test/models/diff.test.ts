import type { ModelCard } from '@adscale/ctr';
import { diffCards, toldApart } from '../../src/models/diff.js';

/** The card of a model with one feature of these categories. */
const cardOf = (...categories: string[]): Partial<ModelCard> => ({
  schema: { features: [{ name: 'site', kind: 'categorical', categories }] },
});

describe('what two cards differ in', () => {
  it('is told of categories that read the same when they are joined', () => {
    const [difference, ...others] = diffCards(cardOf('a', 'b,c'), cardOf('a,b', 'c'));
    expect(others).toEqual([]);
    expect(difference).toMatchObject({ section: 'schema', name: 'site' });
    const [one, other] = toldApart(difference);
    expect(one).toContain('["a","b,c"]');
    expect(other).toContain('["a,b","c"]');
  });

  it('is told of lists that begin to differ where a line has no room for them any more', () => {
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`);
    const [difference] = diffCards(cardOf(...words, 'mine'), cardOf(...words, 'yours'));
    const [one, other] = toldApart(difference);
    expect([one, other]).toEqual([
      expect.stringContaining('mine'),
      expect.stringContaining('yours'),
    ]);
    expect(one.length).toBeLessThanOrEqual(62);
  });

  it('is nothing where only the order of keys differs', () => {
    const [one, other] = ['{"rows": 1, "clicks": 2}', '{"clicks": 2, "rows": 1}'].map(
      (mapping) => ({ mapping: JSON.parse(mapping) }) as Partial<ModelCard>,
    );
    expect(diffCards(one, other)).toEqual([]);
  });

  it('is told of kinds of models, of what they were chosen from and of their words', () => {
    const parameters = { trees: 3 } as ModelCard['parameters'];
    const words = {
      name: 'site',
      parent: null,
      seen: 9,
      known: 7,
      strength: 50,
      intra_row_correlation: 0,
    };
    const choice = {
      kind: 'boosted',
      compared: [{ kind: 'boosted', normalised_entropy: 0.9, behind: 0, standard_error: 0 }],
      folds: 5,
      repeats: 1,
      words: [words],
    } as const;
    const told = diffCards({ parameters }, { parameters, choice });
    expect(told.map(({ name, a, b }) => [name, a, b])).toEqual(
      expect.arrayContaining([
        ['kind of model', 'forest', 'boosted'],
        ['compared: boosted', null, 'NE 0.90000, 0.00000 ± 0.00000 behind'],
        ['words of site', null, expect.objectContaining({ seen: 9, known: 7 })],
      ]),
    );
    const more = { ...choice, words: [{ ...words, known: 8 }] };
    const [only, ...others] = diffCards({ parameters, choice }, { parameters, choice: more });
    expect(others).toEqual([]);
    expect(only).toMatchObject({ section: 'words', name: 'words of site' });
  });

  it('is in order: data, split, schema, ranges, model, words, parameters, metrics in any case', () => {
    const card = (seed: number) =>
      ({
        source: `file${seed}`,
        split: { by: 'rows', share: seed / 10 },
        parameters: { trees: seed, maxBins: 7 },
        out_of_bag: { normalised_entropy: 0.9 },
      }) as unknown as Partial<ModelCard>;
    expect(diffCards(card(1), card(2)).map(({ section, name }) => `${section}: ${name}`)).toEqual([
      'data: source',
      'split: split share',
      'parameters: trees',
      'metrics: NE out of bag',
    ]);
  });
});
