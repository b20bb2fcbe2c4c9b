import { trainCtr, type CtrTable, type Trained } from '@adscale/ctr';
import { renderPage } from '../../src/page/page.js';
import { viewFeature } from '../../src/report/levels.js';
import { describeModel, type ReportDocument } from '../../src/report/report.js';
import { modelOf, recordOf, wordTable } from '../word-table.js';

const CREATIVE = 2;

describe('the report of a model that was chosen, of records with words', () => {
  let trained: Trained;
  let report: ReportDocument;
  let table: CtrTable;
  beforeAll(async () => {
    table = wordTable(900);
    trained = await trainCtr(table, {
      model: 'auto',
      fit: { trees: 10 },
      boosters: { rounds: 20 },
      words: { cross: [['campaign', 'device_type']] },
      split: { by: 'time' },
      threads: 1,
    });
    report = describeModel(trained);
  });

  it('has one importance for each feature of a record and each cross', () => {
    expect(report.importances.map(({ feature }) => feature).sort()).toEqual([
      'ad_group',
      'ad_position',
      'campaign',
      'campaign × device_type',
      'creative',
      'device_type',
    ]);
    expect(report.importances[0].feature).toBe('ad_position');
    const shares = report.importances.reduce((sum, { impurity }) => sum + impurity, 0);
    expect(shares).toBeCloseTo(1, 9);
  });

  it('shows the words of most impressions, and what the model answers records with them', () => {
    const effect = report.effects.find(({ feature }) => feature === 'creative')!;
    const sums = new Map<string, number>();
    trained.training.features.values[CREATIVE].forEach((word, row) => {
      if (Number.isNaN(word)) return;
      const text = trained.encoding!.wordOf(CREATIVE, word);
      sums.set(text, (sums.get(text) ?? 0) + trained.training.impressions[row]);
    });
    const commonest = [...sums].sort(([, a], [, b]) => b - a).map(([word]) => word);
    expect(effect.grid).toEqual(commonest.slice(0, 12));
    const model = modelOf(trained);
    const { features, impressions } = trained.training;
    // 200 rows, evenly spaced, are asked about.
    const asked = Array.from({ length: 200 }, (_, k) => Math.floor((k * features.rows) / 200));
    let [clicks, shown] = [0, 0];
    for (const row of asked) {
      const values = features.values.map((column) => column[row]);
      values[CREATIVE] = trained.encoding!.numberOf(CREATIVE, effect.grid[3]);
      clicks += impressions[row] * model.predictRow(values);
      shown += impressions[row];
    }
    expect(effect.mean[3]).toBeCloseTo(clicks / shown, 9);
    const number = trained.encoding!.numberOf(CREATIVE, effect.grid[3]);
    const known = trained.encoding!.statisticsOf(CREATIVE, number);
    expect(effect.words![3]).toEqual({ word: effect.grid[3], ...known });
  });

  it('tells how many words there were and were kept, and accounts for every row', () => {
    const profile = report.profile.find(({ feature }) => feature === 'creative')!;
    const { seen, known } = trained.card.choice!.words!.find(({ name }) => name === 'creative')!;
    expect(profile).toMatchObject({ kind: 'word', distinct: seen, known });
    expect(profile.quartiles).toBeUndefined();
    const rows = profile.levels.reduce((sum, level) => sum + level.rows, 0);
    expect(rows).toBe(trained.training.features.rows);
    expect(profile.levels.slice(-2).map(({ label }) => label)).toEqual([
      '(other words)',
      '(words unseen)',
    ]);
  });

  it('has residuals of the words that are not known', () => {
    const { levels } = report.residuals.find(({ feature }) => feature === 'creative')!;
    const inTraining = new Set<string>();
    const latest = trained.card.split.from!;
    const nameOf = (row: number): string => String(recordOf(table, row)['creative']);
    table.time!.forEach((time, row) => void (time < latest && inTraining.add(nameOf(row))));
    const unseen = [...table.time!.keys()].filter(
      (row) => table.time![row] >= latest && !inTraining.has(nameOf(row)),
    );
    expect(unseen.length).toBeGreaterThan(5);
    expect(levels.at(-1)!.label).toBe('(words unseen)');
    // Words of too few clicks are forgotten, and then as good as unseen.
    expect(levels.at(-1)!.rows).toBeGreaterThanOrEqual(unseen.length);
    const all = levels.reduce((sum, level) => sum + level.rows, 0);
    expect(all).toBe(trained.heldOut.features.rows);
    const segment = trained.card.segments!.find(
      (part) => part.segment === 'creative: words unseen',
    )!;
    expect(segment.rows).toBe(levels.at(-1)!.rows);
    expect(1 / segment.calibration_ratio!).toBeCloseTo(levels.at(-1)!.ratio!, 12);
  });

  it('tells what it was chosen from instead of what more trees bring', () => {
    expect(report.learning_curve).toBeNull();
    expect(report.how_chosen[0]).toContain('was chosen');
    expect(report.warnings.map(({ text }) => text).join('\n')).toMatch(
      /held-out impressions nothing is known of the word of creative, and what is above it answers/,
    );
  });

  it('is laid out with the comparison and the statistics of words', () => {
    const html = renderPage(report);
    expect(html).toContain('<h2>How the model was chosen</h2>');
    expect(html).toContain('<figure class="full" id="choice">');
    expect(html).toContain('<h3>Statistics of words</h3>');
    expect(html).toMatch(/<th scope="row">creative<\/th><td>ad_group<\/td>/);
    expect(html).toContain('<th scope="row">creative: words unseen</th>');
    expect(html).not.toContain('Would more trees help');
    expect(html).not.toMatch(/undefined|NaN/);
  });

  it('draws the columns that a cross makes, whatever a record holds', () => {
    const { heat_map: heat } = report;
    expect(heat).not.toBeNull();
    const model = modelOf(trained);
    const { features, impressions } = trained.training;
    const cell = heat!.cells.find(({ row, column }) => row === 1 && column === 2)!;
    const views = features.schema.features.map((_, f) => viewFeature(trained.training, f));
    const [down, across] = [heat!.rows, heat!.columns].map((side) =>
      views.find(({ levels }) => levels.feature === side.feature)!,
    );
    let [clicks, shown] = [0, 0];
    for (let k = 0; k < 100; k++) {
      const row = Math.floor((k * features.rows) / 100);
      const values = features.values.map((column) => column[row]);
      values[down.f] = down.levels.values![1];
      values[across.f] = across.levels.values![2];
      clicks += impressions[row] * model.predictRow(values);
      shown += impressions[row];
    }
    expect(cell.predicted).toBeCloseTo(clicks / shown, 9);
  });
});

