import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CtrTable,
  type ModelKind,
  type RecordSchema,
  type Trained,
  Registry,
  Vocabulary,
  defaultSchema,
  trainCtr,
} from '@adscale/ctr';
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

/** Features of every kind: words that are texts, words that are ids, and a position to be held. */
export const wordSchema: RecordSchema = {
  features: [
    { name: 'impressions', kind: 'integer', minimum: 1, maximum: 1e12, example: 5000 },
    { name: 'ad_position', kind: 'integer', minimum: 1, maximum: 10, bias: { heldAt: 1 } },
    { name: 'publisher', kind: 'word', example: 'news.example' },
    { name: 'keyword', kind: 'word', example: 'shoes' },
    { name: 'creative', kind: 'word', whole: true, example: 7 },
    { name: 'device_type', kind: 'categorical', categories: ['mobile', 'desktop'] },
  ],
};

const PUBLISHERS = ['news.example', 'blog.example', 'shop.example'];
/** The CTR doubles from one keyword to the next. */
const KEYWORDS = ['cheap', 'shoes', 'red shoes', 'Rød sko'];

/**
 * Trains on records whose CTR depends on the keyword and the position.
 * @param reversed numbers the words the other way round: another vocabulary of the same words
 */
export async function trainWords(model: ModelKind = 'forest', reversed = false): Promise<Trained> {
  const order = (words: readonly string[]) => (reversed ? words.toReversed() : words);
  const vocabularies = {
    publisher: Vocabulary.of(order(PUBLISHERS)),
    keyword: Vocabulary.of(order(KEYWORDS)),
  };
  const values = wordSchema.features.map(() => new Float64Array(ROWS));
  const impressions = new Float64Array(ROWS).fill(4000);
  const clicks = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    // Rows of the reversed model are fewer of other words, so its vocabulary has another order.
    const keyword = reversed ? [3, 3, 2, 1, 0][row % 5] : [0, 0, 1, 2, 3][row % 5];
    const position = 1 + (Math.floor(row / 5) % 10);
    const record = {
      publisher: PUBLISHERS[Math.floor(row / 7) % 3],
      keyword: KEYWORDS[keyword],
    };
    const numbers = [
      4000,
      position,
      vocabularies.publisher.numberOf(record.publisher),
      vocabularies.keyword.numberOf(record.keyword),
      1000 + (Math.floor(row / 11) % 4),
      Math.floor(row / 3) % 2,
    ];
    numbers.forEach((number, f) => (values[f][row] = number));
    const ctr = 0.02 * 2 ** keyword * 0.9 ** (position - 1) * (reversed ? 1.1 : 1);
    clicks[row] = Math.round(4000 * ctr * (0.97 + 0.06 * spread(row + 1, 0)));
  }
  const features = { schema: wordSchema, rows: ROWS, values };
  const table: CtrTable = { features, vocabularies, impressions, clicks };
  const fit = { trees: 10, minLeafRows: 5 };
  return trainCtr(table, { model, fit, boosters: { rounds: 40 }, threads: 1 });
}

/** Trains on records of the default schema of which every third has no budget, and a third of the CTR. */
export async function trainMissing(): Promise<Trained> {
  const rows = 900;
  const records = Array.from({ length: rows }, (_, i) => ({
    impressions: 1 + i * 11,
    ad_position: 1 + (i % 10),
    device_type: 'mobile',
    budget: i % 3 === 0 ? undefined : 1 + i,
  }));
  const clicks = Float64Array.from(records, ({ budget }) => (budget === undefined ? 20 : 80));
  const impressions = new Float64Array(rows).fill(1000);
  const table = { features: columnsFromRecords(defaultSchema, records), impressions, clicks };
  return trainCtr(table, { fit: { trees: 5 }, threads: 1 });
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
