import { CtrModel, type RecordSchema } from '@adscale/ctr';
import fc from 'fast-check';
import { coarse } from '../../src/ids/coarse.js';
import { HEAD_BYTES, RecordBytes } from '../../src/ids/id-bytes.js';
import { PredictionIds } from '../../src/ids/prediction-ids.js';
import { trainWords, wordSchema } from '../trained-models.js';

const SECRET = 'a secret of the tests, long enough to be one';

let model: CtrModel;
beforeAll(async () => {
  const { bytes, card } = await trainWords();
  model = CtrModel.load(bytes, card, 'a version');
});

function idsAt(now: number, process = 7): PredictionIds {
  const ids = new PredictionIds(undefined, {
    now: () => now,
    process: Uint8Array.of(process, 0, 0, 0),
  });
  ids.use(SECRET);
  return ids;
}

const row = () =>
  model.encode({
    ...{ impressions: 4512, ad_position: 3, publisher: 'news.example', keyword: 'red shoes' },
    ...{ creative: 1001, device_type: 'desktop' },
  });

describe('a prediction id', () => {
  it('says model, second, CTR and record by itself', () => {
    const id = idsAt(1.8e12 + 999).of(model, row(), 0.0847)!;
    const read = idsAt(0).read(id)!;
    expect(read).toMatchObject({ at: 1.8e12, ctr: 0.0847 });
    expect(model.digest.startsWith(read.digest)).toBe(true);
    const known: boolean[] = [];
    const told = new RecordBytes(wordSchema).read(read.bytes, HEAD_BYTES, known)!;
    expect(model.contract.recordOf(told)).toEqual({
      ...{ impressions: 4500, ad_position: 3, publisher: 'news.example', keyword: 'red shoes' },
      ...{ creative: 1001, device_type: 'desktop' },
    });
    expect(known).toEqual(wordSchema.features.map(() => true));
  });

  it('is another for every prediction, also of the same record in the same second', () => {
    const ids = idsAt(1.8e12);
    const all = Array.from({ length: 1000 }, () => ids.of(model, row(), 0.1)!);
    const others = [idsAt(1.8e12, 8).of(model, row(), 0.1)!];
    const names = [...all, ...others].map((id) => ids.read(id)!.name);
    expect(new Set(names).size).toBe(1001);
  });

  it('fits into an address and a header as it is', () => {
    expect(idsAt(1.8e12).of(model, row(), 0.1)).toMatch(/^[\w-]{40,100}$/);
  });

  it('is not there while there is no key', () => {
    expect(new PredictionIds().of(model, row(), 0.1)).toBeUndefined();
    expect(new PredictionIds().read('anything')).toBeUndefined();
  });

  it('is none if another key signed it, or anything of it is changed', () => {
    const ids = idsAt(1.8e12);
    const id = ids.of(model, row(), 0.1)!;
    const other = new PredictionIds();
    other.use(`${SECRET}.`);
    expect(other.read(id)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(id.length - 1), fc.stringMatching(/^[\w+/= -]$/), (place, character) => {
        fc.pre(id[place] !== character);
        const forged = id.slice(0, place) + character + id.slice(place + 1);
        expect(ids.read(forged)).toBeUndefined();
      }),
    );
    for (let length = 0; length < id.length; length++) {
      expect(ids.read(id.slice(0, length))).toBeUndefined();
    }
  });

  it('is none whatever text it is', () => {
    const ids = idsAt(1.8e12);
    fc.assert(fc.property(fc.string(), (text) => ids.read(text) === undefined));
  });

  it('tells of each model once', () => {
    const told: CtrModel[] = [];
    const ids = new PredictionIds((one) => told.push(one));
    ids.use(SECRET);
    ids.of(model, row(), 0.1);
    ids.of(model, row(), 0.1);
    expect(told).toEqual([model]);
  });
});

describe('the record of an id', () => {
  const schema: RecordSchema = {
    features: [
      { name: 'a', kind: 'numeric' },
      { name: 'b', kind: 'integer' },
      { name: 'c', kind: 'categorical', categories: Array.from({ length: 300 }, (_, i) => `${i}`) },
      { name: 'd', kind: 'word' },
      { name: 'e', kind: 'word', whole: true },
    ],
  };
  const record = new RecordBytes(schema);
  const none = fc.constant(NaN);
  const rows = fc.tuple(
    fc.oneof(none, fc.double({ noNaN: true, min: -1e20, max: 1e20 })),
    fc.oneof(none, fc.integer()),
    fc.oneof(none, fc.nat(299)),
    fc.oneof(none, fc.nat(10_000_000)),
    fc.oneof(none, fc.maxSafeInteger()),
  );

  it('is what was written, but for the digits of numbers', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (row, isKnown) => {
        const bytes = new Uint8Array(record.most);
        const end = record.write(bytes, 0, row, () => isKnown);
        const known: boolean[] = [];
        const [a, b, c, d, e] = record.read(bytes.subarray(0, end), 0, known)!;
        const number = (value: number) => (Number.isNaN(value) ? NaN : coarse(value));
        // A signed zero is no other number.
        expect([a + 0, b + 0, c, d, e + 0]).toEqual([
          ...[number(row[0]) + 0, number(row[1]) + 0, row[2], row[3]],
          Math.abs(row[4]) < 2 ** 53 / 2 ? row[4] + 0 : expect.any(Number),
        ]);
        expect(known[4]).toBe(isKnown && !Number.isNaN(row[4]));
      }),
    );
  });

  it('is none if bytes are missing, or too many', () => {
    const bytes = new Uint8Array(record.most);
    const end = record.write(bytes, 0, [1, 2, 3, 4, 5], () => true);
    expect(record.read(bytes.subarray(0, end), 0, [])).toBeDefined();
    expect(record.read(bytes.subarray(0, end - 1), 0, [])).toBeUndefined();
    expect(record.read(bytes.subarray(0, end + 1), 0, [])).toBeUndefined();
  });
});
