/*
 * Features that a table could have besides its columns, and the two ways to read whole numbers.
 * Each is tried on a sample of the rows. A small forest on the drafted features predicts them out of
 * bag; then its predictions are corrected by what each level of the offer was clicked more or less
 * than predicted, on rows other than those that are corrected:
 *
 *   hour 9    predicted 40 clicks, observed 52   ▶  × 1.3 on the rows of the fifth left out
 *   hour 3    predicted 20 clicks, observed 9    ▶  × 0.5
 *
 * What lowers the NE so beyond chance (a paired bootstrap of 95 %) is taken.
 *
 *   hour, weekday   of the time, where the rows are that fine
 *   impressions     volume itself: people tire of an ad, auctions give more of the lesser places
 *   ids             whole numbers as words, whose order says nothing, or as numbers
 */
import { compareNe, defaultFitOptionsFor, fitInput, type CtrTable } from '@adscale/ctr';
import { fit, Random, streams, type Schema } from '@adscale/forest';
import {
  EXPOSURE_FEATURE,
  MOST_LISTED,
  type FeatureMapping,
  type Mapping,
} from '../mapping/mapping.js';
import { soundsLikeCode } from '../mapping/names.js';
import { placeSql, tableOf } from '../rows/columns.js';
import { completeMapping } from '../rows/complete.js';
import { PREPARED, prepareRows, USABLE } from '../rows/prepare.js';
import { typedQuery } from '../rows/typed.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName, ROW_COLUMN } from '../source/sql.js';
import type { ColumnProfile } from './profile.js';

/** A change of the draft that was tried. */
export interface Offer {
  /** The feature that it adds or reads in another way. */
  readonly feature: string;
  readonly what: 'hour' | 'weekday' | 'exposure' | 'words' | 'number';
  readonly taken: boolean;
  /** NE with it less NE without, and its interval; absent if it was not tried. */
  readonly difference?: number;
  readonly interval?: readonly [number, number] | null;
  /** The flag that decides otherwise. */
  readonly otherwise?: string;
}

/** A draft with what was found worth taking. */
export interface Offered {
  readonly mapping: Mapping;
  readonly offers: readonly Offer[];
}

interface Candidate {
  readonly feature: string;
  readonly what: Offer['what'];
  readonly mapping: FeatureMapping;
  /** SQL of the column, if it is a derived one. */
  readonly derived?: string;
}

/** Rows of the sample; fewer of a wide table. */
const MOST_ROWS = 6000;
const MOST_CELLS = 150_000;
const MOST_FEATURES = 40;
const TREES = 16;
const SEED = 42;
/** Each fifth of the rows is corrected by the other four. */
const FOLDS = 5;
/** Clicks of a level that its correction is half believed at. */
const HALF_BELIEVED = 20;
/** Numbers of more different values are put into so many bins. */
const LEVELS = 128;
const BINS = 16;
/** Fewer rows or clicks tell nothing. */
const FEWEST_ROWS = 300;
const FEWEST_CLICKS = 100;
/** A feature that lowers NE by less is not worth asking for. */
const LEAST_GAIN = 0.001;
/** So many columns are tried in two ways. */
const MOST_CODES = 10;
const FEWEST_DAYS = 14;

/**
 * Tries what could be a feature.
 * @param exposure what the user says of impressions as a feature; absent: what the trial says
 */
export async function tryOffers(
  database: Database,
  source: Source,
  profiles: readonly ColumnProfile[],
  draft: Mapping,
  exposure?: boolean,
): Promise<Offered> {
  const candidates = [
    ...(await timeCandidates(database, source, draft)),
    ...exposureCandidates(draft, exposure),
    ...codeCandidates(profiles, draft),
  ];
  if (candidates.length === 0) return { mapping: draft, offers: [] };
  const tried = { ...draft, features: someFeatures(draft, candidates) };
  const trial = await readTrial(database, source, tried, candidates);
  const predicted = trial && predictOut(trial, Object.keys(tried.features));
  let mapping = draft;
  const offers: Offer[] = [];
  for (const [c, candidate] of candidates.entries()) {
    const { feature, what } = candidate;
    let gain: Pick<Offer, 'difference' | 'interval'> | undefined;
    if (trial !== undefined) {
      const corrected = correct(trial.table, predicted!, trial.values[trialName(c)]);
      gain = compareNe(corrected, predicted!, trial.table, { replicates: 100 });
    }
    const high = gain?.interval?.[1] ?? Infinity;
    const taken = high < 0 && gain!.difference! < -LEAST_GAIN;
    if (taken) mapping = withCandidate(mapping, candidate);
    // Nothing is said of what was not tried, but for the volume, which people ask about.
    if (gain === undefined && what !== 'exposure') continue;
    offers.push({ feature, what, taken, ...gain, ...otherwiseOf(candidate, taken) });
  }
  return { mapping, offers };
}

