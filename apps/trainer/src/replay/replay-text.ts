import { tableText } from '../cli/reporter.js';
import type { JudgedDecision, RegretSum, ReplaySummary } from './judged.js';

const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const rate = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const span = ({ low, high }: { low: number; high: number }): string =>
  `${count(low)} to ${count(high)}`;
const yesNo = (held: boolean | null): string => (held === null ? '–' : held ? 'yes' : 'no');

/** One decision with all its entries. */
export function decisionText(judged: JudgedDecision): string {
  const { id, decision, at, model_version, outcomes, hindsight, unjudged } = judged;
  const { from, to, matched_by, impressions } = outcomes;
  const by = {
    arm: 'that name its entries',
    record: 'whose records are those of its entries but for their volume',
  };
  const heading = [
    `${decision} ${id}, ${at}, by ${model_version}`,
    matched_by === null
      ? `no outcomes from ${from} to ${to}`
      : `${count(impressions)} impressions from ${from} to ${to}, of outcomes ${by[matched_by]}`,
  ];
  if (hindsight === undefined) return [...heading, unjudged ?? ''].join('\n');
  const lines = [...hindsight.entries.map((entry) => [entry.id, ...cells(entry)])];
  const { total, regret, assumptions, currency } = hindsight;
  lines.push(['total', '', '', ...cells(total).slice(2)]);
  const header = ['entry', 'predicted', 'observed', ...CAME];
  const sections = [heading.join('\n'), tableText([header, ...lines])];
  if (regret !== undefined) sections.push(regretText(regret, currency));
  const told = [...outcomes.assumptions, ...assumptions, ...(regret?.assumptions ?? [])];
  sections.push(['Assumptions', ...told.map((sentence) => `  - ${sentence}`)].join('\n'));
  return sections.join('\n\n');
}

const CAME = ['impressions', 'clicks', 'expected', 'interval', 'held'];

type Came = NonNullable<JudgedDecision['hindsight']>['total'];

function cells(entry: Came & { predicted_ctr?: number; observed_ctr?: number | null }): string[] {
  const { predicted_ctr, observed_ctr, impressions, clicks, expected_clicks, interval, held } =
    entry;
  return [
    ...[rate(predicted_ctr ?? null), rate(observed_ctr ?? null)],
    ...[count(impressions), count(clicks), count(expected_clicks), span(interval), yesNo(held)],
  ];
}

type Regret = NonNullable<NonNullable<JudgedDecision['hindsight']>['regret']>;

/** Shares below are told as none. */
const LEAST_SHOWN = 0.0005;

function regretText({ of, decided, equal_split, best_in_hindsight }: Regret, currency: string) {
  const unit = of === 'clicks' ? of : `${of}, ${currency}`;
  const best = best_in_hindsight.split
    .filter(({ share }) => share >= LEAST_SHOWN)
    .map(({ id, share }) => `${id} ${percent(share)}`)
    .join(', ');
  return tableText([
    [unit, 'expected', 'interval', 'more than decided', 'interval'],
    ['decided', count(decided.expected), span(decided), '', ''],
    ['equal split', ...alternative(equal_split)],
    ['best in hindsight', ...alternative(best_in_hindsight)],
  ]).concat(`\nthe best: ${best}`);
}

function alternative({ expected, more, ...range }: Regret['equal_split']): string[] {
  return [count(expected), span(range), count(more.expected), span(more)];
}

/** A line for every decision, and what they are together. */
export function listText(lines: readonly (readonly string[])[], summary: ReplaySummary): string {
  const table =
    lines.length === 0 ? 'No decisions were kept in this time.' : tableText([LIST, ...lines]);
  return [table, summaryText(summary)].filter((part) => part !== '').join('\n\n');
}

const LIST = ['decision', 'id', 'at', 'impressions', 'clicks', 'expected', 'held', 'best: more'];

/** A decision as a line of the list. */
export function listLine({ id, decision, at, outcomes, hindsight }: JudgedDecision): string[] {
  const { impressions, clicks } = outcomes;
  const { coverage, total, regret } = hindsight ?? {};
  const more = regret?.best_in_hindsight.more;
  return [
    ...[decision, id, at, count(impressions), count(clicks)],
    total === undefined ? '–' : count(total.expected_clicks),
    coverage === undefined ? '–' : `${coverage.held} of ${coverage.judged}`,
    more === undefined
      ? '–'
      : `${count(more.expected)} (${span(more)}) ${unitOf(regret!.of, hindsight!.currency)}`,
  ];
}

function unitOf(of: string, currency: string): string {
  if (of === 'clicks') return of;
  return of === 'value' ? currency : `${currency} a thousand`;
}

function summaryText({ decisions, with_outcomes, coverage, regret }: ReplaySummary): string {
  if (decisions === 0) return '';
  const lines = [`${count(with_outcomes)} of ${count(decisions)} decisions have outcomes`];
  for (const { level, judged, held } of coverage) {
    if (judged === 0) continue;
    lines.push(
      `${count(held)} of ${count(judged)} intervals at ${percent(level)} held: ${percent(held / judged)}`,
    );
  }
  lines.push(...regret.map(sumLine));
  return lines.join('\n');
}

function sumLine({ decision, of, decisions, decided, ...others }: RegretSum): string {
  const against = (other: number): string => `${count(other)} (${signed(other / decided - 1)})`;
  return (
    `${decision}, ${count(decisions)}: ${count(decided)} ${of}; ` +
    `by equal split ${against(others.equal_split)}, by the best in hindsight ${against(others.best_in_hindsight)}`
  );
}

function signed(share: number): string {
  return Number.isFinite(share) ? `${share < 0 ? '' : '+'}${percent(share)}` : '–';
}
