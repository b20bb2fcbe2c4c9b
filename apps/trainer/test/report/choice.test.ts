import type { ModelChoice } from '@adscale/ctr';
import { comparisonFigure } from '../../src/page/choice-section.js';
import { tellChoice } from '../../src/report/choice.js';

type Compared = ModelChoice['compared'][number];

const one = (kind: Compared['kind'], ne: number, behind: number, error: number): Compared => ({
  kind,
  normalised_entropy: ne,
  behind,
  standard_error: error,
});

const split = { by: 'rows', share: 0.2 } as const;

const told = (choice: Partial<ModelChoice> & Pick<ModelChoice, 'kind' | 'compared'>): string =>
  tellChoice({ choice: { folds: 5, repeats: 1, ...choice }, split }).join('\n');

describe('how a model was chosen', () => {
  it('is told of the best, with how many standard errors the others are behind', () => {
    const text = told({
      kind: 'boosted',
      compared: [
        one('average', 1, 0.1, 0.01),
        one('forest', 0.9045, 0.0045, 0.0015),
        one('boosted', 0.9, 0, 0),
        one('blend', 0.9001, 0.0001, 0.0004),
      ],
    });
    expect(text).toContain('The boosted model was chosen: it loses least (NE 0.9000 out of fold)');
    expect(text).toContain('The forest is 0.0045 NE worse out of fold, 3.0 standard errors.');
    expect(text).toContain('The blend of forest and boosted model adds nothing');
  });

  it('is told of one that is simpler than the best and not worse beyond chance', () => {
    const text = told({
      kind: 'forest',
      compared: [one('forest', 0.9002, 0.0002, 0.0004), one('boosted', 0.9, 0, 0)].toSpliced(
        0,
        0,
        one('average', 1, 0.1, 0.01),
      ),
    });
    expect(text).toContain(
      'The forest was chosen: it is the simplest model within one standard error',
    );
    expect(text).toContain(
      'The boosted model is 0.0002 NE better out of fold, 0.5 standard errors',
    );
  });

  it('says why the average is published', () => {
    const close = told({
      kind: 'average',
      compared: [one('average', 1, 0.001, 0.001), one('forest', 0.999, 0, 0)],
    });
    expect(close).toContain(
      'The average CTR was chosen: the forest is 0.0010 NE better out of fold, 1.0 standard errors, where 1.645 are wanted',
    );
    const none = told({
      kind: 'average',
      compared: [one('average', 1, 0, 0), one('forest', 1.02, 0.02, 0.01)],
    });
    expect(none).toContain('no other model loses less on rows that it left out');
    expect(none).toContain('The forest is 0.0200 NE worse out of fold, 2.0 standard errors.');
  });

  it('does not claim a choice where a kind was asked for', () => {
    expect(told({ kind: 'boosted', compared: [one('boosted', 0.9, 0, 0)] })).toContain(
      'The boosted model was asked for; nothing was compared with it.',
    );
    const blend = told({
      kind: 'blend',
      compared: [one('forest', 0.91, 0.01, 0.002), one('blend', 0.9, 0, 0)],
    });
    expect(blend).toContain('The blend of forest and boosted model was asked for.');
    expect(blend).not.toContain('chosen');
  });

  it('tells weights, half-life and calibration', () => {
    const choice: ModelChoice = {
      kind: 'forest',
      compared: [one('forest', 0.9, 0, 0)],
      folds: 5,
      repeats: 2,
      weights: {
        kind: 'effective',
        intra_row_correlation: 0.0123,
        compared: [
          { kind: 'impressions', normalised_entropy: 0.91 },
          { kind: 'effective', normalised_entropy: 0.9 },
        ],
      },
      half_life: 30 * 86_400,
      calibration: 'platt',
    };
    const text = tellChoice({ choice, split: { by: 'time', share: 0.2, from: 1.75e9 } }).join('\n');
    expect(text).toContain('5 folds, dealt 2 times');
    expect(text).toMatch(/\(ρ 0\.0123\)\. A row counts by its effective impressions/);
    expect(text).toContain('impressions 0.9100, effective 0.9000');
    expect(text).toContain('one that is 30 days younger');
    expect(text).toContain('logistic (Platt) calibration');
    const counted = tellChoice({ choice, split: { by: 'time', share: 0.2, from: 5 } }).join('\n');
    expect(counted).toContain('2590000 units of the time younger');
  });

  it('is nothing where a forest was grown as ever', () => {
    expect(tellChoice({ split })).toEqual([]);
  });
});

describe('the picture of the comparison', () => {
  const choice = (average: number): ModelChoice => ({
    kind: 'blend',
    compared: [
      one('average', 1, average, 0.001),
      one('forest', 0.902, 0.002, 0.001),
      one('blend', 0.9, 0, 0),
    ],
    blend: { forest: 0.25 },
    folds: 5,
    repeats: 1,
  });

  it('leaves out an average that is too far behind for the others to be told apart, and says so', () => {
    const near = comparisonFigure(choice(0.005));
    const far = comparisonFigure(choice(0.1));
    const shown = ({ option }: typeof near): unknown => (option.yAxis as { data: unknown }).data;
    expect(shown(near)).toEqual(['average CTR', 'forest', 'blend']);
    expect(shown(far)).toEqual(['forest', 'blend']);
    expect(near.caption).not.toContain('outside');
    expect(far.caption).toContain('The average CTR, 0.1000 behind, lies outside the picture.');
    expect(far.table.rows).toEqual([
      ['average CTR', '1.0000', '0.1000', '0.0010', ''],
      ['forest', '0.9020', '0.0020', '0.0010', ''],
      ['blend (25 % forest)', '0.9000', '0.0000', '0.0000', 'published'],
    ]);
  });
});
