/* Outcomes as they are told to the store, out of what came and what a model says of it. */
import { hash } from 'node:crypto';
import { type FieldProblem, fieldProblem, roundCtr } from '@adscale/ctr';
import { HEAD_BYTES } from '../ids/id-bytes.js';
import type { ReadId } from '../ids/prediction-ids.js';
import { type Given, isAbsent } from './checks.js';
import { contentOf } from './content.js';
import type { IdModel, RecordModel } from './model-book.js';
import type { ToldOutcome } from './packed.js';
import { type Period, readInstant } from './period.js';

/** Most problems of a record that are told. */
const MOST_ERRORS = 20;

/** What is judged: a prediction for a record. */
type Predicted = Pick<
  ToldOutcome,
  'key' | 'kind' | 'day' | 'segment' | 'model' | 'cell' | 'unseen' | 'ctr'
>;

/** The outcome of a prediction that was answered; undefined if the id's record is none of the model. */
export function toldOfId(
  given: Given,
  now: number,
  id: ReadId,
  { version, schema, form, bytes, textOf }: IdModel,
  day: string,
): ToldOutcome | undefined {
  const known: boolean[] = [];
  const row = bytes.read(id.bytes, HEAD_BYTES, known);
  if (row === undefined) return undefined;
  const unknown: string[] = [];
  schema.features.forEach(({ kind, name }, f) => {
    if (kind === 'word' && !known[f]) unknown.push(name);
  });
  const cell = form.textOf(row, textOf);
  const [key, segment, unseen] = [`p${id.name}`, form.segmentOf(row), unseenOf(unknown)];
  const { ctr } = id;
  const kind = 'prediction';
  return told(given, now, { key, kind, day, segment, model: version, cell, unseen, ctr });
}

let scratch = new Float64Array(0);

/**
 * The outcome of a record, by what the model predicts for it.
 * @param errors gets what is wrong with the record; then undefined is returned
 */
export function toldOfRecord(
  given: Given,
  now: number,
  { model, form }: RecordModel,
  period: Period,
  errors: FieldProblem[],
): ToldOutcome | undefined {
  const { contract, words, schema } = model;
  const { record } = given;
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
  const unknown = words === undefined ? [] : model.unknownWords(row);
  const cell = form.textOf(row, textOf, record as Given);
  const [segment, unseen] = [
    form.segmentOf(row),
    unseenOf(unknown.map((f) => schema.features[f].name)),
  ];
  const key = keyOf(given, form.identityOf(record as Given), period);
  const [{ day }, ctr] = [period, roundCtr(model.predictRow(row))];
  const [kind, { version }] = ['record' as const, model];
  return told(given, now, { key, kind, day, segment, model: version, cell, unseen, ctr });
}

/** Names may hold commas, and anything else. */
function unseenOf(names: readonly string[]): string {
  return names.map((name) => encodeURIComponent(name)).join(',');
}

/** What an outcome is known again by: what its client calls it, or all that it is told of. */
function keyOf(given: Given, record: string, { start, end }: Period): string {
  const { key, campaign, placement, arm } = given;
  const identity = isAbsent(key)
    ? [start, end, record, campaign ?? '', placement ?? '', arm ?? '']
    : [start, end, key];
  return `r${hash('sha256', JSON.stringify(identity), 'base64url').slice(0, 22)}`;
}

/**
 * Adds the figures of an outcome in which nothing is wrong. Written out: an object that is spread from
 * others takes five times as long to make and to read.
 */
function told(given: Given, now: number, predicted: Predicted): ToldOutcome {
  const { impressions, clicks } = given as { impressions: number; clicks: number };
  const spend = (given.spend as number | null | undefined) ?? null;
  const until = readInstant(given.until);
  const campaign = (given.campaign as string | null | undefined) ?? '';
  const placement = (given.placement as string | null | undefined) ?? '';
  const arm = (given.arm as string | null | undefined) ?? '';
  return {
    key: predicted.key,
    kind: predicted.kind,
    segment: predicted.segment,
    day: predicted.day,
    model: predicted.model,
    cell: predicted.cell,
    unseen: predicted.unseen,
    campaign,
    placement,
    arm,
    impressions,
    clicks,
    ctr: predicted.ctr,
    spend,
    until: until ?? now,
    content: contentOf({ impressions, clicks, spend, until, campaign, placement, arm }),
  };
}
