import { wilson } from '@adscale/ctr';
import type { Mapping } from '../mapping/mapping.js';
import { MUCH_DIRTY, type RowCounts } from '../rows/counts.js';
import { labelNumber, PREPARED, USABLE } from '../rows/prepare.js';
import { tellRestated, type RestatedRows } from '../rows/restated.js';
import { typedQuery } from '../rows/typed.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { FILE_COLUMN, quoteName, ROW_COLUMN } from '../source/sql.js';
import { openReadings } from '../source/open.js';
import type { Draft } from './draft.js';
import { tellOffer, type Offer } from './offers.js';
import { INSPECTED, type ColumnProfile } from './profile.js';

/** Something that a user should know before training, the gravest kind first. */
const kinds = [
  'open',
  'sampling',
  'leak',
  'outcome',
  'restated',
  'dominant',
  'file',
  'dirty',
  'target',
  'label',
  'duplicates',
  'unreadable',
  'missing',
  'time',
  'offer',
  'words',
  'excluded',
] as const;

export interface Finding {
  readonly kind: (typeof kinds)[number];
  readonly column?: string;
  readonly text: string;
}

/** What the findings are found in. */
export interface Findable {
  readonly database: Database;
  readonly source: Source;
  readonly columns: readonly ColumnProfile[];
  readonly draft: Draft;
  readonly offers: readonly Offer[];
  readonly counts: RowCounts;
  readonly restated?: RestatedRows;
}

/** A column with more missing cells than this is remarked on. */
const MUCH_MISSING = 0.5;
/** A row with so much of all impressions decides much of the model. */
const DOMINANT = 0.2;
/** Hardly any log of impressions has such a CTR; it must be above it beyond chance. */
const MUCH_CLICKED = 0.2;

