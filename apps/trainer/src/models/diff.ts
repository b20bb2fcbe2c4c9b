import type { Evaluation, ModelCard, Registry } from '@adscale/ctr';
import type { Feature } from '@adscale/forest';
import { Reporter } from '../cli/reporter.js';
import { tableText } from './list.js';

/** One fact of two models side by side. */
export interface Difference {
  /** model, data, split, parameters, schema, ranges or metrics. */
  readonly section: string;
  readonly name: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** Prints in what two versions differ, and the metrics of both. */
export async function runDiff(
  registry: Registry,
  [nameA, nameB]: readonly [string, string],
  json: boolean | undefined,
): Promise<void> {
  const [a, b] = [await registry.resolve(nameA), await registry.resolve(nameB)];
  const differences = diffCards(await registry.card(a), await registry.card(b));
  const rows = differences.map((one) => [one.name, told(one.a), told(one.b)]);
  const text = tableText([['', a, b], ...rows]);
  new Reporter(json).result(text, { a, b, differences });
}

/** The metrics of both, and of everything else what is not the same. */
export function diffCards(a: Partial<ModelCard>, b: Partial<ModelCard>): Difference[] {
  const [one, other] = [factsOf(a), factsOf(b)];
  const names = new Map(
    [...other, ...one].map(([key, { section, name }]) => [key, { section, name }]),
  );
  const order = ['data', 'split', 'schema', 'ranges', 'parameters', 'metrics'];
  return [...names]
    .map(([key, what]) => ({
      ...what,
      a: one.get(key)?.value ?? null,
      b: other.get(key)?.value ?? null,
    }))
    .filter(({ section, a, b }) => section === 'metrics' || told(a) !== told(b))
    .sort((x, y) => order.indexOf(x.section) - order.indexOf(y.section));
}

interface Fact {
  readonly section: string;
  readonly name: string;
  readonly value: unknown;
}

function factsOf(card: Partial<ModelCard>): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  const put = (section: string, name: string, value: unknown): void => {
    if (value !== undefined) facts.set(`${section} ${name}`, { section, name, value });
  };
  const { schema, parameters, split, training, held_out: judged, out_of_bag: outOfBag } = card;
  put('data', 'source', card.source);
  put('data', 'data fingerprint', card.data_fingerprint);
  put('data', 'mapping', card.mapping);
  put('data', 'code version', card.code_version);
  for (const name of ['rows', 'impressions', 'clicks'] as const) {
    put('data', `training ${name}`, training?.[name]);
  }
  for (const [name, value] of Object.entries(split ?? {})) put('split', `split ${name}`, value);
  for (const feature of schema?.features ?? []) put('schema', feature.name, typeOf(feature));
  for (const [name, range] of Object.entries(training?.ranges ?? {})) {
    put('ranges', `range of ${name}`, range);
  }
  for (const [name, value] of Object.entries(parameters ?? {})) put('parameters', name, value);
  if (outOfBag !== undefined) {
    put('metrics', 'NE out of bag', { value: outOfBag.normalised_entropy, interval: null });
  }
  if (judged !== undefined)
    metricsOf(judged).forEach(([name, value]) => put('metrics', name, value));
  return facts;
}

function typeOf({ name: _, description: __, example: ___, ...type }: Feature): unknown {
  return type;
}

/** A metric and its interval. */
interface Measured {
  readonly value: number | null;
  readonly interval: readonly [number, number] | null;
}

function metricsOf(judged: Evaluation): [name: string, value: unknown][] {
  const { bootstrap, rows, impressions } = judged;
  const measured = (value: number | null, key: string): Measured => ({
    value,
    interval: bootstrap?.intervals[key] ?? null,
  });
  return [
    ['held-out rows', rows],
    ['held-out impressions', impressions],
    ['NE', measured(judged.normalised_entropy, 'normalised_entropy')],
    ['log loss', measured(judged.log_loss, 'log_loss')],
    ['R²', measured(judged.observed.r2, 'observed.r2')],
    ['R² by impressions', measured(judged.observed.weighted_r2, 'observed.weighted_r2')],
    ['MAE', measured(judged.observed.mae, 'observed.mae')],
    ['RMSE', measured(judged.observed.rmse, 'observed.rmse')],
    ['calibration ratio', measured(judged.calibration_ratio, 'calibration_ratio')],
    ...(judged.auc === null || judged.auc === undefined
      ? []
      : [['AUC', measured(judged.auc, 'auc')] as [string, unknown]]),
  ];
}

const MOST = 60;

function told(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value.length > MOST ? `${value.slice(0, MOST)}…` : value;
  if (typeof value !== 'object') return String(value);
  const { value: metric, interval } = value as Partial<Measured>;
  if (metric !== undefined && interval !== undefined) {
    const digits = (x: number): string => x.toFixed(5);
    const around = interval === null ? '' : ` [${interval.map(digits).join(', ')}]`;
    return metric === null ? '–' : digits(metric) + around;
  }
  const text = JSON.stringify(value).replaceAll('"', '');
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}
