/* What was told of an outcome, as a text by which the same is known when it is told again. */

/** What a client says of an outcome; null, undefined and '' for what it does not say. */
export interface Content {
  readonly impressions: number;
  readonly clicks: number;
  readonly spend: number | null;
  /** Milliseconds since 1970. */
  readonly until: number | undefined;
  readonly campaign: string;
  readonly placement: string;
  readonly arm: string;
}

/** Counts, spend, until, and the labels if there are any: `5000 400 12.5  ["spring","",""]`. */
export function contentOf(content: Content): string {
  const { impressions, clicks, spend, until, campaign, placement, arm } = content;
  const texts = campaign + placement + arm === '' ? '' : JSON.stringify([campaign, placement, arm]);
  return `${impressions} ${clicks} ${spend ?? ''} ${until ?? ''} ${texts}`;
}

/**
 * Whether a telling says nothing that another one has not said: the same counts, and of spend, until and
 * labels the same or nothing.
 */
export function saysNoMore(content: string, than: string): boolean {
  if (content === than) return true;
  const [counts, ...own] = partsOf(content);
  const [others, ...said] = partsOf(than);
  return counts === others && own.every((text, i) => text === '' || text === said[i]);
}

/** Counts, spend, until, campaign, placement, arm. */
function partsOf(content: string): string[] {
  const [, counts, spend = '', until = '', texts = ''] = /^(\S+ \S+) (\S*) (\S*) (.*)$/s.exec(
    content,
  ) ?? [content, content];
  const labels = texts === '' ? ['', '', ''] : (JSON.parse(texts) as string[]);
  return [counts, spend, until, ...labels];
}
