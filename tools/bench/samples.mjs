// What the forests are fitted to and judged on: generated profiles and, where they lie beside the
// checkout, real tables.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSchema, splitTable, Vocabulary } from '@adscale/ctr';
import { extraFeatures, generate, wordColumns, words as wordsOf } from '@adscale/datagen';
import { columnsFrom, Random } from '@adscale/forest';

const realFolder = join(
  dirname(fileURLToPath(import.meta.url)),
  ...['..', '..', '..', 'shared', 'data'],
);

const wideSchema = {
  features: [
    ...defaultSchema.features,
    ...extraFeatures.map(({ name, kind, categories }) => ({ name, kind, categories })),
  ],
};

/**
 * Generated placements.
 * @returns {import('@adscale/ctr').CtrTable}
 */
export function generated(profile, rows, seed) {
  const { columns } = generate({ profile, rows, seed });
  const schema = profile === 'wide' ? wideSchema : defaultSchema;
  return {
    features: columnsFrom(schema, columns),
    impressions: columns.impressions,
    clicks: columns.clicks,
    trueCtr: columns.true_ctr,
  };
}

/**
 * Generated placements with campaigns, ad groups and creatives; those of one seed share their words.
 * @param {number} skip records of the seed to pass over
 * @param {boolean} timed are rows ordered by their day?
 * @returns {import('@adscale/ctr').CtrTable & {generated: object}}
 */
export function generatedWords(rows, seed, skip = 0, timed = false) {
  const made = generate({ profile: 'words', rows, seed, skip });
  const [day, ...words] = wordColumns;
  // As `inspect` drafts them: few campaigns are a closed list.
  const [campaign, ...open] = words;
  const categories = [...wordsOf(seed)[campaign].keys()];
  const schema = {
    features: [
      ...defaultSchema.features.slice(1),
      { name: campaign, kind: 'categorical', categories },
    ],
  };
  const plain = columnsFrom(schema, made.columns);
  return {
    ...withWords(plain, Object.fromEntries(open.map((name) => [name, made.columns[name]]))),
    impressions: made.columns.impressions,
    clicks: made.columns.clicks,
    trueCtr: made.columns.true_ctr,
    ...(timed && { time: Float64Array.from(made.columns[day], (text) => Date.parse(text) / 1000) }),
    generated: made,
  };
}

/** Columns with features of words behind them. */
function withWords({ schema, rows, values }, texts) {
  const vocabularies = {};
  const numbers = Object.entries(texts).map(([name, column]) => {
    const places = new Map();
    const placed = Float64Array.from(column, (text) => {
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text);
    });
    vocabularies[name] = Vocabulary.of([...places.keys()]);
    return placed;
  });
  const features = Object.keys(texts).map((name) => ({ name, kind: 'word' }));
  return {
    features: {
      schema: { features: [...schema.features, ...features] },
      rows,
      values: [...values, ...numbers],
    },
    vocabularies,
  };
}

/** Rows whose clicks depend on nothing: a word of 40 in a thousand rows, and four numbers. */
export function noise(rows, seed) {
  const random = new Random(seed, 0);
  const unit = () => (random.uint32() + 0.5) * 2 ** -32;
  const impressions = Float64Array.from({ length: rows }, () => Math.ceil(1000 * unit() ** 2));
  const clicks = impressions.map((n) => {
    let clicked = 0;
    for (let i = 0; i < n; i++) clicked += +(unit() < 0.03);
    return clicked;
  });
  const schema = {
    features: ['a', 'b', 'c', 'd'].map((name) => ({ name, kind: 'numeric' })),
  };
  const values = schema.features.map(() => Float64Array.from({ length: rows }, unit));
  const word = Array.from({ length: rows }, () => `w${Math.floor((rows / 25) * unit())}`);
  return { ...withWords({ schema, rows, values }, { word }), impressions, clicks };
}

