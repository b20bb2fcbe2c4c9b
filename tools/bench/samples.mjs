// What the forests are fitted to and judged on: generated profiles and, where they lie beside the
// checkout, real tables.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSchema, splitTable } from '@adscale/ctr';
import { extraFeatures, generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';

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

export const realNames = Object.keys(realTables);

/**
 * A real table, or null where it is absent.
 * @param {string} name one of `realNames`
 */
export function real(name) {
  const { file, categorical, numeric, derived, impressions, clicks } = realTables[name];
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
  return {
    features: columnsFrom({ features }, table),
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
