import { InputError } from '../cli/exit.js';
import { MOST_LISTED, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { featureName } from '../mapping/names.js';
import { derivedQuery } from '../rows/prepare.js';
import { isNumberType, typedQuery } from '../rows/typed.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';

/** A mapping with derived columns as features, and what is said of them. */
export interface Derived {
  readonly mapping: Mapping;
  readonly notes: readonly string[];
}

/**
 * Makes features of derived columns that the mapping has no other use for.
 * @param derive SQL by name
 * @param wished the only columns to be features, if there are any
 * @throws InputError if one does not work, or is empty in every row
 */
export async function addDerived(
  database: Database,
  source: Source,
  mapping: Mapping,
  derive: Readonly<Record<string, string>>,
  wished: readonly string[] = [],
): Promise<Derived> {
  const names = Object.keys(derive);
  if (names.length === 0) return { mapping, notes: [] };
  const hidden = source.columns.find(({ name }) =>
    names.some((own) => own.toLowerCase() === name.toLowerCase()),
  );
  if (hidden !== undefined) {
    throw new InputError(`--derive: got ${hidden.name}, a column of the data; choose another name`);
  }
  const whole = { ...mapping, derived: { ...mapping.derived, ...derive } };
  const rows = await derivedQuery(database, typedQuery(source, whole), whole);
  const types = new Map(
    (await database.describe(rows)).map(({ name, type }) => [name, type] as const),
  );
  const facts = names.map((name, c) => {
    const value = quoteName(name);
    return `struct_pack(rows := count(*)::DOUBLE, there := count(${value})::DOUBLE,
      words := approx_count_distinct(${value})::DOUBLE,
      whole := ${isNumberType(types.get(name)!) ? `bool_and(${value} = floor(${value}))` : 'false'}) AS c${c}`;
  });
  const row = await database.row(`SELECT ${facts.join(', ')} FROM (${rows})`);
  const features = { ...mapping.features };
  const notes: string[] = [];
  for (const [c, name] of names.entries()) {
    const { rows: all, there, words, whole: isWhole } = row[`c${c}`] as unknown as Facts;
    if (there === 0) {
      throw new InputError(
        `--derive ${name}=${derive[name]}: got nothing in every one of ${all.toLocaleString('en')} rows, wanted values`,
      );
    }
    if (wished.length > 0 && !wished.includes(name)) continue;
    const { [name]: _, ...others } = whole.derived;
    if (isUsed({ ...mapping, derived: others }, name)) continue;
    if (words <= 1 && there === all) {
      notes.push(`${name} is the same in every row, and so is no feature`);
      continue;
    }
    const isText = !isNumberType(types.get(name)!);
    const kind = isText
      ? words > MOST_LISTED
        ? 'word'
        : 'categorical'
      : isWhole
        ? 'integer'
        : 'numeric';
    const feature: FeatureMapping = { column: name, kind, ...(there < all && { missing: true }) };
    features[featureName(name, new Set(Object.keys(features)), `feature_${c + 1}`)] = feature;
  }
  return { mapping: { ...whole, features }, notes };
}

interface Facts {
  readonly rows: number;
  readonly there: number;
  readonly words: number;
  readonly whole: boolean;
}

/** Whether a mapping takes a column for something already. */
function isUsed({ features, where = [], derived = {}, ...roles }: Mapping, name: string): boolean {
  const named = Object.values(features).some(({ column }) => column === name);
  // The name of a function is no column.
  const quoted = name.replace(/\W/g, '\\$&');
  const asColumn = new RegExp(`(?<![\\p{L}\\p{N}_])${quoted}(?![\\p{L}\\p{N}_]|\\s*\\()`, 'iu');
  const inSql = [...where, ...Object.values(derived)].some((sql) => asColumn.test(sql));
  return named || inSql || Object.values(roles).includes(name);
}
