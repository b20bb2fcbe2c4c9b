/*
 * How much a text looks like one that somebody wrote, to tell legacy encodings apart: the same bytes
 * are `Łódź`, `£ódŸ` and `草逕`, of which one is a word. Each letter beyond ASCII has a weight, and what
 * stands beside it may speak against it.
 */

/** Letters by how common they are in the languages whose encoding has them. */
const weights = new Map<string, number>();
for (const [letters, weight] of [
  // Western Europe
  ['äöüßéèêàâçñóíáúãõôåæøÄÖÜÉÅØÑÇÓ', 1],
  ['ëïîûùìòœŒÀÁÂÃÊËÍÎÏÔÚÛÙÌÒÆºª¿¡', 0.9],
  ['È', 0.8],
  ['ÿŸÕ¢¥¨´¸¯¹²³¼½¾¬¦', 0.2],
  ['ðÐþÞ', -0.5],
  // Central Europe
  ['ąćęłńśźżŁŚŻĄĆĘŃŹ', 1],
  ['ěščřžýůőűťŠČŘŽŮŐŰ', 0.9],
  ['ďňÝĚŤĎŇđĐăĂşţŢ', 0.6],
  ['ĺľŕĹĽŔ', 0.2],
  // Turkey
  ['ğşıİĞŞ', 1],
  // Everywhere
  ['–—’‘“”„…€£°±§«»•·©®™×', 1],
] as const) {
  for (const letter of letters) weights.set(letter, Math.max(weight, weights.get(letter) ?? -1));
}

const RARE = -0.5;
const IMPOSSIBLE = -5;

const HAN = /\p{Script=Han}/u;
const EAST = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const SIGN = /[£€¥¢§±°¨´¸¯¹²³]/u;

/**
 * How plausible a text is: about 1 for one that somebody wrote, less for others.
 * @param isCommon whether a Chinese character is a common one in the encoding it was read by
 */
export function plausibility(text: string, isCommon: (character: string) => boolean): number {
  const letters = [...text];
  const scripts = letters.map(scriptOf);
  let sum = 0;
  let count = 0;
  letters.forEach((letter, i) => {
    if (letter <= '\u007f') return;
    count++;
    const [before, after] = [scripts[i - 1], scripts[i + 1]];
    sum += weightOf(letter, isCommon);
    const own = scripts[i];
    if (own === undefined) return;
    // No word is written in two scripts.
    if ([before, after].some((other) => other !== undefined && other !== own)) sum += RARE * 2;
    // Capitals stand first, and accents seldom side by side.
    if (
      own === 'cyrillic' &&
      before === own &&
      /\p{Lu}/u.test(letter) &&
      /\p{Ll}/u.test(letters[i - 1])
    )
      sum += RARE * 2;
    if (own === 'latin' && accented(letters[i - 1]) && accented(letters[i + 1])) sum += RARE * 2;
  });
  // A sign that belongs to figures is no part of a word.
  for (let i = 0; i < letters.length; i++) {
    if (SIGN.test(letters[i]) && [scripts[i - 1], scripts[i + 1]].includes('latin'))
      sum += RARE * 2;
  }
  return count === 0 ? 1 : sum / count;
}

const accented = (letter: string | undefined): boolean =>
  letter !== undefined && letter > '\u007f' && /\p{Script=Latin}/u.test(letter);

function weightOf(letter: string, isCommon: (character: string) => boolean): number {
  if (/[\uFFFD\p{Cc}\p{Co}\p{Cn}]/u.test(letter)) return IMPOSSIBLE;
  const known = weights.get(letter);
  if (known !== undefined) return known;
  if (/[\uff61-\uff9f]/u.test(letter)) return 0.1;
  if (HAN.test(letter)) return isCommon(letter) ? 1 : RARE;
  if (/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(letter)) return 1;
  if (/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(letter)) return 1;
  return /[\u3000-\u303f\uff01-\uff5e]/u.test(letter) ? 1 : 0.2;
}

function scriptOf(letter: string): string | undefined {
  if (/\p{Script=Latin}/u.test(letter)) return 'latin';
  if (/\p{Script=Cyrillic}/u.test(letter)) return 'cyrillic';
  if (/\p{Script=Greek}/u.test(letter)) return 'greek';
  return EAST.test(letter) ? 'east' : undefined;
}
