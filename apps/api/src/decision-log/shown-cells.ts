/** Impressions that had one record. */
export interface ShownCell {
  /** The record, as outcomes write it: JSON. */
  readonly cell: string;
  readonly impressions: number;
}

/** Most cells kept of all entries, about, and the least that an entry may have. */
const MOST_CELLS = 50_000;
const LEAST_OF_ENTRY = 20;

/** How many cells each of so many entries may have. */
export function mostOfEntry(entries: number): number {
  return Math.max(LEAST_OF_ENTRY, Math.floor(MOST_CELLS / Math.max(1, entries)));
}

/**
 * The cells of an entry. Where there are more than may be kept, a sample that does not depend on what they say:
 * those whose number is a multiple of a step, which doubles whenever there are too many.
 */
export class ShownCells {
  private kept: (ShownCell & { readonly number: number })[] = [];
  private step = 1;

  constructor(private readonly most: number) {}

  add(cell: string, impressions: number): void {
    const number = numberOf(cell);
    if (impressions === 0 || number % this.step !== 0) return;
    this.kept.push({ cell, impressions, number });
    while (this.kept.length > this.most) {
      this.step *= 2;
      this.kept = this.kept.filter((one) => one.number % this.step === 0);
    }
  }

  get cells(): ShownCell[] {
    return this.kept.map(({ cell, impressions }) => ({ cell, impressions }));
  }
}

/** A number of 32 bits, as good as drawn by chance (FNV-1a, its bits mixed as MurmurHash3 ends). */
function numberOf(text: string): number {
  let number = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    number = Math.imul(number ^ text.charCodeAt(i), 0x01000193);
  }
  number = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  number = Math.imul(number ^ (number >>> 13), 0xc2b2ae35);
  return (number ^ (number >>> 16)) >>> 0;
}
