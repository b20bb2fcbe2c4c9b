/*
 * What an outcome must be. Valid ones, nearly all, are read in one pass; only of the others everything
 * that is wrong is found.
 *
 *   {prediction_id, …} ─▶ model, day, record and CTR out of the id ─┐
 *   {record, period, …} ─▶ the record's row ─▶ CTR of the model ─────┴─▶ told outcome
 */
import { hash } from 'node:crypto';
import {
  type FieldProblem,
  LONGEST_WORD,
  fieldProblem,
  roundCtr,
  shortened,
  shownValue,
} from '@adscale/ctr';
import { type Period, PERIOD_RULE, AHEAD_MS, readInstant, readPeriod } from './period.js';
import { dayOf, daysBefore } from './days.js';
import { HEAD_BYTES } from '../ids/id-bytes.js';
import type { IdModel, ModelBook, RecordModel } from './model-book.js';
import type { ToldOutcome } from './packed.js';
import type { PredictionIds, ReadId } from '../ids/prediction-ids.js';

/** A model that must be found before the outcome can be read. */
export interface Missing {
  readonly by: 'digest' | 'version';
  readonly name: string;
}

/** Models that were looked for; undefined where there is none. */
export interface Found {
  readonly digest: Map<string, IdModel | undefined>;
  readonly version: Map<string, RecordModel | undefined>;
}

/** In place of an outcome that could not even be read as JSON. */
export class Unreadable {
  constructor(readonly problem: FieldProblem) {}
}

/** What became of reading an outcome. */
export type Reading =
  | { readonly kind: 'told'; readonly outcome: ToldOutcome }
  | { readonly kind: 'wrong'; readonly errors: readonly FieldProblem[] }
  | { readonly kind: 'missing'; readonly model: Missing };

type Given = Readonly<Record<string, unknown>>;

const SHARED = ['impressions', 'clicks', 'until', 'spend', 'campaign', 'placement', 'arm'];
const PREDICTION_FIELDS = new Set(['prediction_id', ...SHARED]);
const RECORD_FIELDS = new Set(['record', 'period', 'key', 'model_version', ...SHARED]);

/** Above it, sums of a few would not be exact. */
const MOST_COUNT = 1e12;
/** Most problems that are told of one outcome. */
const MOST_ERRORS = 20;

const ITEM_RULE =
  'an object with prediction_id, impressions and clicks, or with record, period, impressions and clicks';
const COUNT_RULE = `a whole number from 0 to ${MOST_COUNT.toLocaleString('en')}`;
const CLICKS_RULE = 'a whole number from 0 to the impressions';
const SPEND_RULE = 'a number from 0 on, or absent';
const TEXT_RULE = `a text of 1 to ${LONGEST_WORD} characters, none of them a control character, or absent`;
const ID_RULE = 'an id that this service gave with a prediction';

/** Reads outcomes as clients send them. */
export class OutcomeReader {
  /** Days before this one are too old. */
  private oldest = '';
  private at = 0;
  private readonly periods = new Map<string, Period | undefined>();

  /** @param keptDays how old a day may be */
  constructor(
    private readonly ids: PredictionIds,
    private readonly book: ModelBook,
    private readonly keptDays: number,
  ) {}

  /** To be called before outcomes are read that came at this moment. */
  moment(now: number): void {
    this.at = now;
    this.oldest = daysBefore(dayOf(now), this.keptDays);
    this.periods.clear();
  }

