import { isDeepStrictEqual } from 'node:util';
import type { Evaluation, ModelCard, ModelChoice, RecordFeature, Registry } from '@adscale/ctr';
import { Reporter, tableText } from '../cli/reporter.js';

/** What a card tells, in the order in which it is shown. */
const sections = [
  'data',
  'split',
  'schema',
  'ranges',
  'model',
  'words',
  'parameters',
  'metrics',
] as const;
type Section = (typeof sections)[number];

/** One fact of two models side by side. */
export interface Difference {
  readonly section: Section;
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
  const rows = differences.map((one) => [one.name, ...toldApart(one)]);
  const text = tableText([['', a, b], ...rows]);
  new Reporter(json).result(text, { a, b, differences });
}

/** The metrics of both, and of everything else what is not the same. */
export function diffCards(a: Partial<ModelCard>, b: Partial<ModelCard>): Difference[] {
  const [one, other] = [factsOf(a), factsOf(b)];
  return sections.flatMap((section) => {
    const names = new Set([...other[section].keys(), ...one[section].keys()]);
    const facts = [...names].map((name) => ({
      section,
      name,
      a: one[section].get(name) ?? null,
      b: other[section].get(name) ?? null,
    }));
    return facts.filter((fact) => section === 'metrics' || !isDeepStrictEqual(fact.a, fact.b));
  });
}

type Facts = Readonly<Record<Section, Map<string, unknown>>>;

function factsOf(card: Partial<ModelCard>): Facts {
  const facts = Object.fromEntries(sections.map((section) => [section, new Map()])) as Facts;
  const put = (section: Section, name: string, value: unknown): void => {
    if (value !== undefined) facts[section].set(name, value);
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
  // Before there was a choice, every model was a forest.
  if (parameters !== undefined) put('model', 'kind of model', card.choice?.kind ?? 'forest');
  choiceFacts(card.choice).forEach(([section, name, value]) => put(section, name, value));
  for (const [name, value] of Object.entries(parameters ?? {})) put('parameters', name, value);
  if (outOfBag !== undefined) {
    const left = card.choice === undefined ? 'NE out of bag' : 'NE out of fold';
    put('metrics', left, { value: outOfBag.normalised_entropy, interval: null });
  }
  if (judged !== undefined)
    metricsOf(judged).forEach(([name, value]) => put('metrics', name, value));
  return facts;
}

/** What a model was chosen from, and what it knows of words. */
function choiceFacts(choice: ModelChoice | undefined): [Section, name: string, value: unknown][] {
  if (choice === undefined) return [];
  const { compared, blend, folds, repeats, weights, half_life: halfLife, calibration } = choice;
  return [
    ...compared.map(({ kind, normalised_entropy: ne, behind, standard_error: error }) => {
      const told = `NE ${ne.toFixed(5)}, ${behind.toFixed(5)} ± ${error.toFixed(5)} behind`;
      return ['model', `compared: ${kind}`, told] as [Section, string, unknown];
    }),
    ['model', 'share of the forest', blend?.forest],
    ['model', 'folds', folds],
    ['model', 'times dealt to folds', repeats],
    ['model', 'rows count by', weights?.kind],
    ['model', 'ρ of rows', weights?.intra_row_correlation],
    ['model', 'half-life', halfLife],
    ['model', 'calibration', calibration],
    ...(choice.words ?? []).map(({ name, ...level }) => {
      return ['words', `words of ${name}`, level] as [Section, string, unknown];
    }),
  ];
}

function typeOf({ name: _, description: __, example: ___, ...type }: RecordFeature): unknown {
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

/** Longest text of a fact. */
const MOST = 60;
/** Characters that two long texts have in common before they begin to differ, as far as shown. */
const LEAD = 20;

/** Both values of a fact; where they would read the same, what follows from just before they differ. */
export function toldApart({ a, b }: Pick<Difference, 'a' | 'b'>): [a: string, b: string] {
  const short: [string, string] = [told(a), told(b)];
  if (short[0] !== short[1] || isDeepStrictEqual(a, b)) return short;
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  const from = Math.max(0, start - LEAD);
  const cut = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + MOST)}${text.length > from + MOST ? '…' : ''}`;
  return [cut(one), cut(other)];
}

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
