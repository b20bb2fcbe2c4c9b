/*
 * How text becomes numbers, twice over: in JavaScript, to find out what a column is, and as macros
 * in SQL, to read it, which mappings may use too:
 *
 *   present(t)        t trimmed, or NULL if it is one of the words for "nothing"
 *   number_of(t)      "1,234.5", "1 234.5", "$5", "5 EUR", "−3", "12 %" (0.12); else NULL
 *   number_comma(t)   the same where the comma is the decimal mark: "1.234,5"
 *
 * Decimal notation only: what a cast would make of "0x10", "1_000" or "inf" is no number here.
 */
import { isOneOf, quoteText } from './sql.js';

/**
 * Words that exports write where there is nothing, in lower case. A column of words keeps its
 * other words: "unknown" is an answer.
 */
export const missingWords: ReadonlySet<string> = new Set([
  '',
  '-',
  '--',
  '–',
  '—',
  '#n/a',
  'n/a',
  'n.a.',
  'na',
  'nan',
  'nil',
  'none',
  'null',
  '\\n',
]);

/** Bytes of UTF-8. */
const longestMissing = Math.max(...[...missingWords].map((word) => Buffer.byteLength(word)));

/** Whether a trimmed cell says that there is nothing. */
export function isMissing(cell: string): boolean {
  return cell.length <= 4 && missingWords.has(cell.toLowerCase());
}

/** What may stand around a number: blanks, as JavaScript trims them too. */
const BLANKS = ' \t\u00a0\u2009\u202f\u3000';

/** What may stand in a number without a meaning: blanks, apostrophes, `€`, `US$`, `R$`. */
const CLUTTER = "(?:US|CA|AU|NZ|HK|NT|MX|[ACRS])?\\p{Sc}|[\\p{Z}\\s'’\\x{80}]";

/** Currencies by their codes and short names, before or behind a number. */
const CURRENCY = [
  'USD|EUR|GBP|JPY|CNY|RMB|KRW|INR|BRL|CHF|SEK|NOK|DKK|PLN|TRY|CZK|HUF|RON|RUB|UAH|ILS|AED|SAR',
  'ZAR|MXN|ARS|CLP|COP|PEN|CAD|AUD|NZD|SGD|HKD|TWD|THB|IDR|MYR|PHP|VND|EGP|BGN|HRK|ISK|KZT|NGN',
  'kr\\.?|zł|zl|Kč|Ft|lei|TL|Fr\\.?|Rs\\.?|円|元|원|руб\\.?',
].join('|');

const cluttered = new RegExp(CLUTTER.replace('\\x{80}', '\\x80'), 'gu');
const currencyFirst = new RegExp(`^([+-]?)(?:${CURRENCY})(?=[-+.,\\d])`, 'u');
const currencyLast = new RegExp(`([\\d%])(?:${CURRENCY})$`, 'u');

/** A number without its clutter; the SQL macro `bare_number` makes the same of it. */
export function bareNumber(cell: string): string {
  let bare = cell.replace(/[−‒]/g, '-').replace(cluttered, '');
  if (/\p{L}/u.test(bare)) bare = bare.replace(currencyFirst, '$1').replace(currencyLast, '$1');
  // "%12,5", as Turkish has it.
  return bare.startsWith('%') ? `${bare.slice(1)}%` : bare;
}

/** Pattern of a number without clutter whose decimal mark is the point. */
const NUMBER =
  '^(?:[+-]?(?:\\d+|\\d{1,3}(?:,\\d{3})+|\\d{1,2}(?:,\\d\\d)+,\\d{3})(?:\\.\\d*)?(?:[eE][+-]?\\d+)?%?|[+-]?\\.\\d+(?:[eE][+-]?\\d+)?%?)$';

const numeric = new RegExp(NUMBER);

/** A cell without the blanks around it; null where it says that there is nothing. */
export function presentCell(cell: string | null): string | null {
  const text = cell?.trim() ?? '';
  return isMissing(text) ? null : text;
}

/** The number that a cell is, as the macros have it; undefined if it is none. */
export function numberOf(cell: string, decimal: 'point' | 'comma'): number | undefined {
  const bare = bareNumber(cell);
  const text = decimal === 'comma' ? exchanged(bare) : bare;
  return numeric.test(text) ? Number(text.replaceAll(',', '').replace('%', 'e-2')) : undefined;
}

/** A number with its points for commas. */
export function exchanged(text: string): string {
  return text.replace(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'));
}

/**
 * Statements that make the macros. A macro is written out wherever it is used, with its argument
 * wherever that stands in it: where it stands once, nested macros stay short.
 */
export const numberMacros = [
  // Its length first: most cells are longer than any of the words.
  `CREATE TEMP MACRO present(t) AS CASE
     WHEN strlen(trim(t, ${quoteText(BLANKS)})) <= ${longestMissing}
       AND ${isOneOf(`lower(trim(t, ${quoteText(BLANKS)}))`, [...missingWords])}
     THEN NULL ELSE trim(t, ${quoteText(BLANKS)}) END`,
  `CREATE TEMP MACRO bare_number(t) AS
     regexp_replace(regexp_replace(regexp_replace(
       regexp_replace(translate(t, '−‒', '--'), ${quoteText(CLUTTER)}, '', 'g'),
       ${quoteText(`^([+-]?)(?:${CURRENCY})([-+.,\\d])`)}, '\\1\\2'),
       ${quoteText(`([\\d%])(?:${CURRENCY})$`)}, '\\1'),
       '^%(.+)$', '\\1%')`,
  `CREATE TEMP MACRO marked_number(t) AS
     try_cast(replace(replace(regexp_extract(t, ${quoteText(NUMBER)}), ',', ''), '%', 'e-2') AS DOUBLE)`,
  `CREATE TEMP MACRO number_of(t) AS coalesce(
     try_cast(regexp_extract(t, '^-?\\d{1,15}(?:\\.\\d+)?$') AS DOUBLE), marked_number(bare_number(t)))`,
  `CREATE TEMP MACRO number_comma(t) AS coalesce(
     try_cast(regexp_extract(t, '^-?\\d{1,15}$') AS DOUBLE),
     marked_number(translate(bare_number(t), '.,', ',.')))`,
];