  read(item: unknown, found: Found = NONE): Reading {
    if (item instanceof Unreadable) return wrong([item.problem]);
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      return wrong([fieldProblem('(outcome)', item, ITEM_RULE)]);
    }
    const given = item as Given;
    const errors = problemsOf(given, this.at);
    const isPrediction = given.prediction_id !== undefined;
    const read = isPrediction
      ? this.readPrediction(given, errors, found)
      : this.readRecord(given, errors, found);
    if (errors.length > 0) return wrong(errors);
    return read;
  }

  private readPrediction(given: Given, errors: FieldProblem[], found: Found): Reading {
    const { prediction_id: text } = given;
    const id = typeof text === 'string' ? this.ids.read(text) : undefined;
    const refuse = (rule: string): Reading => {
      errors.push(fieldProblem('prediction_id', text, rule));
      return wrong(errors);
    };
    if (id === undefined) return refuse(ID_RULE);
    const model = found.digest.get(id.digest) ?? this.book.byDigest(id.digest);
    if (model === undefined) {
      if (!found.digest.has(id.digest)) return missing('digest', id.digest);
      return refuse(`${ID_RULE}, of a model that it still knows`);
    }
    const day = dayOf(id.at);
    if (day < this.oldest) return refuse(`${ID_RULE} on ${this.oldest} or later`);
    const told = toldOfId(id, model, day);
    if (told === undefined) return refuse(ID_RULE);
    this.checkUntil(given, id.at, errors);
    return { kind: 'told', outcome: { ...told, ...figuresOf(given, this.at) } };
  }

  private readRecord(given: Given, errors: FieldProblem[], found: Found): Reading {
    const { record, period: text, model_version: version } = given;
    const period = this.periodOf(text);
    if (period === undefined) errors.push(fieldProblem('period', text, PERIOD_RULE));
    else if (period.day < this.oldest) {
      errors.push(fieldProblem('period', text, `${PERIOD_RULE}, ${this.oldest} or later`));
    } else this.checkUntil(given, period.start, errors);
    const named = version === undefined || version === null ? undefined : String(version);
    const known =
      named === undefined
        ? this.book.current()
        : (found.version.get(named) ?? this.book.byVersion(named));
    if (known === undefined) {
      if (named !== undefined && !found.version.has(named)) return missing('version', named);
      const rule =
        named === undefined ? 'given while no model is current' : 'a version of the registry';
      errors.push(fieldProblem('model_version', version ?? undefined, rule));
      return wrong(errors);
    }
    const told = toldOfRecord(record, known, errors);
    if (period === undefined || told === undefined) return wrong(errors);
    const { day } = period;
    const key = keyOf(given, known, period);
    return { kind: 'told', outcome: { ...told, key, day, ...figuresOf(given, this.at) } };
  }

  private checkUntil(given: Given, start: number, errors: FieldProblem[]): void {
    const until = readInstant(given.until);
    if (until === undefined || until >= start) return;
    errors.push(
      fieldProblem('until', given.until, 'a moment after the beginning of the impressions'),
    );
  }

  /** Of many outcomes most have the same few periods. */
  private periodOf(text: unknown): Period | undefined {
    if (typeof text !== 'string') return undefined;
    const known = this.periods.get(text);
    if (known !== undefined) return known;
    const period = readPeriod(text, this.at);
    if (this.periods.size < 1000) this.periods.set(text, period);
    return period;
  }
}

const NONE: Found = { digest: new Map(), version: new Map() };

function wrong(errors: readonly FieldProblem[]): Reading {
  return { kind: 'wrong', errors: errors.slice(0, MOST_ERRORS) };
}

function missing(by: Missing['by'], name: string): Reading {
  return { kind: 'missing', model: { by, name } };
}

/** What is wrong with the fields that both forms have, and with unknown ones. */
function problemsOf(given: Given, now: number): FieldProblem[] {
  const errors: FieldProblem[] = [];
  const { impressions, clicks, until, spend } = given;
  const check = (name: string, isRight: boolean, rule: string) => {
    if (!isRight) errors.push(fieldProblem(name, given[name] ?? undefined, rule));
  };
  check('impressions', isCount(impressions, MOST_COUNT), COUNT_RULE);
  const most = isCount(impressions, MOST_COUNT) ? impressions : MOST_COUNT;
  check('clicks', isCount(clicks, most), CLICKS_RULE);
  check('spend', isAbsent(spend) || isAmount(spend), SPEND_RULE);
  check(
    'until',
    isAbsent(until) || isPast(until, now),
    'an instant such as 2026-03-02T10:00:00Z, not in the future, or absent',
  );
  for (const name of ['campaign', 'placement', 'arm']) {
    check(name, isAbsent(given[name]) || isText(given[name]), TEXT_RULE);
  }
  const fields = given.prediction_id === undefined ? RECORD_FIELDS : PREDICTION_FIELDS;
  if (fields === RECORD_FIELDS) {
    check('key', isAbsent(given.key) || isText(given.key), TEXT_RULE);
    check('model_version', isAbsent(given.model_version) || isText(given.model_version), TEXT_RULE);
  }
  for (const name in given)
    if (!fields.has(name)) errors.push(unknownField(name, given[name], fields));
  return errors;
}

