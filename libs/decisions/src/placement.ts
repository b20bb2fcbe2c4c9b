import type { CtrModel } from '@adscale/ctr';
import { DecisionError } from './errors.js';
import { refuse, type Fields } from './request.js';

type Feature = CtrModel['schema']['features'][number];

/** The features that decisions know by name. A model may have others, and may lack these. */
export type KnownFeature = 'impressions' | 'budget' | 'ad_position';

/** How a value of one feature is read; what a feature's kind lacks does not bind. */
interface Reading {
  readonly name: string;
  readonly places: ReadonlyMap<unknown, number> | null;
  readonly whole: boolean;
  readonly minimum: number;
  readonly maximum: number;
  /** The value must be above this. */
  readonly above: number;
  /** May be absent: it was missing in training too. */
  readonly optional: boolean;
}

/**
 * Reads records of a model's schema into rows of numbers. All features must be there, but for
 * those that were missing in training too; nothing is converted.
 */
export class PlacementReader {
  readonly width: number;
  private readonly readings: readonly Reading[];

  constructor(readonly model: CtrModel) {
    const { features } = model.schema;
    this.width = features.length;
    const ranges = model.card?.training.ranges;
    this.readings = features.map((feature) =>
      readingOf(feature, (ranges?.[feature.name]?.missing ?? 0) > 0),
    );
  }

  /**
   * Writes a record into `rows` as row `i`.
   * @param name of the field that holds the record
   * @throws DecisionError REQUEST_INVALID naming the field, the value got and the value wanted
   */
  readInto(rows: Float64Array, i: number, value: unknown, name: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse(name, value, `an object of ${this.names()}`);
    }
    const record = value as Fields;
    const { readings } = this;
    let expected = 0;
    for (let f = 0, at = i * this.width; f < readings.length; f++, at++) {
      const given = record[readings[f].name];
      const number = numberOf(readings[f], given);
      if (number !== number && !(given === undefined && readings[f].optional)) {
        refuse(`${name}.${readings[f].name}`, given, ruleOf(this.model.schema.features[f]));
      }
      if (given !== undefined) expected++;
      rows[at] = number;
    }
    let got = 0;
    for (const field in record) if (record[field] !== undefined) got++;
    if (got > expected) this.refuseUnknown(record, name);
  }

  read(value: unknown, name: string): Float64Array {
    const row = new Float64Array(this.width);
    this.readInto(row, 0, value, name);
    return row;
  }

  /** A number for one feature, checked as in a record. */
  readValue(f: number, value: unknown, name: string): number {
    const number = numberOf(this.readings[f], value);
    if (number !== number) refuse(name, value, ruleOf(this.model.schema.features[f]));
    return number;
  }

  /** A row as a record, as people write it. */
  recordOf(row: ArrayLike<number>): Record<string, number | string> {
    const entries = this.model.schema.features.flatMap((feature, f) => {
      if (Number.isNaN(row[f])) return [];
      const value = feature.kind === 'categorical' ? feature.categories[row[f]] : row[f];
      return [[feature.name, value] as const];
    });
    return Object.fromEntries(entries);
  }

  /** The feature's place in a row, or −1. */
  placeOf(name: string): number {
    return this.model.schema.features.findIndex((feature) => feature.name === name);
  }

  /** @throws DecisionError FEATURE_ABSENT */
  require(name: KnownFeature, reason: string): number {
    const place = this.placeOf(name);
    if (place >= 0 && this.model.schema.features[place].kind !== 'categorical') return place;
    throw new DecisionError(
      'FEATURE_ABSENT',
      `it has no number called ${name}, ${reason}; its features are ${this.names()}`,
      name,
    );
  }

  private names(): string {
    return this.readings.map((reading) => reading.name).join(', ');
  }

  private refuseUnknown(record: Fields, name: string): never {
    const known = this.readings.map((reading) => reading.name);
    const unknown = Object.keys(record).find((field) => !known.includes(field))!;
    refuse(`${name}.${unknown}`, record[unknown], `no field but ${this.names()}`);
  }
}

function readingOf(feature: Feature, optional: boolean): Reading {
  const { name } = feature;
  if (feature.kind === 'categorical') {
    const places = new Map(feature.categories.map((category, place) => [category, place]));
    const any = { whole: false, minimum: -Infinity, maximum: Infinity, above: -Infinity };
    return { name, places, ...any, optional };
  }
  const { minimum = -Infinity, maximum = Infinity } = feature;
  const above = (feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined) ?? -Infinity;
  return {
    name,
    places: null,
    whole: feature.kind === 'integer',
    minimum,
    maximum,
    above,
    optional,
  };
}

/** The number that stands for a value, or NaN for one that breaks the rule. */
function numberOf({ places, whole, minimum, maximum, above }: Reading, value: unknown): number {
  if (places !== null) return places.get(value) ?? NaN;
  if (typeof value !== 'number' || !Number.isFinite(value)) return NaN;
  if (whole && !Number.isInteger(value)) return NaN;
  return value >= minimum && value <= maximum && value > above ? value : NaN;
}

function ruleOf(feature: Feature): string {
  if (feature.kind === 'categorical') return `one of ${feature.categories.slice(0, 20).join(', ')}`;
  const { minimum, maximum } = feature;
  const least = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  const bounds = [
    minimum !== undefined && `≥ ${minimum}`,
    least !== undefined && `> ${least}`,
    maximum !== undefined && `≤ ${maximum}`,
  ].filter((bound) => bound !== false);
  return `${feature.kind === 'integer' ? 'a whole number' : 'a number'} ${bounds.join(' and ')}`;
}
