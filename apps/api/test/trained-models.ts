import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Trained, Registry, defaultSchema, trainCtr } from '@adscale/ctr';
import { type Schema, columnsFromRecords } from '@adscale/forest';

/** A schema that shares no feature with the default one, and has every kind of bound. */
export const otherSchema: Schema = {
  features: [
    { name: 'hour', kind: 'integer', minimum: 0, maximum: 23, description: 'Hour of the day.' },
    { name: 'weight', kind: 'numeric', minimum: -1.5, maximum: 1.5, example: 0.25 },
    { name: 'bid', kind: 'numeric', exclusiveMinimum: 0.5 },
    { name: 'age', kind: 'numeric' },
    { name: 'country', kind: 'categorical', categories: ['de', 'fr', 'it', 'es', 'pl'] },
  ],
};

const ROWS = 600;

/** The same number in (0, 1) for the same place, spread evenly (Weyl sequence). */
const spread = (row: number, feature: number) => (row * (0.618034 + feature * 0.1357)) % 1;

/** Trains a small model on rows that `slope` makes depend on their first feature. */
export async function trainModel(schema: Schema, slope = 0.1): Promise<Trained> {
  const records = Array.from({ length: ROWS }, (_, row) =>
    Object.fromEntries(
      schema.features.map((feature, f) => {
        const share = spread(row + 1, f);
        if (feature.kind === 'categorical') {
          return [feature.name, feature.categories[Math.floor(share * feature.categories.length)]];
        }
        const { minimum = 0, maximum = 10_000 } = feature;
        const value = minimum + share * (Math.min(maximum, 10_000) - minimum);
        return [feature.name, feature.kind === 'integer' ? Math.round(value) : value];
      }),
    ),
  );
  const impressions = new Float64Array(ROWS).fill(1000);
  const clicks = Float64Array.from(records, (_, row) =>
    Math.round(1000 * (0.01 + slope * spread(row + 1, 0) + 0.05 * spread(row + 1, 1))),
  );
  const table = { features: columnsFromRecords(schema, records), impressions, clicks };
  return trainCtr(table, { fit: { trees: 5, minLeafRows: 5 }, threads: 1 });
}

const trained = new Map<Schema, Promise<Trained>>();

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** An empty registry folder of its own for whoever asks, for as long as the test file runs. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'adscale-api-'));
  folders.push(folder);
  return folder;
}

/** A registry folder of its own for whoever asks, with one model. */
export async function modelFolder(schema = defaultSchema): Promise<string> {
  const training = trained.get(schema) ?? trainModel(schema);
  trained.set(schema, training);
  const { bytes, card } = await training;
  const folder = await emptyFolder();
  await new Registry(folder).publish(bytes, card);
  return folder;
}
