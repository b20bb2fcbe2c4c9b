import { trainCtr, type ModelCard } from '@adscale/ctr';
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

  it('of an evaluation alone begins with what it was judged on', () => {
    expect(reportEvaluation(card.held_out)).toMatch(/^judged on {8}80 rows, \d+ impressions/);
  });

  it('of a candidate names its settings and whether it leads', () => {
    const [first] = card.tuning!.tried;
    const line = tellCandidate(first, first);
    expect(line).toContain(first.normalised_entropy.toFixed(5));
    expect(line).toMatch(/leaf impressions \d+.*depth 4.*bins 16 {2}best so far$/);
  });
});
