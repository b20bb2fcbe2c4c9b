import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { trainCtr, type CtrModel, type CtrTable, type RecordFeature } from '@adscale/ctr';
import { toOnnx } from '@adscale/forest/onnx';
import { recordFields } from '../../src/exchange/record-fields.js';
import { modelOf, recordOf, wordTable } from '../word-table.js';

/** ONNX Runtime in a process of its own, as the tests of libs/forest have it. */
const RUNNER = join(__dirname, '..', '..', '..', '..', 'libs/forest/test/run-onnx.mjs');

function runtimeAnswers(model: CtrModel, records: readonly Record<string, unknown>[]) {
  const bytes = toOnnx(model.forest, { record: recordFields(model.words!) });
  const inputs = model.schema.features.map((feature) => {
    const values = records.map((record) => record[feature.name]);
    if (isText(feature)) return [feature.name, { type: 'string', width: 1, data: values }];
    const { buffer } = Float64Array.from(values as number[]);
    const data = Buffer.from(buffer).toString('base64');
    return [feature.name, { type: 'float64', width: 1, data }];
  });
  const input = JSON.stringify({
    model: Buffer.from(bytes).toString('base64'),
    inputs: Object.fromEntries(inputs),
  });
  const output = execFileSync(process.execPath, [RUNNER], { input, encoding: 'utf8' });
  return new Float32Array(Uint8Array.from(Buffer.from(output, 'base64')).buffer);
}

const isText = (feature: RecordFeature): boolean =>
  feature.kind === 'categorical' || (feature.kind === 'word' && feature.whole !== true);

/** The table, and ids as words. */
function withIds(table: CtrTable): CtrTable {
  const { schema, rows, values } = table.features;
  const id = { name: 'id', kind: 'word', whole: true } as const;
  return {
    ...table,
    features: {
      schema: { features: [...schema.features, id] },
      rows,
      values: [...values, Float64Array.from({ length: rows }, (_, row) => 1000 + ((row * 7) % 40))],
    },
  };
}

it('a graph of records answers as the model does, words that are not known included', async () => {
  const table = withIds(wordTable(500));
  const model = modelOf(
    await trainCtr(table, {
      model: 'forest',
      fit: { trees: 10 },
      words: {
        hierarchy: [
          ['device_type', 'id'],
          ['campaign', 'ad_group', 'creative'],
        ],
        cross: [
          ['creative', 'device_type'],
          ['id', 'campaign'],
        ],
      },
      threads: 1,
    }),
  );
  const strange: Record<string, unknown> = { creative: 'new', ad_group: '', id: 7, campaign: '?' };
  const records = Array.from({ length: 300 }, (_, row) => {
    const record = recordOf(table, row);
    const names = Object.keys(strange).filter((_, n) => row % (n + 3) === 0);
    return { ...record, ...Object.fromEntries(names.map((name) => [name, strange[name]])) };
  });
  const answers = runtimeAnswers(model, records);
  const unknown = records.map((record) => model.unknownWords(model.encode(record)).length);
  expect(new Set(unknown).size).toBeGreaterThan(3);
  records.forEach((record, row) => {
    const wanted = model.predictRow(model.encode(record));
    // The model's answers are clamped, the graph's are not.
    expect(Math.abs(Math.max(1e-4, answers[row]) / wanted - 1)).toBeLessThan(1e-7);
  });
});

it('a number that answers for words is refused by name', async () => {
  const model = modelOf(
    await trainCtr(wordTable(80), {
      model: 'average',
      words: { hierarchy: [['ad_position', 'creative']] },
      threads: 1,
    }),
  );
  expect(() => recordFields(model.words!)).toThrow(
    'ad_position is a number that answers for words, which an ONNX graph cannot say',
  );
});
