/*
 * A request from a file: JSON as the service takes it, or a CSV whose rows are the entries of the
 * request's list. A column named like a feature goes into the row's record, `cpc` and `cpm` are
 * its cost, any other is a field of the entry. An empty value is no field, but of a feature of words an
 * empty word.
 */
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { shown, type CtrModel } from '@adscale/ctr';
import { allocate, compare, curve, forecast, opportunities, rank } from '@adscale/decisions';
import { parse } from 'csv-parse/sync';
import { InputError } from '../cli/exit.js';

type Schema = CtrModel['schema'];

/** A decision and what a file of rows is to it. */
export interface Decision {
  readonly decide: (model: CtrModel, request: unknown) => object | Promise<object>;
  /** The request's list that rows of a CSV become; absent where a request is no list. */
  readonly list?: string;
}

export const decisions = {
  rank: { decide: rank, list: 'candidates' },
  forecast: { decide: forecast, list: 'schedule' },
  compare: { decide: compare },
  allocate: { decide: allocate, list: 'cells' },
  opportunities: { decide: opportunities, list: 'placements' },
  curve: { decide: curve },
} as const satisfies Record<string, Decision>;

export type DecisionName = keyof typeof decisions;
export const decisionNames = Object.keys(decisions) as DecisionName[];

/** Fields that are counts or shares; money may stay a text, whose decimals are exact. */
const NUMBERS = ['conversion_rate', 'max_impressions'];
const COSTS = ['cpc', 'cpm'];

/**
 * Reads the request of a decision.
 * @param file a path, or - for JSON on standard input
 * @param options.settings `name=value` pairs: further fields of the request
 * @param options.signal stops waiting for standard input
 * @throws InputError if there is no such request
 */
export async function readRequest(
  { list }: Decision,
  schema: Schema,
  file: string,
  { settings, signal }: { settings: readonly string[]; signal: AbortSignal },
): Promise<object> {
  const text = await readText(file, signal);
  const isCsv = file.toLowerCase().endsWith('.csv');
  if (isCsv && list === undefined) {
    throw new InputError(`${file} is a list of rows, and this decision takes none: wanted JSON`);
  }
  const request = isCsv ? { [list!]: readRows(schema, file, text) } : readJson(file, text);
  return { ...request, ...Object.fromEntries(settings.map(readSetting)) };
}

async function readText(file: string, signal: AbortSignal): Promise<string> {
  try {
    if (file === '-') return await textOf(addAbortSignal(signal, process.stdin));
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (cause) {
    throw new InputError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function readJson(file: string, text: string): object {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof request === 'object' && request !== null && !Array.isArray(request)) return request;
  throw new InputError(`${file} holds no JSON object: wanted one as POST /<decision> takes it`);
}

function readRows(schema: Schema, file: string, text: string): object[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw new InputError(`${file} is not CSV: ${(cause as Error).message}`, { cause });
  }
  const features = new Map(schema.features.map((feature) => [feature.name, feature]));
  return rows.map((row) => entryOf(row, features));
}

type Feature = Schema['features'][number];

function entryOf(row: Record<string, string>, features: ReadonlyMap<string, Feature>): object {
  const record: Record<string, unknown> = {};
  const cost: Record<string, string> = {};
  const entry: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(row)) {
    const feature = features.get(name);
    // An empty word is a word that nobody knows, as it is in training.
    if (feature?.kind === 'word' && feature.whole !== true) record[name] = text;
    else if (text === '') continue;
    else if (feature !== undefined) {
      record[name] = feature.kind === 'categorical' ? text : numberOr(text);
    } else if (COSTS.includes(name)) cost[name] = text;
    else entry[name] = NUMBERS.includes(name) ? numberOr(text) : text;
  }
  return { ...entry, record, ...(Object.keys(cost).length > 0 && { cost }) };
}

/** What is no number stays the text it is, for the decision to refuse by name. */
function numberOr(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** A value is JSON where it can be read as JSON, and a text where not. */
function readSetting(setting: string): [name: string, value: unknown] {
  const at = setting.indexOf('=');
  if (at < 1) throw new InputError(`--set: got ${shown(setting)}, wanted name=value`);
  const text = setting.slice(at + 1);
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // A word, such as a currency.
  }
  return [setting.slice(0, at), value];
}
