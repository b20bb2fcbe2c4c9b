/** A part of an `accept` header: a media range and its weight (RFC 9110, 12.5.1). */
const PART = /^\s*([^;\s]+)\s*(?:;.*?\bq=([\d.]+))?/i;

/**
 * Whether a header `accept` asks for a page, as those of browsers do: it names `text/html`, and wants
 * JSON no more than that. A range of all types, as most programs send it, is no such wish.
 */
export function wantsPage(accept: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const part of accept?.split(',') ?? []) {
    const [, range = '', weight = '1'] = PART.exec(part) ?? [];
    weights.set(range.toLowerCase(), Number(weight));
  }
  const page = weights.get('text/html') ?? 0;
  return page > 0 && page >= (weights.get('application/json') ?? 0);
}
