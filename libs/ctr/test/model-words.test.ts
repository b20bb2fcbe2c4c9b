import { CtrModel, trainCtr, type RecordFeature, type Trained } from '../src/index.js';
import { drawing, tableOf, word } from './draw.js';

const position: RecordFeature = { name: 'position', kind: 'integer', minimum: 1, maximum: 4 };
const site: RecordFeature = { name: 'site', kind: 'word', whole: true };

/** Keywords in campaigns, positions and sites; a keyword of one row, too. */
function trainingTable() {
  const draw = drawing(1);
  const rows = 400;
  const keywords = Array.from({ length: rows }, (_, row) => (row === 0 ? 20 : draw.below(20)));
  const places = keywords.map(() => 1 + draw.below(4));
  const sites = keywords.map(() => 9000 + draw.below(5));
  const n = keywords.map(() => 300 + draw.below(300));
  const k = n.map((count, row) =>
    draw.binomial(count, (0.01 + 0.01 * (keywords[row] % 10)) * (1.3 - 0.2 * places[row])),
  );
  return tableOf(
    [word('keyword'), word('campaign'), position, site],
    [keywords, keywords.map((w) => Math.floor(w / 5)), places, sites],
    n,
    k,
  );
}

const record = { keyword: 'keyword-7', campaign: 'campaign-1', position: 2, site: 9002 };

describe('a model with words', () => {
  let trained: Trained;
  let model: CtrModel;
  beforeAll(async () => {
    trained = await trainCtr(trainingTable(), {
      fit: { trees: 10, maxBins: 32 },
      words: { hierarchy: [['campaign', 'keyword']], cross: [['keyword', 'position']] },
    });
    model = CtrModel.load(trained.bytes, trained.card);
  });

  it('answers a record as its trees answer the record in columns', () => {
    expect(model.schema.features.map(({ name }) => name)).toEqual([
      'keyword',
      'campaign',
      'position',
      'site',
    ]);
    for (const some of [
      record,
      { ...record, keyword: 'new' },
      { ...record, keyword: 'new', campaign: 'new', site: 1 },
    ]) {
      const row = model.encode(some);
      const columns = new Float64Array(model.words!.width);
      model.words!.expand(row, columns);
      expect([...Float64Array.from(model.columnsOf(row))]).toEqual([...columns]);
      expect(model.predictRow(row)).toBe(trained.forest.predict(columns));
      expect(model.at(model.code(row))).toBe(model.predictRow(row));
      expect(model.predict(some)).toBeCloseTo(model.predictRow(row), 4);
    }
    const [good, bad] = ['keyword-9', 'keyword-0'].map((keyword) =>
      model.predict({
        ...record,
        keyword,
        campaign: keyword === 'keyword-9' ? 'campaign-1' : 'campaign-0',
      }),
    );
    expect(good).toBeGreaterThan(2 * bad);
  });

  it('answers the held-out rows as training told', () => {
    const { heldOut, predicted } = trained;
    const row = new Float64Array(4);
    predicted.forEach((ctr, r) => {
      for (let f = 0; f < 4; f++) row[f] = heldOut.features.values[f][r];
      expect(model.predictRow(row)).toBe(ctr);
    });
  });

  it('answers many rows, its members and its intervals alike', () => {
    const records = [record, { ...record, position: 4 }, { ...record, keyword: 'new' }];
    const rows = Float64Array.from(records.flatMap((some) => [...model.encode(some)]));
    const each = records.map((_, i) => model.predictRow(rows.subarray(4 * i, 4 * i + 4)));
    expect([...model.predictBatch(rows, new Float64Array(3))]).toEqual(each);
    const members = model.perTree(rows, 3, 5);
    expect(members).toHaveLength(15);
    records.forEach((_, i) => {
      const alone = model.perTree(rows.subarray(4 * i, 4 * i + 4), 1, 5);
      expect([0, 1, 2, 3, 4].map((tree) => members[tree * 3 + i])).toEqual([...alone]);
      const row = rows.subarray(4 * i, 4 * i + 4);
      const { low, high } = model.intervalOf(row, { level: 0.9, exposure: 1000 });
      expect(low).toBeLessThanOrEqual(each[i]);
      expect(high).toBeGreaterThanOrEqual(each[i]);
    });
  });

  it('names words that it does not know, and takes them for nothing else', () => {
    const names = (some: object): readonly string[] =>
      model.extrapolated(model.encode({ ...some }));
    expect(names({ ...record, keyword: 'new' })).toEqual(['keyword']);
    expect(names({ ...record, keyword: '', campaign: 'new', site: 4 })).toEqual([
      'keyword',
      'campaign',
      'site',
    ]);
    expect(names({ ...record, keyword: 'new', position: 9 })).toEqual(['position', 'keyword']);
    expect(names(record)).not.toContain('keyword');
    expect(model.unknown(model.encode({ ...record, keyword: 'new' }))).toEqual([]);
    expect(model.unknownWords(model.encode({ ...record, site: 4 }))).toEqual([3]);
  });

  it('explains a prediction by a value for each feature and cross, which add up', () => {
    expect(model.explainedNames).toEqual([
      'keyword',
      'campaign',
      'position',
      'site',
      'keyword × position',
    ]);
    const [one, other] = [record, { ...record, keyword: 'keyword-0', campaign: 'campaign-0' }].map(
      (some) => {
        const row = model.encode(some);
        const explained = model.explainer.explain(row);
        expect(explained.values).toHaveLength(5);
        const total = explained.values.reduce((sum, value) => sum + value, explained.base);
        expect(total).toBeCloseTo(model.predictRow(row), 6);
        return explained;
      },
    );
    expect(one.values[0]).toBeGreaterThan(other.values[0]);
  });

  it('has cuts of its numbers, and none of its words', () => {
    expect(model.cutsOf(2).length).toBeGreaterThan(0);
    expect([0, 1, 3].map((f) => model.cutsOf(f).length)).toEqual([0, 0, 0]);
  });

  it('wants every word in a record, and gives a record back by its words', () => {
    const { keyword: _, ...lacking } = record;
    expect(model.contract.problems(lacking).map(({ field }) => field)).toEqual(['keyword']);
    expect(model.contract.problems(record)).toEqual([]);
    expect(model.contract.recordOf(model.encode(record))).toEqual(record);
  });
});