/** Predictions, corrected by the levels of a column: each fold by the other folds. */
function correct(
  { impressions, clicks }: CtrTable,
  predicted: Float64Array,
  values: Float64Array,
): Float64Array {
  const { levels, count } = levelsOf(values);
  // By chance: rows of a level may stand in every fifth place.
  const random = new Random(SEED, streams.folds);
  const folds = predicted.map(() => random.below(FOLDS));
  const observed = Array.from({ length: FOLDS }, () => new Float64Array(count));
  const expected = Array.from({ length: FOLDS }, () => new Float64Array(count));
  levels.forEach((level, row) => {
    observed[folds[row]][level] += clicks[row];
    expected[folds[row]][level] += impressions[row] * predicted[row];
  });
  const ratios = observed.map((_, fold) =>
    Float64Array.from({ length: count }, (__, level) => {
      let [k, e] = [HALF_BELIEVED, HALF_BELIEVED];
      for (let other = 0; other < FOLDS; other++) {
        if (other === fold) continue;
        k += observed[other][level];
        e += expected[other][level];
      }
      return k / e;
    }),
  );
  return predicted.map((ctr, row) => Math.min(0.999, ctr * ratios[folds[row]][levels[row]]));
}

/** Levels of a column, from 0: its different values where they are few, else bins; missing last. */
function levelsOf(values: Float64Array): { levels: Uint16Array; count: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const different = [...new Set(sorted)];
  const ends =
    different.length <= LEVELS
      ? different
      : Array.from(
          { length: BINS },
          (_, b) => sorted[Math.ceil(((b + 1) * sorted.length) / BINS) - 1],
        );
  const levelOf = (value: number): number => {
    if (Number.isNaN(value)) return ends.length;
    return ends.findIndex((end) => value <= end);
  };
  return { levels: Uint16Array.from(values, levelOf), count: ends.length + 1 };
}

/** Features of the forest that is corrected: of a wide table the first, and those in question. */
function someFeatures(
  { features }: Mapping,
  candidates: readonly Candidate[],
): Mapping['features'] {
  const asked = new Set(candidates.map(({ feature }) => feature));
  const entries = Object.entries(features).filter(
    ([name], f) => f < MOST_FEATURES || asked.has(name),
  );
  return Object.fromEntries(entries);
}

const trialName = (c: number): string => `offer_${c}`;

async function timeCandidates(
  database: Database,
  source: Source,
  { time, features, derived = {} }: Mapping,
): Promise<Candidate[]> {
  const column = source.columns.find(({ name }) => name === time);
  if (column === undefined || !/^(DATE|TIME)/.test(column.type)) return [];
  const at = quoteName(column.name);
  const grain = await database.row(`
    SELECT count(DISTINCT hour(moment))::DOUBLE AS hours, count(DISTINCT dayofweek(moment))::DOUBLE AS weekdays,
      count(DISTINCT moment::DATE)::DOUBLE AS days
    FROM (SELECT ${at}::TIMESTAMP AS moment FROM (${typedQuery({ ...source, columns: [column] }, { features: {} })}))`);
  const isFree = (name: string): boolean =>
    !(name in features) &&
    !(name in derived) &&
    !source.columns.some((other) => other.name.toLowerCase() === name);
  const found: Candidate[] = [];
  if (Number(grain.hours) > 1 && isFree('hour')) {
    const mapping = { column: 'hour', kind: 'integer', minimum: 0, maximum: 23 } as const;
    found.push({ feature: 'hour', what: 'hour', mapping, derived: `hour(${at})` });
  }
  if (Number(grain.weekdays) > 1 && Number(grain.days) >= FEWEST_DAYS && isFree('weekday')) {
    const mapping = { column: 'weekday', kind: 'categorical' } as const;
    found.push({
      feature: 'weekday',
      what: 'weekday',
      mapping,
      derived: `dayname(${at})`,
    });
  }
  return found;
}

