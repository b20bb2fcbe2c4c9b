import {
  languageOf,
  languages,
  matchMeaning,
  namedLike,
  outcomePhrase,
  withoutTotal,
  type Meaning,
} from '../../src/language/vocabulary.js';
import { exportNames } from '../source/export-names.js';

const likeliest = (meaning: Meaning, ...names: string[]): string | undefined =>
  namedLike(names, meaning)[0];

describe.each(languages)('what platforms write in %s', (language) => {
  const names = exportNames[language];

  it('says its roles', () => {
    for (const meta of [0, 1]) {
      const header = [
        names.campaign[meta],
        names.adGroup[meta],
        names.time.day,
        names.cost[meta],
        names.impressions[meta],
        names.clicks[meta],
        ...(meta === 1 ? [names.allClicks] : []),
        names.ctr,
      ];
      const roles = {
        impressions: names.impressions[meta],
        clicks: names.clicks[meta],
        cost: names.cost[meta],
        campaign: names.campaign[meta],
        ad_group: names.adGroup[meta],
        time: names.time.day,
      } as const;
      for (const [meaning, name] of Object.entries(roles)) {
        expect([meaning, likeliest(meaning as Meaning, ...header)]).toEqual([meaning, name]);
      }
    }
  });

  it('says its outcomes, which no key is', () => {
    for (const name of [names.ctr, ...names.cost, names.allClicks, ...names.clicks]) {
      expect([name, outcomePhrase(name)]).toEqual([name, expect.any(String)]);
    }
    for (const name of [...names.campaign, ...names.adGroup, names.currency, names.time.day]) {
      expect([name, outcomePhrase(name)]).toEqual([name, undefined]);
    }
  });

  it('is told by its header', () => {
    const header = [names.time.day, ...names.campaign, ...names.impressions, ...names.clicks];
    expect(languageOf([...header, ...names.cost])).toBe(language);
  });
});

describe('a column by its name', () => {
  it.each<[Meaning, string[], string]>([
    ['clicks', ['Clicks (all)', 'Link clicks', 'CTR'], 'Link clicks'],
    ['clicks', ['Clicks (destination)', 'CTR (destination)'], 'Clicks (destination)'],
    ['clicks', ['Cost per click', 'Unique clicks', 'Clicks'], 'Clicks'],
    ['clicks', ['CLICKS '], 'CLICKS '],
    ['clicks', ['totalClicks', 'costPerClick'], 'totalClicks'],
    ['impressions', ['Viewable impressions', 'Impressions', 'Impr. (Top) %'], 'Impressions'],
    ['impressions', ['Impr. share', 'Impr.'], 'Impr.'],
    ['cost', ['Avg. cost', 'Cost / conv.', 'Amount spent (USD)'], 'Amount spent (USD)'],
    ['time', ['Start Date (in UTC)', 'Campaign'], 'Start Date (in UTC)'],
    ['campaign', ['Campaign status', 'Campaign'], 'Campaign'],
    ['device', ['Device type', 'Browser'], 'Device type'],
  ])('%s among %j is %s', (meaning, names, name) =>
    expect(likeliest(meaning, ...names)).toBe(name),
  );

  it.each<[Meaning, string]>([
    ['clicks', 'Click-through rate'],
    ['clicks', 'Clicktag'],
    ['clicks', 'Conversions'],
    ['impressions', 'Views per user'],
    ['time', 'Daytona'],
    ['cost', 'Costa Rica'],
    ['campaign', 'Device'],
  ])('%s is not %s', (meaning, name) => expect(matchMeaning(name, meaning)).toBeUndefined());

  it.each(['Max. CPC', 'Target ROAS', 'Bid', 'Budget', 'Daily budget (EUR)', 'Device', 'Label'])(
    '%s is set before anything is clicked',
    (name) => expect(outcomePhrase(name)).toBeUndefined(),
  );
});

it.each([
  ['Harbour Total', 'harbour'],
  ['Total Harbour', 'harbour'],
  ['Harbour', 'harbour'],
  ['Total: Search', ''],
  ['アカウント合計', 'アカウント'],
])('%j without its word for a total is %j', (cell, rest) => expect(withoutTotal(cell)).toBe(rest));
