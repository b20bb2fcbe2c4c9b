import { ProblemError } from '../problem/problem.js';

/** A text that says one object or array takes at least so many characters, with a comma. */
const LEAST_CHARACTERS = 3;
const [QUOTE, BACKSLASH, BRACKET, BRACE] = [0x22, 0x5c, 0x5b, 0x7b];

/**
 * Refuses JSON of more objects and arrays than a body needs: `[{},{},…]` takes fifty times its length
 * once it is parsed, and would end a process of little memory.
 * @throws ProblemError BODY_TOO_LARGE
 */
export function checkParts(text: string, most: number): void {
  if (text.length <= LEAST_CHARACTERS * most) return;
  let parts = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === BRACE || character === BRACKET) parts++;
    else if (character === QUOTE) i = endOfString(text, i);
  }
  if (parts <= most) return;
  const detail = `The body holds ${parts} objects and arrays, wanted at most ${most}.`;
  throw new ProblemError('BODY_TOO_LARGE', { detail });
}

/** The place of the quote that ends the string which begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
