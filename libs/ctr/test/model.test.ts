import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForestError } from '@adscale/forest';
import { CtrModel, roundCtr, trainCtr } from '../src/index.js';
import { placements } from './data.js';

describe('a CTR at the edge', () => {
  it.each([
    [0.08474, 0.0847],
    [0.08475, 0.0848],
    [0, 0.0001],
    [-3, 0.0001],
    [0.00001, 0.0001],
    [1.7, 1],
  ])('%d leaves as %d', (ctr, answer) => expect(roundCtr(ctr)).toBe(answer));
});

describe('a model', () => {
  const request = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };

  it('answers a record with four decimals, near the truth', async () => {
    const { bytes, card } = await trainCtr(placements(1000), { fit: { trees: 30 } });
    const model = CtrModel.load(bytes, card, 'v1');
    const answer = model.predict(request);
    expect(answer).toBe(Number(answer.toFixed(4)));
    expect(answer).toBeCloseTo(0.08, 2);
    expect(model.version).toBe('v1');
    expect(model.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('answers a row that tells nothing of a feature by the mean over what training had there', async () => {
    const { bytes, card } = await trainCtr(placements(400), { fit: { trees: 10 } });
    const model = CtrModel.load(bytes, card, 'v1');
    const row = Float64Array.from(model.encode(request));
    const device = model.schema.features.findIndex(({ name }) => name === 'device_type');
    row[device] = NaN;
    expect(model.unknown(row)).toEqual([device]);
    const { rows, weights } = card.background;
    let mean = 0;
    rows.forEach((other, b) => {
      const filled = Float64Array.from(row);
      filled[device] = other[device]!;
      mean += weights[b] * model.predictRow(filled);
    });
    const answer = model.predictWithout(row, [device]);
    expect(answer.ctr).toBeCloseTo(mean / weights.reduce((sum, w) => sum + w, 0), 12);
    expect(answer.row.every((value) => !Number.isNaN(value))).toBe(true);
    const { card: _, ...bare } = { card, model: CtrModel.load(bytes, undefined, 'v1') };
    expect(bare.model.predictWithout(row, [device]).ctr).toBe(bare.model.predictRow(row));
  });

  it('is the same model when another thread loads it from its file', async () => {
    const { bytes, card } = await trainCtr(placements(300), { fit: { trees: 10 } });
    const folder = await mkdtemp(join(tmpdir(), 'model-'));
    try {
      const path = join(folder, 'model.adsf');
      await writeFile(path, bytes);
      const here = CtrModel.load(bytes, card, 'v1');
      const there = await CtrModel.loadFile(path, card, 'v1');
      expect([there.digest, there.version, there.card]).toEqual([here.digest, 'v1', card]);
      for (const budget of [1, 250, 2500, 90_000]) {
        const row = here.encode({ ...request, budget });
        expect(there.predictRow(row)).toBe(here.predictRow(row));
        expect(there.code(row)).toBe(here.code(row));
      }
      await writeFile(path, bytes.subarray(0, -1));
      await expect(CtrModel.loadFile(path)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      await expect(CtrModel.loadFile(join(folder, 'none'))).rejects.toMatchObject({
        code: 'ENOENT',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is the same bytes for the same table and seed, on one thread or three', async () => {
    const [one, three] = await Promise.all(
      [1, 3].map((threads) => trainCtr(placements(300), { fit: { trees: 10 }, threads })),
    );
    expect(one.bytes).toEqual(three.bytes);
  });

  it('is judged on rows that no tree saw', async () => {
    const { card } = await trainCtr(placements(500), { fit: { trees: 10 }, heldOutShare: 0.3 });
    expect(card.training.rows).toBe(350);
    expect(card.held_out.rows).toBe(150);
    expect(card.training.ranges['ad_position']).toEqual({ minimum: 1, maximum: 10, missing: 0 });
    const { categories } = card.training.ranges['device_type'] as { categories: object };
    expect(Object.values(categories).reduce((sum, count) => sum + count, 0)).toBe(350);
  });

  it('predicts every row of a cell alike', async () => {
    const { bytes } = await trainCtr(placements(500), { fit: { trees: 10 } });
    const model = CtrModel.load(bytes);
    const row = model.encode(request);
    const cents = model.encode({ ...request, budget: 2500.01 });
    expect(model.code(cents)).toBe(model.code(row));
    expect(model.predictRow(cents)).toBe(model.predictRow(row));
  });

  it('is not made of other bytes', () => {
    expect(() => CtrModel.load(new Uint8Array(100))).toThrow(ForestError);
  });
});
