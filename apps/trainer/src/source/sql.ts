/** A name as SQL wants it, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL wants it, whatever is in it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`;
}

/**
 * SQL of whether a text is one of a list; false for NULL. The database makes a join of `IN` with a
 * list, and a join may exchange the order of the rows.
 */
export function isOneOf(text: string, list: readonly string[]): string {
  return `coalesce(list_contains(${quoteList(list)}, ${text}), false)`;
}

/** A number to the last bit: a plain literal would be a decimal, whose way to a double rounds. */
export function quoteNumber(value: number): string {
  return `'${value}'::DOUBLE`;
}

/**
 * Words that exports write where there is nothing, in lower case. A column of words keeps its
 * other words: "unknown" is an answer.
 */
const missingWords = ['', '-', '--', '#n/a', 'n/a', 'na', 'nan', 'nil', 'none', 'null', '\\n'];

/**
 * How text becomes numbers, as macros that mappings may use too:
 *
 *   present(t)        t trimmed, or NULL if it is one of the words for "nothing"
 *   number_of(t)      "1,234.5", "1 234.5", "$5", "−3", "12 %" (0.12); NULL if it is no number
 *   number_comma(t)   the same where the comma is the decimal mark: "1.234,5"
 *
 * Decimal notation only: what a cast would make of "0x10", "1_000" or "inf" is no number here.
 */
export const numberMacros = [
  `CREATE TEMP MACRO present(t) AS
     CASE WHEN ${isOneOf('lower(trim(t))', missingWords)} THEN NULL ELSE trim(t) END`,
  `CREATE TEMP MACRO bare_number(t) AS
     regexp_replace(replace(t, '−', '-'), '[\\p{Sc}\\p{Z}\\s''’\\x{80}]', '', 'g')`,
  `CREATE TEMP MACRO marked_number(t) AS CASE
     WHEN regexp_full_match(t, '[+-]?(\\d+|\\d{1,3}(,\\d{3})+)(\\.\\d*)?([eE][+-]?\\d+)?%?|[+-]?\\.\\d+([eE][+-]?\\d+)?%?')
     THEN try_cast(replace(rtrim(t, '%'), ',', '') AS DOUBLE)
       / CASE WHEN suffix(t, '%') THEN 100 ELSE 1 END END`,
  `CREATE TEMP MACRO number_of(t) AS CASE
     WHEN regexp_full_match(t, '-?\\d{1,15}(\\.\\d+)?') THEN try_cast(t AS DOUBLE)
     ELSE marked_number(bare_number(t)) END`,
  `CREATE TEMP MACRO number_comma(t) AS marked_number(translate(bare_number(t), '.,', ',.'))`,
];
