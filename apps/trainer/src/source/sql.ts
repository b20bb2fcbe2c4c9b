/** Column of every source: the file that a row is from; NULL for the rows of a query. */
export const FILE_COLUMN = 'adscale_file';

/** Column of every source: the line of a row in its text, else its place, from 0. */
export const ROW_COLUMN = 'adscale_row';

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
