/*
 * What others wrote, such as the name of a campaign, must not steer the terminal that shows it.
 */

/**
 * Characters that are carried out instead of shown: controls (C0 but line feed and tab, DEL, C1), marks
 * that turn the direction of text (UAX #9), other ends of a line, and halves of a character.
 */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

/**
 * The text with such characters as escapes: `\u202e`. JSON stays the same document, as strings in it are
 * written so too. Line feeds and tabs stay.
 */
export function visible(text: string): string {
  return text.replace(STEERING, (found) =>
    found === '\n' || found === '\t' ? found : code(found),
  );
}

/** The same of a cell of a table, where a line feed or a tab would break the columns. */
export function visibleCell(text: string): string {
  return text.replace(STEERING, code);
}

const code = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