describe('levels of words', () => {
  it('keep the names of what is left out apart from words of the same name', () => {
    const table = wordTable(60);
    const { creative } = table.vocabularies!;
    const texts = creative.words();
    const taken = { textOf: (word: number) => (word === 0 ? '(other words)' : texts[word]) };
    const vocabularies = { ...table.vocabularies, creative: taken as typeof creative };
    const isKnown = (_: number, word: number): boolean => word < 20;
    const { labels, levelOf } = viewFeature({ ...table, vocabularies }, CREATIVE, {
      isKnown,
    } as Parameters<typeof viewFeature>[2]).everyLevel;
    expect(new Set(labels).size).toBe(labels.length);
    expect(levelOf(NaN)).toBe(labels.length - 1);
  });
});

it('the report of the average looks into nothing and says so', async () => {
  const table = wordTable(200);
  const clicks = table.impressions.map((n, row) => Math.round(n * (row % 2 === 0 ? 0.1 : 0.2)));
  const options = { model: 'average', threads: 1 } as const;
  const report = describeModel(await trainCtr({ ...table, clicks }, options));
  expect([report.importances, report.effects, report.heat_map]).toEqual([[], [], null]);
  expect(report.residuals.length).toBeGreaterThan(0);
  expect(report.warnings[0]).toEqual({
    weight: 'serious',
    text: 'The model is the average CTR, whatever the record, as was asked for.',
  });
  const html = renderPage(report);
  expect(html).not.toContain('What it rests on');
  expect(html).toContain('The average CTR was asked for; nothing was compared with it.');
});
