/*
 * Names of columns, as exports write them: with blanks around them, twice, not at all, or in
 * letters that went through the wrong encoding ("CoÃ»t").
 */
import iconv from 'iconv-lite';

/** A column's name, and the place of its field. */
export interface NamedColumn {
  readonly name: string;
  readonly place: number;
}

/** What was changed, in words. */
export interface NamedColumns {
  readonly columns: readonly NamedColumn[];
  readonly notes: readonly string[];
}

/** The same name, whatever its case, blanks and width of letters. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** A name without its unit: `Amount spent (USD)` is `amount spent`. */
export function withoutUnit(name: string): string {
  return nameKey(name.replace(/\s*[([（【][^)\]）】]*[)\]）】]\s*$/u, ''));
}

/**
 * Names for the columns of a header. A name that stands again gets a number; one that is empty is
 * the column's place.
 */
export function nameColumns(header: readonly string[]): NamedColumns {
  const notes: string[] = [];
  const seen = new Map<string, number>();
  const columns = header.map((field, place): NamedColumn => {
    const mended = mend(field);
    if (mended !== field.trim()) notes.push(`${field.trim()} is read as ${mended}`);
    let name = mended.normalize('NFC').replace(/\s+/g, ' ').trim();
    if (name === '') {
      name = `column ${place + 1}`;
      notes.push(`column ${place + 1} has no name`);
    }
    const times = (seen.get(nameKey(name)) ?? 0) + 1;
    seen.set(nameKey(name), times);
    return { name: times === 1 ? name : numbered(name, times, seen), place };
  });
  return { columns, notes };
}

function numbered(name: string, times: number, seen: Map<string, number>): string {
  let number = times;
  while (seen.has(nameKey(`${name} (${number})`))) number++;
  seen.set(nameKey(`${name} (${number})`), 1);
  return `${name} (${number})`;
}

/** Two bytes of UTF-8 that were taken for two letters of Windows-1252. */
const TWICE = /[ÂÃÄÅâãäåÐÑðñ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/;

/** Text that was encoded twice, as it was meant. */
function mend(field: string): string {
  const text = field.trim();
  if (!TWICE.test(text)) return text;
  const bytes = iconv.encode(text, 'windows-1252');
  if (iconv.decode(bytes, 'windows-1252') !== text) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return text;
  }
}
