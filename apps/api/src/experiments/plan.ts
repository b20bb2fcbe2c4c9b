import { type CtrModel, fieldProblem, shortened, shownValue } from '@adscale/ctr';
import { twoProportionSize } from '@adscale/decisions';
import { type ExperimentDesign, experimentSize } from '@adscale/monitor';
import { type FieldError, ProblemError } from '../problem/problem.js';

/** Most arms of an experiment. */
export const MOST_ARMS = 20;
const NAME = /^[\w.-]{1,64}$/;
const LONGEST_NAME = 200;
const LEAST_SHARE = 0.001;
const MOST_ERRORS = 20;

/** An arm, as it was registered. */
export interface Arm {
  readonly name: string;
  /** Of the impressions; together 1. */
  readonly share: number;
  /** Where it is shown, if somebody said. */
  readonly record?: object;
}

/** What the store keeps of an experiment. */
export interface Plan {
  /** The first is the control. */
  readonly arms: readonly Arm[];
  readonly significance: number;
  readonly power: number;
  readonly uplift: number;
  readonly dispersion: number;
  /** CTR of the control that sizes go by; null: nobody knows. */
  readonly baseline_ctr: number | null;
  readonly size: PlannedSize | null;
}

/** What finding the least uplift takes. */
export interface PlannedSize {
  /** Of all arms, when the experiment is looked at all the time. */
  readonly impressions: number;
  /** Of each of two arms, when it is looked at once, at its end: what `/compare` tells. */
  readonly impressions_per_arm_fixed: number;
}

/** A registered experiment, before its sizes. */
type Asked = Omit<Plan, 'size' | 'baseline_ctr'> & {
  readonly name: string;
  readonly baseline: number | undefined;
};

const FIELDS = ['name', 'arms', 'significance', 'power', 'uplift', 'dispersion', 'baseline_ctr'];
const ARM_FIELDS = ['name', 'share', 'record'];

/**
 * Reads what `POST /experiments` takes.
 * @param model predicts the control's CTR where its arm has a record; undefined while there is none
 * @throws ProblemError INVALID_EXPERIMENT with an entry for every wrong field, up to 20
 */
export function readPlan(body: unknown, model: CtrModel | undefined): { name: string; plan: Plan } {
  const reader = new Reader();
  const { name, baseline, ...asked } = readAsked(reader, body, model);
  reader.refuse();
  const baseline_ctr = baseline ?? predictedControl(asked.arms, model) ?? null;
  return { name, plan: { ...asked, baseline_ctr, size: sizeOf(asked, baseline_ctr) } };
}

/** What judges the experiment. */
export function designOf({ arms, significance, uplift, dispersion, size }: Plan): ExperimentDesign {
  return { arms, alpha: significance, uplift, dispersion, impressions: size?.impressions };
}

function readAsked(reader: Reader, body: unknown, model: CtrModel | undefined): Asked {
  const fields = reader.fields(body, '', FIELDS);
  // Of what is no object, nothing else can be said.
  if (typeof body !== 'object' || body === null || Array.isArray(body)) reader.refuse();
  const number = (name: string, otherwise: number, rule: string, fits: (n: number) => boolean) =>
    reader.number(fields[name] ?? otherwise, name, rule, fits);
  const isShare = (value: number): boolean => value >= 0.0001 && value <= 0.5;
  return {
    name: reader.text(fields.name, 'name'),
    arms: readArms(reader, fields.arms, model),
    significance: number('significance', 0.05, 'a number from 0.0001 to 0.5', isShare),
    power: number('power', 0.8, 'a number from 0.5 to 0.999', (n) => n >= 0.5 && n <= 0.999),
    uplift: number('uplift', 0.1, 'a number from 0.001 to 10', (n) => n >= 0.001 && n <= 10),
    dispersion: number('dispersion', 1, 'a number from 1 to 1,000', (n) => n >= 1 && n <= 1000),
    baseline:
      fields.baseline_ctr === undefined
        ? undefined
        : number('baseline_ctr', NaN, 'a number above 0 and below 1', (n) => n > 0 && n < 1),
  };
}

function readArms(reader: Reader, value: unknown, model: CtrModel | undefined): Arm[] {
  const rule = `a list of 2 to ${MOST_ARMS} arms`;
  if (!Array.isArray(value) || value.length < 2 || value.length > MOST_ARMS) {
    reader.wrong('arms', value, rule);
    return [];
  }
  const names = new Set<string>();
  const read = value.map((entry: unknown, i) => {
    const path = `arms[${i}]`;
    const fields = reader.fields(entry, path, ARM_FIELDS);
    const name = reader.armName(fields.name, `${path}.name`, names);
    const isShare = (n: number): boolean => n >= LEAST_SHARE && n < 1;
    const share =
      fields.share === undefined
        ? undefined
        : reader.number(fields.share, `${path}.share`, 'a number from 0.001 to below 1', isShare);
    const record = reader.record(fields.record, `${path}.record`, model);
    return { name, share, ...(record && { record }) };
  });
  return read.map((arm) => ({ ...arm, share: shareOf(reader, read, arm.share) }));
}