/** Where each real table lies and how its columns become features. */
const realTables = {
  // Cost is left out: it follows the clicks.
  online_ads: {
    file: join('online_ads', 'online_ctr.csv'),
    categorical: ['campaign', 'user_engagement', 'banner', 'placement'],
    numeric: ['impressions'],
    derived: { day: ({ date }) => dayOfYear(date) },
    impressions: ({ impressions }) => Number(impressions),
    clicks: ({ clicks }) => Number(clicks),
  },
  // The same log with everything that names something as words.
  avazu_words: {
    file: join('avazu', 'avazu_random15k.csv'),
    words: [
      ...['site_id', 'site_domain', 'site_category', 'app_id', 'app_domain', 'app_category'],
      ...['device_id', 'device_model'],
    ],
    ids: ['C14', 'C17', 'C19', 'C20', 'C21'],
    categorical: [],
    numeric: ['hour', 'banner_pos', 'device_type', 'device_conn_type', 'C1', 'C15', 'C16', 'C18'],
    derived: {},
    impressions: () => 1,
    clicks: ({ click }) => Number(click),
  },
  // One impression a row. Sites, apps and devices by name are left out: most occur once.
  avazu: {
    file: join('avazu', 'avazu_random15k.csv'),
    categorical: ['device_type', 'device_conn_type', 'site_category', 'app_category'],
    numeric: ['hour', 'banner_pos', ...['C14', 'C15', 'C16', 'C17', 'C18', 'C19', 'C20', 'C21']],
    derived: {},
    impressions: () => 1,
    clicks: ({ click }) => Number(click),
  },
};

export const realNames = Object.keys(realTables).filter((name) => name !== 'avazu_words');

/**
 * A real table, or null where it is absent.
 * @param {string} name one of `realNames`
 */
export function real(name) {
  const { file, categorical, numeric, derived, impressions, clicks } = realTables[name];
  const { words = [], ids = [] } = realTables[name];
  const path = join(realFolder, file);
  if (!existsSync(path)) return null;
  const records = readCsv(path).filter((record) => clicks(record) <= impressions(record));
  const numbers = {
    ...Object.fromEntries(numeric.map((n) => [n, (r) => Number(r[n])])),
    ...derived,
  };
  const features = [
    ...Object.keys(numbers).map((feature) => ({ name: feature, kind: 'numeric' })),
    ...categorical.map((feature) => ({
      name: feature,
      kind: 'categorical',
      categories: [...new Set(records.map((record) => record[feature]))].sort(),
    })),
  ];
  const table = Object.fromEntries(
    features.map(({ name: feature }) => [
      feature,
      feature in numbers
        ? Float64Array.from(records, numbers[feature])
        : records.map((r) => r[feature]),
    ]),
  );
  const plain = columnsFrom({ features }, table);
  const texts = Object.fromEntries(words.map((word) => [word, records.map((r) => r[word])]));
  const worded = words.length > 0 ? withWords(plain, texts) : { features: plain };
  const numbered = ids.map((id) => Float64Array.from(records, (r) => Number(r[id])));
  return {
    ...worded,
    features: {
      schema: {
        features: [
          ...worded.features.schema.features,
          ...ids.map((id) => ({ name: id, kind: 'word', whole: true })),
        ],
      },
      rows: records.length,
      values: [...worded.features.values, ...numbered],
    },
    impressions: Float64Array.from(records, impressions),
    clicks: Float64Array.from(records, clicks),
  };
}

/** These files quote nothing. */
function readCsv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
}

/** `04-01` → 31 · 4 + 1: in order, which is all that a tree asks. */
function dayOfYear(date) {
  const [month, day] = date.split('-').map(Number);
  return 31 * month + day;
}

/** The table with every feature a number, a category its place: the form that peers get. */
export function asNumbers(table) {
  const { rows, schema, values } = table.features;
  const features = schema.features.map(({ name }) => ({ name, kind: 'numeric' }));
  return { ...table, features: { schema: { features }, rows, values } };
}

/** A split of a table; seven tenths train. */
export function splitInTen(table, seed) {
  return splitTable(table, 0.3, seed);
}

/** Rows of a table one after the other, as `predictBatch` takes them. */
export function rowMajor({ features: { rows, values } }) {
  const width = values.length;
  const all = new Float64Array(rows * width);
  values.forEach((column, f) => {
    for (let i = 0; i < rows; i++) all[i * width + f] = column[i];
  });
  return all;
}