function exposureCandidates(
  { impressions, features }: Mapping,
  exposure: boolean | undefined,
): Candidate[] {
  if (impressions === undefined || exposure !== undefined) return [];
  if (EXPOSURE_FEATURE in features) return [];
  const mapping = { column: impressions, kind: 'integer', minimum: 1, missing: true } as const;
  return [{ feature: EXPOSURE_FEATURE, what: 'exposure', mapping }];
}

/** Whole numbers, read in the other way than the draft reads them. */
function codeCandidates(profiles: readonly ColumnProfile[], { features }: Mapping): Candidate[] {
  const found: Candidate[] = [];
  for (const [name, { column, kind, missing }] of Object.entries(features)) {
    const profile = profiles.find((one) => one.name === column);
    if (profile?.type !== 'integer' || profile.distinct < 3 || found.length >= MOST_CODES) continue;
    const rest = { column, ...(missing && { missing }) };
    // Words that are whole numbers keep their order as well.
    if (kind === 'word') continue;
    if (kind === 'categorical') {
      // What is called a code stays one unless its order is shown to say something.
      found.push({
        feature: name,
        what: 'number',
        mapping: { ...rest, kind: 'integer' },
      });
    } else if (!soundsLikeAmount(name)) {
      found.push({
        feature: name,
        what: 'words',
        mapping:
          profile.distinct > MOST_LISTED
            ? { ...rest, kind: 'word', whole: true }
            : { ...rest, kind: 'categorical' },
      });
    }
  }
  return found;
}

/** Settings that are amounts, whatever a sample says. */
const soundsLikeAmount = (name: string): boolean =>
  /(^|_)(budget|bid|age|hour|length|width|height|price|count|number_of)(_|$)/.test(name) &&
  !soundsLikeCode(name);

/** Features of a sample of rows, by name, and their counts. */
interface Trial {
  readonly table: CtrTable;
  readonly schema: Schema;
  readonly values: Readonly<Record<string, Float64Array>>;
}

/** A mapping whose words are the commonest few and the rest, which is enough for a trial. */
function listed(mapping: Mapping): Mapping {
  const features = Object.entries(mapping.features).map(
    ([name, feature]): [string, FeatureMapping] => {
      const { whole: _, kind, ...rest } = feature;
      return [name, kind === 'word' ? { ...rest, kind: 'categorical' } : feature];
    },
  );
  return { ...mapping, features: Object.fromEntries(features) };
}

