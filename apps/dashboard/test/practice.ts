/*
 * Four weeks of outcomes that a service is told: phones click a fifth less from the middle on, and the
 * clicks of a day keep coming for two days after it, as ad platforms report them.
 */
import { adscale, type Service } from './house.js';

const DAY_MS = 86_400_000;
const DAYS = 28;

/** The UTC day so many days ago. */
export const dayAgo = (days: number): string =>
  new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** Names as somebody with bad intentions or another script would choose them. */
export const hostile = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  'حملة الربيع',
  `a campaign with a name that does not end ${'so soon '.repeat(20)}`.trim(),
];
export const campaigns = ['spring sale', 'brand', 'retargeting', ...hostile];
const placements = ['search', 'feed', 'stories'];

interface Told {
  readonly key: string;
  readonly record: Record<string, number | string>;
  readonly period: string;
  readonly until: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly spend: number;
  readonly campaign: string;
  readonly placement: string;
}

/** Shares of a day's clicks that are told one, two and three days after it began. */
const GROWTH = [0.9, 0.97, 1];

/** Tells a service what came in four weeks. */
export async function tellPractice(service: Service, rows = 1400): Promise<void> {
  const change = `device_type=mobile:0.8@${dayAgo(DAYS / 2)}`;
  const days = ['--from', dayAgo(DAYS - 1), '--days', `${DAYS - 1}`, '--change', change];
  const csv = await adscale('generate', '--rows', `${rows}`, '--seed', '7', ...days);
  const [head, ...lines] = csv.trim().split('\n');
  const names = head.split(',');
  const told = lines.flatMap((line, i) => {
    const cells = line.split(',');
    return deliveries(i, (name) => cells[names.indexOf(name)]);
  });
  for (let i = 0; i < told.length; i += 5000) {
    const answer = await service.ask('/outcomes', { json: told.slice(i, i + 5000) });
    const { failed } = (await answer.json()) as { failed: number };
    if (!answer.ok || failed > 0) throw new Error(`the service did not take the practice period`);
  }
}

/** What is told of a row, day by day as its clicks come in. */
function deliveries(i: number, cell: (name: string) => string): Told[] {
  const [impressions, clicks] = [Number(cell('impressions')), Number(cell('clicks'))];
  const period = cell('day');
  const record = {
    ...{ impressions, ad_position: Number(cell('ad_position')) },
    ...{ device_type: cell('device_type'), budget: Number(cell('budget')) },
  };
  const known = {
    ...{ key: `row-${i}`, record, period, impressions },
    ...{ campaign: campaigns[i % campaigns.length], placement: placements[i % 3] },
  };
  return GROWTH.flatMap((share, age) => {
    const until = Date.parse(period) + (age + 1) * DAY_MS - 1;
    if (until > Date.now() && age > 0) return [];
    const so = Math.round(clicks * share);
    const told = new Date(Math.min(until, Date.now())).toISOString();
    return [{ ...known, until: told, clicks: so, spend: Math.round(so * 40) / 100 }];
  });
}
