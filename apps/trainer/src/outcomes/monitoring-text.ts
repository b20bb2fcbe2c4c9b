/* What the service tells of its outcomes, as a person reads it. */
import { tableText } from '../cli/reporter.js';

/** Observed against predicted, as the service tells it. */
interface Calibration {
  readonly impressions: number;
  readonly clicks: number;
  readonly expected: number;
  readonly factor: number | null;
  readonly lower: number;
  readonly upper: number | null;
}

interface Cause extends Calibration {
  readonly segment: string;
  readonly since: string;
  readonly gain: {
    readonly clicks: { readonly value: number };
    readonly money: { readonly value: number } | null;
  };
}

/** What `GET /monitoring` answers, as far as it is told here. */
export interface MonitoringTold {
  readonly from: string;
  readonly to: string;
  readonly made_at: string;
  readonly findings: readonly string[];
  readonly overall: Calibration;
  /** Of days that are too young. */
  readonly left_out: { readonly days: number; readonly impressions: number };
  readonly models: readonly (Calibration & { readonly model_version: string })[];
  readonly causes: readonly Cause[];
  readonly alerts: readonly {
    readonly state: string;
    readonly title: string;
    readonly started_at: string;
  }[];
  readonly deliveries: { readonly waiting: number; readonly last_reason: string | null };
}

interface Effect {
  readonly value: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly ctr: number | null;
  readonly expected_ctr: number | null;
  readonly factor: number | null;
  readonly spend: number | null;
  readonly cpc: number | null;
}

/** What `GET /monitoring/effectiveness` answers, as far as it is told here. */
export interface EffectivenessTold {
  readonly campaigns: readonly Effect[];
  readonly placements: readonly Effect[];
  readonly change: { readonly words: readonly string[] } | null;
}

/** What the service calls outcomes of which nobody said. */
const UNNAMED = '(none)';
/** Rows of a table; the rest is counted. */
const MOST_ROWS = 10;

export function monitoringText(told: MonitoringTold, effects: EffectivenessTold): string {
  const { from, to, made_at, overall } = told;
  const head = `Outcomes of ${from} to ${to}, read at ${made_at.slice(0, 16).replace('T', ' ')} UTC`;
  if (overall.impressions === 0) return `${head}\n${noneText(told.left_out)}`;
  const sections = [
    ['Findings', ...lines(told.findings, 'Nothing beyond chance.')],
    ['Alerts', ...lines(alertLines(told), 'None is firing.')],
    ['Models', modelTable(told)],
    ...(told.causes.length > 0 ? [['What it costs', causeTable(told.causes)]] : []),
    ...(isNamed(effects.campaigns) ? [['Campaigns', effectTable(effects.campaigns)]] : []),
    ...(isNamed(effects.placements) ? [['Placements', effectTable(effects.placements)]] : []),
    ['Since the week before', ...lines(effects.change?.words ?? [], 'No earlier week.')],
  ];
  return [head, ...sections.map((section) => section.join('\n'))].join('\n\n');
}

/** Outcomes that are not judged are not "none". */
function noneText({ days, impressions }: MonitoringTold['left_out']): string {
  if (days === 0) return 'There are none.';
  const which = days === 1 ? 'one day' : `${days} days`;
  return `All are of ${which} too young to judge: ${count(impressions)} impressions are left out.`;
}

function lines(texts: readonly string[], none: string): string[] {
  return (texts.length > 0 ? texts : [none]).map((text) => `  ${text}`);
}

function alertLines({ alerts, deliveries }: MonitoringTold): string[] {
  const firing = alerts
    .filter(({ state }) => state === 'firing')
    .map(({ title, started_at }) => `${title} Firing since ${started_at.slice(0, 10)}.`);
  const { waiting, last_reason } = deliveries;
  const why = last_reason === null ? '' : ` (${last_reason})`;
  if (waiting > 0) firing.push(`${waiting} messages wait for the webhook${why}.`);
  return firing;
}

function modelTable({ models }: MonitoringTold): string {
  return table(
    ['model', 'impressions', 'clicks', 'expected', 'clicks / expected', 'CTR'],
    models.map((model) => [
      ...[model.model_version, count(model.impressions), count(model.clicks)],
      ...[count(model.expected), factorText(model), percent(model.clicks / model.impressions)],
    ]),
  );
}

function causeTable(causes: readonly Cause[]): string {
  return table(
    ['segment', 'since', 'impressions', 'clicks / expected', 'clicks', 'money'],
    causes.map((cause) => [
      ...[cause.segment, cause.since, count(cause.impressions), factorText(cause)],
      ...[signed(cause.gain.clicks.value), signed(cause.gain.money?.value)],
    ]),
  );
}

/** Whether anybody has said which is which. */
function isNamed(effects: readonly Effect[]): boolean {
  return effects.some(({ value }) => value !== UNNAMED);
}

function effectTable(effects: readonly Effect[]): string {
  const largest = effects.toSorted((a, b) => b.impressions - a.impressions);
  return table(
    ['', 'impressions', 'clicks', 'CTR', 'forecast', 'clicks / expected', 'spend', 'CPC'],
    largest.map((effect) => [
      ...[effect.value, count(effect.impressions), count(effect.clicks)],
      ...[percent(effect.ctr), percent(effect.expected_ctr), decimal(effect.factor)],
      ...[money(effect.spend), money(effect.cpc)],
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const told = tableText([head, ...rows.slice(0, MOST_ROWS)]).split('\n');
  if (rows.length > MOST_ROWS) told.push(`… and ${rows.length - MOST_ROWS} more`);
  return told.map((line) => `  ${line}`.trimEnd()).join('\n');
}

const NONE = '–';

const count = (value: number): string => Math.round(value).toLocaleString('en');

const decimal = (value: number | null): string => value?.toFixed(2) ?? NONE;

const percent = (value: number | null): string =>
  value === null || Number.isNaN(value) ? NONE : `${(100 * value).toFixed(2)} %`;

function money(value: number | null): string {
  if (value === null) return NONE;
  return value >= 100 ? count(value) : value.toFixed(2);
}

const signed = (value: number | undefined): string =>
  value === undefined ? NONE : `${value > 0 ? '+' : ''}${count(value)}`;

function factorText({ factor, lower, upper }: Calibration): string {
  if (factor === null) return NONE;
  return `${decimal(factor)} (${decimal(lower)} to ${upper === null ? 'any' : decimal(upper)})`;
}