/** What stands out in a table. `PREPARED` holds its rows. */
export async function findings(found: Findable): Promise<Finding[]> {
  const { source, columns, draft, offers, counts, restated, database } = found;
  const { mapping, excluded, notes, suspicions } = draft;
  const open = openReadings(source, () => true);
  const all: Finding[] = [
    ...open.map(({ column, text }): Finding => ({
      kind: 'open',
      column,
      text: `not decided: ${text}`,
    })),
    ...excluded.map(({ column, because, leak }): Finding => {
      const isLeak = leak !== undefined || because.startsWith('it leaks');
      const text = `${column} is left out: ${because}`;
      return { kind: isLeak ? 'leak' : 'excluded', column, text };
    }),
    ...suspicions.map(({ column, because }): Finding => ({
      kind: 'outcome',
      column,
      text: `${column} looks like an outcome: ${because}. Leave it out unless it is known before the clicks`,
    })),
    ...(restated ? [{ kind: 'restated', text: tellRestated(restated) } as const] : []),
    ...(await dominantRow(database, source, mapping)),
    ...dirtyFindings(counts),
    ...source.notes.map((text): Finding => ({ kind: 'file', text })),
    ...notes.map((text): Finding => ({ kind: 'target', text })),
    ...(await labelFindings(database, source, mapping)),
    ...(await duplicates(database, source, mapping)),
    ...columns.flatMap((profile) => columnFindings(profile, mapping)),
    ...(await periods(database, source)),
    ...offers.filter(isWorthTelling).map((offer): Finding => ({
      kind: 'offer',
      column: offer.feature,
      text: tellOffer(offer),
    })),
  ];
  return all.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

function dirtyFindings({ reasons, dirty_share: share }: RowCounts): Finding[] {
  const found = reasons.map(({ reason, rows }): Finding => {
    return { kind: 'dirty', text: `${count(rows, 'row')} cannot be used: ${reason}` };
  });
  if (share > MUCH_DIRTY) {
    const text = `${Math.round(100 * share)} % of the rows or of their impressions would be left out: too many to do so unasked; --dirty drop says that it is meant`;
    found.push({ kind: 'dirty', text });
  }
  return found;
}

function columnFindings(profile: ColumnProfile, { features }: Mapping): Finding[] {
  const { name: column, rows, missing, unreadable } = profile;
  const feature = Object.values(features).find((mapped) => mapped.column === column);
  const found: Finding[] = [];
  if (profile.type === 'time' && unreadable > 0) {
    const text = `${column}: ${count(unreadable, 'cell')} cannot be read as the times that the others are`;
    found.push({ kind: 'unreadable', column, text });
  }
  if (feature === undefined) return found;
  if (unreadable > 0) {
    const text = `${column}: no number in ${count(unreadable, 'cell')}`;
    found.push({ kind: 'unreadable', column, text });
  }
  if (missing > MUCH_MISSING * rows) {
    const text = `${column} is empty in ${Math.round((100 * missing) / rows)} % of the rows`;
    found.push({ kind: 'missing', column, text });
  }
  if (feature.categories !== undefined && profile.distinct > feature.categories.length) {
    const text = `${column} has about ${tell(profile.distinct)} different words: the ${feature.categories.length - 1} most frequent are kept, the rest is "other"`;
    found.push({ kind: 'words', column, text });
  }
  return found;
}

/** The row that is much of everything, by what it is of. */
async function dominantRow(
  database: Database,
  source: Source,
  { label, features }: Mapping,
): Promise<Finding[]> {
  if (label !== undefined) return [];
  const rows = await database.rows(`
    SELECT rowid::DOUBLE AS id, line::DOUBLE AS line, n, k, sum(n) OVER () AS all_n, sum(k) OVER () AS all_k, count(*) OVER ()::DOUBLE AS rows
    FROM ${PREPARED} WHERE ${USABLE} ORDER BY n DESC LIMIT 1`);
  const [row] = rows;
  if (row === undefined) return [];
  const [n, k, allN, allK] = [row.n, row.k, row.all_n, row.all_k].map(Number);
  // Of five rows each may have a fifth.
  if (n < DOMINANT * allN || n < (3 * allN) / Number(row.rows)) return [];
  const named = Object.entries(features).slice(0, 4);
  const cells = await database.row(
    `SELECT ${named.map((_, f) => `f${f}::VARCHAR AS c${f}`).join(', ')} FROM ${PREPARED} WHERE rowid = ${Number(row.id)}`,
  );
  const what = named
    .map(([name], f) => `${name} ${String(cells[`c${f}`] ?? 'missing')}`)
    .join(', ');
  const place = source.text ? `line ${Number(row.line)}` : `row ${Number(row.line) + 1}`;
  const without =
    allN > n
      ? ` (the average CTR is ${percent(allK / allN)} with it and ${percent((allK - k) / (allN - n))} without)`
      : '';
  const text = `${place} is ${Math.round((100 * n) / allN)} % of all impressions: ${what}. It decides much of the model${without}; --where leaves it out`;
  return [{ kind: 'dominant', text }];
}

/** Labels that count, and a CTR that no whole log has. */
async function labelFindings(
  database: Database,
  source: Source,
  { label, negative_sampling_rate: rate }: Mapping,
): Promise<Finding[]> {
  if (label === undefined) return [];
  const labelled = { ...source, columns: source.columns.filter(({ name }) => name === label) };
  const value = labelNumber(labelled, label);
  const { above } = await database.row(
    `SELECT count(*) FILTER (x > 1 AND x = floor(x))::DOUBLE AS above FROM (SELECT ${value} AS x FROM (${typedQuery(labelled, { features: {} })}))`,
  );
  const found: Finding[] = [];
  if (Number(above) > 0) {
    const text = `${label} is above 1 in ${count(Number(above), 'row')}: the clicks of one impression count as one click; --repeat-clicks refuse refuses them`;
    found.push({ kind: 'label', column: label, text });
  }
  const sampled = await suspectSampling(database, rate);
  if (sampled !== undefined) found.push({ kind: 'sampling', column: label, text: sampled });
  return found;
}

/** Asks whether impressions without a click were sampled; undefined where that is told, or no question. */
export async function suspectSampling(
  database: Database,
  rate: number | undefined,
): Promise<string | undefined> {
  if (rate !== undefined) return undefined;
  const sums = await database.row(
    `SELECT coalesce(sum(k), 0)::DOUBLE AS clicks, coalesce(sum(rows), 0)::DOUBLE AS rows FROM ${PREPARED} WHERE ${USABLE}`,
  );
  const [clicks, rows] = [Number(sums.clicks), Number(sums.rows)];
  if (rows === 0 || !(wilson(clicks, rows).low > MUCH_CLICKED)) return undefined;
  return `${percent(clicks / rows)} of the impressions were clicked, which no whole log has: were those without a click sampled? Say which share is there by --negative-sampling-rate 0.1, or 1 if all are`;
}

/** Whole rows that occur again. In a click log they must, and without a date they may. */
async function duplicates(
  database: Database,
  source: Source,
  { label, time }: Mapping,
): Promise<Finding[]> {
  if (label !== undefined || time !== undefined) return [];
  const hidden = [FILE_COLUMN, ROW_COLUMN].map(quoteName).join(', ');
  const { again } = await database.row(`
    SELECT (count(*) - count(DISTINCT hash(r)))::DOUBLE AS again
    FROM (SELECT * EXCLUDE (${hidden}) FROM ${INSPECTED}) r`);
  if (Number(again) === 0) return [];
  const isCopied = source.files.length > 1 ? '; or the files hold the same rows' : '';
  const text = `${count(Number(again), 'row')} are equal to an earlier one in every column: as there is no date, they may be other days${isCopied}`;
  return [{ kind: 'duplicates', text }];
}

/** Two times of a row, of which one is never later: a period, and how long it is. */
async function periods(database: Database, source: Source): Promise<Finding[]> {
  const times = source.columns.filter(({ type }) => /^(DATE|TIMESTAMP)/.test(type)).slice(0, 4);
  const pairs = times.flatMap((start) =>
    times.filter((end) => end !== start).map((end) => [start.name, end.name] as const),
  );
  if (pairs.length === 0) return [];
  const facts = pairs.map(([start, end], p) => {
    const days = `date_diff('day', ${quoteName(start)}::TIMESTAMP, ${quoteName(end)}::TIMESTAMP)`;
    return `struct_pack(least := min(${days})::DOUBLE, middle := median(${days})::DOUBLE, most := max(${days})::DOUBLE) AS p${p}`;
  });
  const row = await database.row(
    `SELECT ${facts.join(', ')} FROM (${typedQuery({ ...source, columns: times }, { features: {} })})`,
  );
  const spans = pairs.flatMap(([start, end], p) => {
    const { least, middle, most } = row[`p${p}`] as unknown as Record<string, number>;
    return least >= 0 && most > 0 ? [{ start, end, least, middle, most }] : [];
  });
  const longest = spans.reduce((a, b) => (b.middle > (a?.middle ?? -1) ? b : a), spans[0]);
  if (longest === undefined) return [];
  const { start, end, least, middle, most } = longest;
  const days = middle === 0 ? 'a day' : `${tell(middle + 1)} days`;
  const text = `a row is of the time from ${start} to ${end}: ${days}${least === most ? '' : ' mostly'}`;
  return [{ kind: 'time', text }];
}

/** A column that stays what it looked like is no news. */
const isWorthTelling = ({ what, taken }: Offer): boolean =>
  taken || (what !== 'words' && what !== 'number');

const tell = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
