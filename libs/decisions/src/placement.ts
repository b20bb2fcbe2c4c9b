import { RecordContract, type CtrModel } from '@adscale/ctr';
import { DecisionError } from './errors.js';
import { refuse, type Fields } from './request.js';

/** Reads records of a model's schema into rows of numbers, and refuses what breaks its rules. */
export class PlacementReader {
  private readonly contract: RecordContract;

  constructor(readonly model: CtrModel) {
    this.contract = new RecordContract(model.schema, model.card?.training.ranges);
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
    if (this.contract.read(value, rows, i * this.width)) return;
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
    return field.numberOf(value);
  }

  /** A row as a record, as people write it. */
  recordOf(row: ArrayLike<number>): Record<string, number | string> {
    return this.contract.recordOf(row);
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
    if (place >= 0 && this.model.schema.features[place].kind !== 'categorical') return place;
    throw new DecisionError(
      'FEATURE_ABSENT',
      `it has no number called ${name}, ${reason}; its features are ${this.contract.names}`,
      name,
    );
  }
}