function unknownField(name: string, value: unknown, fields: ReadonlySet<string>): FieldProblem {
  const field = shortened(name);
  const rule = `no field but ${[...fields].join(', ')}`;
  const message = `${field} is not a field of an outcome of this form; there is ${rule}`;
  return { field, value: shownValue(value), rule, message };
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MOST_COUNT;
}

function isText(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_WORD) return false;
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 32) return false;
  return true;
}

function isPast(value: unknown, now: number): boolean {
  const at = readInstant(value);
  return at !== undefined && at <= now + AHEAD_MS;
}

type Figures = Pick<
  ToldOutcome,
  'impressions' | 'clicks' | 'spend' | 'until' | 'campaign' | 'placement' | 'arm' | 'content'
>;

/** The figures of an outcome in which nothing is wrong. */
function figuresOf(given: Given, now: number): Figures {
  const { impressions, clicks } = given as { impressions: number; clicks: number };
  const spend = (given.spend as number | null | undefined) ?? null;
  const until = readInstant(given.until);
  const texts = { campaign: '', placement: '', arm: '' };
  for (const name of ['campaign', 'placement', 'arm'] as const) {
    texts[name] = (given[name] as string | null | undefined) ?? '';
  }
  const told = [impressions, clicks, spend, until, texts.campaign, texts.placement, texts.arm];
  const content = hash('sha256', JSON.stringify(told), 'base64url').slice(0, 11);
  return { impressions, clicks, spend, until: until ?? now, ...texts, content };
}

type Predicted = Omit<ToldOutcome, keyof Figures>;

function toldOfId(id: ReadId, model: IdModel, day: string): Predicted | undefined {
  const known: boolean[] = [];
  const row = model.bytes.read(id.bytes, HEAD_BYTES, known);
  if (row === undefined) return undefined;
  const { features } = model.schema;
  const unknown = features.filter(({ kind }, f) => kind === 'word' && !known[f]);
  return {
    key: `p${id.name}`,
    kind: 'prediction',
    segment: model.form.segmentOf(row),
    day,
    model: model.version,
    cell: model.form.textOf(row, model.textOf),
    unseen: unseenOf(unknown.map(({ name }) => name)),
    ctr: id.ctr,
  };
}

let scratch = new Float64Array(0);

/** What a model predicts for a record; adds what is wrong with it. */
function toldOfRecord(
  record: unknown,
  { model, form }: RecordModel,
  errors: FieldProblem[],
): Omit<Predicted, 'key' | 'day'> | undefined {
  const { contract, words, schema } = model;
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    errors.push(fieldProblem('record', record, `an object with the fields ${contract.names}`));
    return undefined;
  }
  if (scratch.length !== contract.width) scratch = new Float64Array(contract.width);
  const row = scratch;
  if (!contract.read(record, row)) {
    for (const problem of contract.problems(record, MOST_ERRORS)) {
      const message = `record.${problem.message}`;
      errors.push({ ...problem, field: `record.${problem.field}`, message });
    }
    return undefined;
  }
  const textOf = (f: number, word: number) => words!.wordOf(f, word);
  const unknown = model.unknownWords(row).map((f) => schema.features[f].name);
  return {
    kind: 'record',
    segment: form.segmentOf(row),
    model: model.version,
    cell: form.textOf(row, textOf, record as Given),
    unseen: unseenOf(unknown),
    ctr: roundCtr(model.predictRow(row)),
  };
}

/** Names may hold commas, and anything else. */
function unseenOf(names: readonly string[]): string {
  return names.map((name) => encodeURIComponent(name)).join(',');
}

/** What an outcome is known again by: what its client calls it, or all that it is told of. */
function keyOf(given: Given, { form }: RecordModel, { start, end }: Period): string {
  const { record, key, campaign, placement, arm } = given;
  const identity = isAbsent(key)
    ? [form.identityOf(record as Given), campaign ?? '', placement ?? '', arm ?? '']
    : [key];
  const text = JSON.stringify([start, end, ...identity]);
  return `r${hash('sha256', text, 'base64url').slice(0, 22)}`;
}
