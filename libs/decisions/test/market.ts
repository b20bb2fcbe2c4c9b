import { CtrModel, defaultSchema, trainCtr } from '@adscale/ctr';
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
