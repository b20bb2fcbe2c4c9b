import { trainCtr, type ModelCard, type ModelChoice } from '@adscale/ctr';
import { reportCard, reportEvaluation, tellCandidate } from '../../src/score/summary.js';
import { practiceTable } from '../practice-table.js';

describe('the summary of a card', () => {
  let card: ModelCard;
  beforeAll(async () => {
    const tune = { budgetSeconds: 600 };
    const fit = { trees: 5, maxBins: 16, maxDepth: 4, minLeafRows: 5, maxFeatures: 4 };
    ({ card } = await trainCtr(practiceTable(400), { fit, tune, folds: 2, threads: 1 }));
  });

  it('has every metric with its interval, the baselines, folds and settings', () => {
    const text = reportCard(card, { reportPath: 'models/versions/1/report.html' });
    const { held_out: judged, baselines } = card;
    const [low, high] = judged.bootstrap.intervals['normalised_entropy']!;
    const ne = judged.normalised_entropy.toFixed(5);
    expect(text).toContain(`NE             ${ne} [${low.toFixed(5)}, ${high.toFixed(5)}]`);
    for (const { description, normalised_entropy: other } of baselines) {
      const line = text.split('\n').find((each) => each.includes(description));
      expect(line).toContain(other.toFixed(5));
    }
    for (const word of ['calibration', 'AUC', 'noise ceiling', 'true CTR', 'intervals hold']) {
      expect(text).toContain(word);
    }
    expect(text).toMatch(/tuned {12}\d+ fits, until no step improves it: leaf impressions \d+/);
    expect(text).toMatch(/2 folds {10}NE 0\.\d{5} ± 0\.\d{5}/);
    expect(text).toContain('report           models/versions/1/report.html');
    expect(text).not.toMatch(/undefined|NaN|null/);
  });

  it('shows a dash for what was not a number when the card was written', () => {
    const read = JSON.parse(JSON.stringify(card)) as { held_out: { observed: { r2: unknown } } };
    read.held_out.observed.r2 = null;
    const text = reportCard(read as unknown as ModelCard);
    expect(text).toMatch(/observed CTR {3}R² – \[/);
  });

  it('says how rows were held out', () => {
    const by = (split: ModelCard['split']): string => reportCard({ ...card, split });
    expect(by({ by: 'time', share: 0.2, from: 5 })).toContain('impressions, the latest');
    expect(by({ by: 'group', share: 0.2, groups: { training: 9, held_out: 3 } })).toContain(
      '3 groups that were not trained on',
    );
  });

  it('begins with calibration where that is off beyond chance, and only there', () => {
    const off = (low: number, high: number): ModelCard => {
      const { bootstrap } = card.held_out;
      const intervals = { ...bootstrap.intervals, calibration_ratio: [low, high] as const };
      const held_out = { ...card.held_out, calibration_ratio: 1.2 };
      return { ...card, held_out: { ...held_out, bootstrap: { ...bootstrap, intervals } } };
    };
    const first = (text: string): string => text.split('\n', 1)[0];
    const wanted = /^calibration off {2}1\.20000 \[1\.10000, 1\.30000\]: predicted clicks over/;
    expect(first(reportCard(off(1.1, 1.3)))).toMatch(wanted);
    expect(first(reportEvaluation(off(1.1, 1.3).held_out))).toMatch(wanted);
    expect(first(reportCard(off(0.9, 1.3)))).toMatch(/^trained on/);
    const [low, high] = [0.7, 0.9];
    expect(first(reportCard(off(low, high)))).toMatch(/^calibration off/);
  });

  it('tells overdispersion with both ceilings only where it is more than chance, and matters', () => {
    const { noise_ceiling: _, ...judged } = card.held_out;
    const interval = [0.008, 0.02] as const;
    const size = { from: 1, to: 100, rows: 40, dispersion: 2, rho: 0.01, interval, unlike: true };
    const told = (
      low: number,
      weighted_noise_ceiling = 0.84,
      by_size: (typeof size)[] = [],
    ): string => {
      const overdispersion = {
        ...judged.overdispersion!,
        ...{ rho: 0.005, interval: [low, 0.006] as const, weighted_noise_ceiling, by_size },
      };
      const held_out = { ...judged, weighted_noise_ceiling_estimate: 0.98, overdispersion };
      return reportCard({ ...card, held_out });
    };
    expect(told(0.004)).toMatch(
      /noise ceiling {2}R² about 0\.98000.*\n {2}overdispersion ρ 0\.00500 \[0\.00400, 0\.00600\].*\n {2}ceiling with ρ R² about 0\.84000/,
    );
    const large = { ...size, to: 900, rho: 0.001 };
    expect(told(0.004, 0.84, [{ ...size, unlike: false }])).not.toContain('by size of row');
    expect(told(0.004, 0.84, [size, large])).toContain(
      '[0.00400, 0.00600], 0.00100 to 0.01000 by size of row: rows differ',
    );
    expect(told(0)).not.toMatch(/overdispersion|with ρ/);
    expect(told(0.004, 0.971)).not.toMatch(/overdispersion|with ρ/);
  });

  it('names segments that are off, the furthest first, and no others', () => {
    const segment = (name: string, ratio: number, off: boolean | null) => ({
      ...{ segment: name, rows: 9, impressions: 900, clicks: 90, predicted_clicks: 90 * ratio },
      ...{ calibration_ratio: ratio, interval: [ratio - 0.1, ratio + 0.1] as const, off },
    });
    const segments = [
      segment('device = tv', 1.2, true),
      segment('device = mobile', 1, false),
      segment('device = watch', 0.5, true),
      segment('device = car', 3, null),
    ];
    expect(reportCard({ ...card, segments })).toContain(
      [
        'off in segments  2 of 4: predicted over observed clicks, beyond chance',
        '  device = watch  0.50000 [0.40000, 0.60000]',
        '  device = tv     1.20000 [1.10000, 1.30000]',
      ].join('\n'),
    );
    expect(reportCard({ ...card, segments: segments.slice(1, 2) })).not.toContain(
      'off in segments',
    );
  });

  it('names rows that dominate, and the metrics without the one that was held out', () => {
    const row = { row: 3, impressions: 5e6, clicks: 9, share: 0.514 };
    const features = { ad_position: 3, device_type: null };
    const without = { ...card.held_out, normalised_entropy: 0.91234 };
    const text = reportCard({
      ...card,
      dominant_rows: {
        training: { ...row, features },
        held_out: { ...row, features: { ad_position: 7 }, without },
      },
    });
    expect(text).toContain(
      'dominant row     one has 51.4 % of the training impressions: ad_position 3, device_type missing\n',
    );
    expect(text).toMatch(
      /of the held-out impressions: ad_position 7; without it:\n.*R² 0.*\n.*NE +0\.91234 \[/,
    );
    expect(reportCard(card)).not.toContain('dominant');
  });

  it('of an evaluation alone begins with what it was judged on', () => {
    expect(reportEvaluation(card.held_out)).toMatch(/^judged on {8}80 rows, \d+ impressions/m);
  });

  it('of a candidate names its settings and whether it leads', () => {
    const [first] = card.tuning!.tried;
    const line = tellCandidate(first, first);
    expect(line).toContain(first.normalised_entropy.toFixed(5));
    expect(line).toMatch(/leaf impressions \d+.*depth 4.*bins 16 {2}best so far$/);
  });
});

describe('the summary of a model that was chosen', () => {
  const choice: ModelChoice = {
    kind: 'blend',
    compared: [
      { kind: 'average', normalised_entropy: 1.0001, behind: 0.1, standard_error: 0.004 },
      { kind: 'forest', normalised_entropy: 0.9041, behind: 0.004, standard_error: 0.001 },
      { kind: 'boosted', normalised_entropy: 0.9011, behind: 0.001, standard_error: 0.0005 },
      { kind: 'blend', normalised_entropy: 0.9001, behind: 0, standard_error: 0 },
    ],
    blend: { forest: 0.25 },
    folds: 5,
    repeats: 2,
    weights: {
      kind: 'effective',
      intra_row_correlation: 0.004,
      compared: [
        { kind: 'impressions', normalised_entropy: 0.92 },
        { kind: 'effective', normalised_entropy: 0.91 },
      ],
    },
    half_life: 14 * 86_400,
    calibration: 'isotonic',
    words: [
      {
        name: 'creative',
        parent: 'ad_group',
        seen: 800,
        known: 300,
        strength: 90,
        intra_row_correlation: 0.01,
      },
    ],
  };
  let card: ModelCard;
  beforeAll(async () => {
    ({ card } = await trainCtr(practiceTable(120), { fit: { trees: 3 }, threads: 1 }));
  });

  it('tells what was compared, how rows count, how old ones fade, and what is known of words', () => {
    const split = { by: 'time', share: 0.2, from: 1.75e9 } as const;
    const lines = reportCard({ ...card, choice, split }).split('\n');
    const from = lines.findIndex((line) => line.startsWith('model'));
    expect(lines.slice(from, from + 10)).toEqual([
      'model            blend of forest and boosted, 25 % forest',
      'compared         NE of rows left out (5 folds, dealt 2 times), and behind the best ± its standard error',
      '  average  1.00010  +0.10000 ± 0.00400',
      '  forest   0.90410  +0.00400 ± 0.00100',
      '  boosted  0.90110  +0.00100 ± 0.00050',
      '  blend    0.90010  the best, published',
      'rows count by    effective impressions: ρ 0.00400; NE by impressions 0.92000, effective impressions 0.91000',
      'half-life        14 days',
      'calibrated       isotonic',
      'words            creative: 300 kept of 800 seen; ad_group answers for others',
    ]);
    expect(lines[from + 10]).toMatch(/^out of fold {6}R² 0\.\d{5}/);
    expect(lines).toContain('baselines        NE, and the model’s NE less it');
    expect(reportCard(card)).toContain('baselines        NE, and the forest’s NE less it');
    expect(reportCard(card)).toMatch(/^out of bag {7}R² /m);
    expect(reportCard(card)).not.toMatch(/^(model|compared)/m);
  });

  it('says why the average is published, unless it was asked for', () => {
    const average = { ...choice, kind: 'average' } as const;
    expect(reportCard({ ...card, choice: average })).toContain(
      'model            the average CTR: no other is better beyond chance',
    );
    const asked = { ...average, compared: choice.compared.slice(0, 1) };
    expect(reportCard({ ...card, choice: asked })).toMatch(/^model {12}the average CTR$/m);
  });

  it('tells the calibration of rows whose words are not known, off or not', () => {
    const [first] = card.segments!;
    const unseen = {
      ...first,
      segment: 'creative: words unseen',
      impressions: card.held_out.impressions / 4,
      calibration_ratio: 1.1,
      interval: [0.9, 1.3] as const,
      off: false,
    };
    expect(reportCard({ ...card, segments: [unseen] })).toContain(
      'unseen words     creative, unseen: 25.0 % of the impressions, calibration 1.10000 [0.90000, 1.30000]',
    );
  });
});