/** Shares that nobody said are equal parts of what the others leave. */
function shareOf(
  reader: Reader,
  arms: readonly { readonly share: number | undefined }[],
  share: number | undefined,
): number {
  const said = arms.flatMap((arm) => (arm.share === undefined ? [] : [arm.share]));
  const left = 1 - said.reduce((sum, one) => sum + one, 0);
  const silent = arms.length - said.length;
  const isWhole = silent === 0 ? Math.abs(left) < 1e-6 : left >= LEAST_SHARE * silent;
  if (!isWhole) reader.once('arms', 'shares of the arms that are 1 together');
  return share ?? left / silent;
}

function predictedControl(arms: readonly Arm[], model: CtrModel | undefined): number | undefined {
  const [{ record }] = arms;
  return record && model ? model.predict(record as never) : undefined;
}

function sizeOf(
  asked: Omit<Plan, 'size' | 'baseline_ctr'>,
  ctr: number | null,
): PlannedSize | null {
  const { arms, significance, power, uplift, dispersion } = asked;
  if (ctr === null || ctr * (1 + uplift) >= 1) return null;
  const others = arms.slice(1);
  const share = Math.min(...others.map((arm) => arm.share));
  const impressions = experimentSize({
    ...{ ctr, uplift, power, dispersion, shares: [arms[0].share, share] },
    ...{ alpha: significance / others.length, scale: Math.log1p(uplift) },
  });
  const fixed = twoProportionSize(ctr, ctr * (1 + uplift), significance / others.length, power);
  const perArm = Math.ceil((fixed?.impressions_per_arm ?? NaN) * dispersion);
  return Number.isFinite(impressions) ? { impressions, impressions_per_arm_fixed: perArm } : null;
}

/** What is wrong with a field that there is not. @param path of what has it; '' for the body */
export function unknownField(
  path: string,
  name: string,
  value: unknown,
  known: readonly string[],
): FieldError {
  const field = `${path}${path && '.'}${shortened(name)}`;
  const rule = `no field but ${known.join(', ')}`;
  const told = JSON.stringify(shownValue(value));
  const message = `${field} is ${told}, and is not a field of this; there is ${rule}`;
  return { field, value: shownValue(value), rule, message };
}

/** Collects what is wrong, so that all of it is told at once. */
class Reader {
  private readonly errors: FieldError[] = [];

  wrong(field: string, value: unknown, rule: string): void {
    const count = Array.isArray(value) ? `an array of ${value.length}` : undefined;
    const problem = fieldProblem(field, value, rule);
    const message = `${field} is ${count}; it must be ${rule}`;
    this.errors.push(count === undefined ? problem : { ...problem, value: `(${count})`, message });
  }

  /** Says something of a field that is said of many values. */
  once(field: string, rule: string): void {
    if (this.errors.some((error) => error.field === field)) return;
    this.errors.push({ field, rule, message: `${field} must have ${rule}` });
  }

  /** @throws ProblemError INVALID_EXPERIMENT if anything was wrong */
  refuse(): void {
    if (this.errors.length === 0) return;
    throw new ProblemError('INVALID_EXPERIMENT', { errors: this.errors.slice(0, MOST_ERRORS) });
  }

  fields(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.wrong(path || '(body)', value, `an object of ${known.join(', ')}`);
      return {};
    }
    for (const [name, given] of Object.entries(value)) {
      if (known.includes(name) || given === undefined) continue;
      this.errors.push(unknownField(path, name, given, known));
    }
    return value as Record<string, unknown>;
  }

  number(value: unknown, field: string, rule: string, fits: (value: number) => boolean): number {
    if (typeof value === 'number' && fits(value)) return value;
    this.wrong(field, value, rule);
    return NaN;
  }

  text(value: unknown, field: string): string {
    if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) return value;
    this.wrong(field, value, `a text of 1 to ${LONGEST_NAME} characters`);
    return '';
  }

  armName(value: unknown, field: string, others: Set<string>): string {
    const fits = typeof value === 'string' && NAME.test(value) && !others.has(value);
    if (!fits) this.wrong(field, value, 'up to 64 letters, digits and . _ -, another for each arm');
    else others.add(value);
    return String(value);
  }

  /** A record is checked as far as there is a model to check it. */
  record(value: unknown, field: string, model: CtrModel | undefined): object | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.wrong(field, value, 'a record, as POST /predict_ctr takes it');
      return undefined;
    }
    for (const problem of model?.contract.problems(value, MOST_ERRORS) ?? []) {
      this.errors.push({ ...problem, field: `${field}.${problem.field}` });
    }
    return value;
  }
}
