import {
  CtrModel,
  defaultSchema,
  trainCtr,
  Vocabulary,
  type ModelKind,
  type RecordSchema,
} from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';

/** A small model of generated records. */
export async function trainedModel({ rows = 1200, trees = 40, seed = 1 } = {}): Promise<CtrModel> {
  const { columns } = generate({ rows, seed });
  const { impressions, clicks } = columns;
  const features = columnsFrom(defaultSchema, columns);
  const table = { features, impressions, clicks };
  const { bytes, card } = await trainCtr(table, { fit: { trees, seed }, threads: 1 });
  return CtrModel.load(bytes, card, 'market');
}

/** The request of the product's contract. */
export const record = {
  impressions: 5000,
  ad_position: 1,
  device_type: 'mobile',
  budget: 2500,
} as const;

/** The code and the field of the error that is thrown. */
export function refusalOf(run: () => unknown): { code: string; field?: string; message: string } {
  try {
    run();
  } catch (error) {
    return error as { code: string; field?: string; message: string };
  }
  throw new Error('nothing was refused');
}

/** Features of every kind; the position is a bias that is held at 1. */
export const wordSchema: RecordSchema = {
  features: [
    { name: 'impressions', kind: 'integer', minimum: 1, maximum: 1e12 },
    { name: 'ad_position', kind: 'integer', minimum: 1, maximum: 10, bias: { heldAt: 1 } },
    { name: 'budget', kind: 'numeric', exclusiveMinimum: 0 },
    { name: 'keyword', kind: 'word' },
    { name: 'creative', kind: 'word', whole: true },
  ],
};

export const keywords = ['cheap', 'shoes', 'red shoes'];

/** A small model of keywords whose CTR doubles from one to the next; they come 3 : 2 : 1. */
export async function wordModel(model: ModelKind = 'forest'): Promise<CtrModel> {
  const rows = 600;
  const vocabulary = Vocabulary.of(keywords);
  const values = wordSchema.features.map(() => new Float64Array(rows));
  const clicks = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const keyword = [0, 0, 0, 1, 1, 2][row % 6];
    const position = 1 + (Math.floor(row / 6) % 10);
    const numbers = [4000, position, 100 + row, keyword, 1000 + (Math.floor(row / 11) % 4)];
    numbers.forEach((number, f) => (values[f][row] = number));
    const shaken = 0.97 + 0.06 * ((row * 0.618) % 1);
    clicks[row] = Math.round(4000 * 0.02 * 2 ** keyword * 0.9 ** (position - 1) * shaken);
  }
  const { bytes, card } = await trainCtr(
    {
      features: { schema: wordSchema, rows, values },
      vocabularies: { keyword: vocabulary },
      impressions: new Float64Array(rows).fill(4000),
      clicks,
    },
    { model, fit: { trees: 20, minLeafRows: 5 }, boosters: { rounds: 40 }, threads: 1 },
  );
  return CtrModel.load(bytes, card, model);
}