async function readTrial(
  database: Database,
  source: Source,
  draft: Mapping,
  candidates: readonly Candidate[],
): Promise<Trial | undefined> {
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM (${source.query})`);
  const width = Object.keys(draft.features).length + candidates.length;
  const wanted = Math.max(FEWEST_ROWS * 10, Math.min(MOST_ROWS, MOST_CELLS / width));
  const every = Math.max(1, Math.floor(Number(rows) / wanted));
  const sampled = `SELECT * FROM (${source.query}) WHERE hash(${ROW_COLUMN}) % ${every} = 0`;
  const extras = Object.fromEntries(candidates.map(({ mapping }, c) => [trialName(c), mapping]));
  const derived = Object.fromEntries(
    candidates.flatMap(({ mapping, derived: sql }) => (sql ? [[mapping.column, sql]] : [])),
  );
  const wide: Mapping = {
    ...draft,
    features: { ...draft.features, ...extras },
    derived: { ...draft.derived, ...derived },
  };
  await prepareRows(database, { ...source, query: sampled }, listed(wide), { answering: true });
  const counts = await database.row(
    `SELECT count(*)::DOUBLE AS rows, coalesce(sum(k), 0)::DOUBLE AS clicks FROM ${PREPARED} WHERE ${USABLE}`,
  );
  if (Number(counts.rows) < FEWEST_ROWS || Number(counts.clicks) < FEWEST_CLICKS) return undefined;
  const { schema: described } = await completeMapping(database, listed(wide));
  const schema = described as Schema;
  const columns: string[] = [];
  for (const [f, feature] of schema.features.entries()) {
    const isWord = feature.kind === 'categorical';
    columns.push(isWord ? await placeSql(database, `f${f}`, feature.categories) : `f${f}`);
  }
  const list = [...columns, 'n', 'k'].map((column) => `(${column})::DOUBLE`).join(', ');
  const read = await database.doubles(
    `SELECT ${list} FROM ${PREPARED} WHERE ${USABLE}`,
    Number(counts.rows),
  );
  const names = schema.features.map(({ name }) => name);
  return {
    table: tableOf(schema, [], read),
    schema,
    values: Object.fromEntries(names.map((name, f) => [name, read[f]])),
  };
}

/** Out-of-bag predictions of a forest on these features; of no feature, the average. */
function predictOut({ table, schema, values }: Trial, names: readonly string[]): Float64Array {
  const total = (column: Float64Array): number => column.reduce((sum, value) => sum + value, 0);
  const average = total(table.clicks) / total(table.impressions);
  if (names.length === 0) return new Float64Array(table.features.rows).fill(average);
  const features = {
    rows: table.features.rows,
    schema: { features: names.map((name) => ({ ...featureNamed(schema, name), missing: true })) },
    values: names.map((name) => values[name]),
  };
  const some: CtrTable = { ...table, features };
  const options = { ...defaultFitOptionsFor(some), trees: TREES, seed: SEED };
  const { outOfBag } = fit(fitInput(some), options);
  // A row that every tree saw has none; one that no tree gives a chance has a small one.
  return outOfBag.predictions.map((ctr) =>
    Number.isNaN(ctr) ? average : Math.max(ctr, average / 100),
  );
}

function featureNamed({ features }: Schema, name: string): Schema['features'][number] {
  return features.find((feature) => feature.name === name)!;
}

function withCandidate(
  mapping: Mapping,
  { feature, what, mapping: own, derived }: Candidate,
): Mapping {
  if (what === 'exposure') return { ...mapping, exposure_feature: true };
  return {
    ...mapping,
    ...(derived !== undefined && { derived: { ...mapping.derived, [own.column]: derived } }),
    features: { ...mapping.features, [feature]: own },
  };
}

function otherwiseOf({ what, derived }: Candidate, taken: boolean): Pick<Offer, 'otherwise'> {
  if (what === 'exposure') {
    return { otherwise: taken ? '--no-exposure-feature' : '--exposure-feature' };
  }
  if (taken || derived === undefined) return {};
  return { otherwise: `--derive ${what}='${derived}'` };
}

/** An offer in a sentence. */
export function tellOffer({
  feature,
  what,
  taken,
  difference,
  interval,
  otherwise,
}: Offer): string {
  const figures =
    difference === undefined
      ? 'not tried, there are too few rows'
      : `NE ${signed(difference)}${interval ? ` [${interval.map(signed).join(', ')}]` : ''} on rows that were not learned from`;
  const said = {
    hour: `hour of the time ${taken ? 'is a feature' : 'is no feature'}`,
    weekday: `weekday of the time ${taken ? 'is a feature' : 'is no feature'}`,
    exposure: `impressions ${taken ? 'are a feature too: the CTR goes with the volume, and a request can say how much is planned' : 'are no feature'}`,
    words: `${feature} is read as ${taken ? 'words: the order of its numbers says nothing' : 'a number'}`,
    number: `${feature} is read as ${taken ? 'a number: its order says something' : 'words'}`,
  }[what];
  const isLittle = !taken && (interval?.[1] ?? 0) < 0;
  const little = isLittle ? `; less than ${LEAST_GAIN} is not worth asking for` : '';
  return `${said} (${figures}${little})${otherwise === undefined ? '' : `; otherwise by ${otherwise}`}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
