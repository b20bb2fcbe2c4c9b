/*
 * How an outcome is read. Valid ones, nearly all, are read in one pass; only of the others everything
 * that is wrong is found.
 *
 *   {prediction_id, …} ─▶ model, day, record and CTR out of the id ─┐
 *   {record, period, …} ─▶ the record's row ─▶ CTR of the model ─────┴─▶ told outcome
 */
import { type FieldProblem, fieldProblem } from '@adscale/ctr';
import type { PredictionIds } from '../ids/prediction-ids.js';
import { type Given, checkFields, isAbsent } from './checks.js';
import { dayOf, daysBefore } from './days.js';
import type { IdModel, ModelBook, RecordModel } from './model-book.js';
import type { ToldOutcome } from './packed.js';
import { PERIOD_RULE, type Period, readInstant, readPeriod } from './period.js';
import { toldOfId, toldOfRecord } from './told.js';

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

const NONE: Found = { digest: new Map(), version: new Map() };

/** In place of an outcome that could not even be read as JSON. */
export class Unreadable {
  constructor(readonly problem: FieldProblem) {}
}

/** What became of reading an outcome. */
export type Reading =
  | { readonly kind: 'told'; readonly outcome: ToldOutcome }
  | { readonly kind: 'wrong'; readonly errors: readonly FieldProblem[] }
  | { readonly kind: 'missing'; readonly model: Missing };

/** Most problems that are told of one outcome. */
const MOST_ERRORS = 20;
/** Texts of periods that are remembered while a slice of a body is read: most outcomes have the same few. */
const MOST_PERIODS = 1000;

const ITEM_RULE =
  'an object with prediction_id, impressions and clicks, or with record, period, impressions and clicks';
const ID_RULE = 'an id that this service gave with a prediction';
const UNTIL_RULE = 'a moment after the beginning of the impressions';

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

  /** @param found models that were looked for because they were not at hand */
  read(item: unknown, found: Found = NONE): Reading {
    if (item instanceof Unreadable) return wrong([item.problem]);
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      return wrong([fieldProblem('(outcome)', item, ITEM_RULE)]);
    }
    const given = item as Given;
    const errors: FieldProblem[] = [];
    checkFields(given, this.at, errors);
    return given.prediction_id === undefined
      ? this.readRecord(given, errors, found)
      : this.readPrediction(given, errors, found);
  }

  private readPrediction(given: Given, errors: FieldProblem[], found: Found): Reading {
    const { prediction_id: text } = given;
    const id = typeof text === 'string' ? this.ids.read(text) : undefined;
    if (id === undefined) return refused(errors, 'prediction_id', text, ID_RULE);
    const model = found.digest.get(id.digest) ?? this.book.byDigest(id.digest);
    if (model === undefined) {
      if (!found.digest.has(id.digest)) return missing('digest', id.digest);
      return refused(errors, 'prediction_id', text, `${ID_RULE}, of a model that it still knows`);
    }
    const day = dayOf(id.at);
    if (day < this.oldest) {
      return refused(errors, 'prediction_id', text, `${ID_RULE} on ${this.oldest} or later`);
    }
    this.checkUntil(given, id.at, errors);
    if (errors.length > 0) return wrong(errors);
    const outcome = toldOfId(given, this.at, id, model, day);
    if (outcome === undefined) return refused(errors, 'prediction_id', text, ID_RULE);
    return { kind: 'told', outcome };
  }

  private readRecord(given: Given, errors: FieldProblem[], found: Found): Reading {
    const { period: text, model_version: version } = given;
    const period = this.periodOf(text);
    if (period === undefined) refused(errors, 'period', text, PERIOD_RULE);
    else if (period.day < this.oldest) {
      refused(errors, 'period', text, `${PERIOD_RULE}, ${this.oldest} or later`);
    } else this.checkUntil(given, period.start, errors);
    const named = isAbsent(version) ? undefined : String(version);
    const model =
      named === undefined
        ? this.book.current()
        : (found.version.get(named) ?? this.book.byVersion(named));
    if (model === undefined) {
      if (named === undefined) {
        return refused(errors, 'model_version', undefined, 'given while no model is current');
      }
      if (!found.version.has(named)) return missing('version', named);
      return refused(errors, 'model_version', version, 'a version of the registry');
    }
    // Without a period everything else is still looked at.
    const outcome = toldOfRecord(given, this.at, model, period ?? NO_PERIOD, errors);
    return outcome === undefined || errors.length > 0 ? wrong(errors) : { kind: 'told', outcome };
  }

  private checkUntil(given: Given, start: number, errors: FieldProblem[]): void {
    if (isAbsent(given.until)) return;
    const until = readInstant(given.until);
    if (until !== undefined && until < start) refused(errors, 'until', given.until, UNTIL_RULE);
  }

  private periodOf(text: unknown): Period | undefined {
    if (typeof text !== 'string') return undefined;
    const known = this.periods.get(text);
    if (known !== undefined) return known;
    const period = readPeriod(text, this.at);
    if (this.periods.size < MOST_PERIODS) this.periods.set(text, period);
    return period;
  }
}

const NO_PERIOD: Period = { start: 0, end: 0, day: '' };

function wrong(errors: readonly FieldProblem[]): Reading {
  return { kind: 'wrong', errors: errors.slice(0, MOST_ERRORS) };
}

/** Adds a problem, and gives all of them. */
function refused(errors: FieldProblem[], field: string, value: unknown, rule: string): Reading {
  errors.push(fieldProblem(field, value ?? undefined, rule));
  return wrong(errors);
}

function missing(by: Missing['by'], name: string): Reading {
  return { kind: 'missing', model: { by, name } };
}
