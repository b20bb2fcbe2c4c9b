import type { CtrModel, RecordContract } from '@adscale/ctr';
import { DecisionError } from './errors.js';
import { refuse, type Fields } from './request.js';

/** What a decision may be given beside its request. */
export interface DecisionOptions {
  /** Called with every placement that is judged, as a row in the model's order, to be read at once. */
  readonly onRow?: ((row: ArrayLike<number>) => void) | undefined;
  /**
   * Called between the steps of what takes long; what it throws ends the decision. Only HiGHS goes on
   * longer than a tenth of a second without it.
   */
  readonly onStep?: (() => void) | undefined;
}

/** Reads records of a model's schema into rows of numbers, and refuses what breaks its rules. */
export class PlacementReader {
  private readonly contract: RecordContract;
  private readonly held = new Map<string, { value: number | string; records: number }>();

  constructor(
    readonly model: CtrModel,
    private readonly options: DecisionOptions = {},
  ) {
    this.contract = model.contract;
  }

  get width(): number {
    return this.contract.width;
  }

  /**
   * Writes a record into `rows` as row `i`.
   * @param name of the field that holds the record
   * @throws DecisionError REQUEST_INVALID naming the field, the value got and the value wanted
   */
  readInto(rows: Float64Array, i: number, value: unknown, name: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse(name, value, `an object of ${this.contract.names}`);
    }
    this.options.onStep?.();
    if (this.contract.read(value, rows, i * this.width)) {
      this.noteHeld(value);
      this.options.onRow?.(rows.subarray(i * this.width, (i + 1) * this.width));
      return;
    }
    const [{ field, value: shortened, rule }] = this.contract.problems(value, 1);
    const got = Object.hasOwn(value, field) ? (value as Fields)[field] : shortened;
    refuse(`${name}.${field}`, got, rule);
  }

  read(value: unknown, name: string): Float64Array {
    const row = new Float64Array(this.width);
    this.readInto(row, 0, value, name);
    return row;
  }

  /** A number for one feature, checked as in a record; NaN for null where it may be absent. */
  readValue(f: number, value: unknown, name: string): number {
    const field = this.contract.fields[f];
    if (!field.accepts(value)) refuse(name, value, field.words);
    return this.contract.numberIn(f, value);
  }

  /** Sentences on what records lacked that was held at a value. */
  get heldAssumptions(): string[] {
    return [...this.held].map(([name, { value, records }]) => {
      const whose = records === 1 ? 'one record' : `${records} records`;
      return (
        `${name} is held at ${value} in ${whose} that did not say it: the model learned what it ` +
        'does to the CTR, and compares without it.'
      );
    });
  }

  private noteHeld(record: object): void {
    for (const [name, value] of Object.entries(this.contract.heldIn(record))) {
      const records = (this.held.get(name)?.records ?? 0) + 1;
      this.held.set(name, { value, records });
    }
  }

  /**
   * A row as a record, as people write it.
   * @param given the record that it was read from: it alone has the words that the model does not know
   */
  recordOf(row: ArrayLike<number>, given: Fields = {}): Record<string, number | string> {
    const known = this.contract.recordOf(row);
    const record: Record<string, number | string> = {};
    for (const { name, feature } of this.contract.fields) {
      const value = known[name] ?? (feature.kind === 'word' ? given[name] : undefined);
      if (typeof value === 'string' || typeof value === 'number') record[name] = value;
    }
    return record;
  }

  /** The feature's place in a row, or −1. */
  placeOf(name: string): number {
    return this.model.schema.features.findIndex((feature) => feature.name === name);
  }

  /**
   * The place of a number that a decision needs; a model may lack it.
   * @throws DecisionError FEATURE_ABSENT
   */
  require(name: 'impressions' | 'budget', reason: string): number {
    const place = this.placeOf(name);
    const { kind } = this.model.schema.features[place] ?? {};
    if (kind === 'numeric' || kind === 'integer') return place;
    throw new DecisionError(
      'FEATURE_ABSENT',
      `it has no number called ${name}, ${reason}; its features are ${this.contract.names}`,
      name,
    );
  }
}
