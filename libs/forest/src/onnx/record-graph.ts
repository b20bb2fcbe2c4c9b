/*
 * From the fields of a record to the columns of a row, inside the graph.
 *
 * A list of words, or of whole numbers, becomes places by LabelEncoder, and whatever is not in it the
 * place past the last; lists of doubles, one longer than that, then tell the columns:
 *
 *   place     0      1      2    | 3 = unknown
 *   value    0.02   0.05   0.01  | what unknown words have      or, from a parent, by Where
 *   count    310    25     1200  | 0
 *
 * A cross makes one whole number of the places of its two sides, each in a list of its own, and looks
 * that up. Strings need not be joined, so nothing can be mistaken for anything else.
 */
import { ForestError } from '../errors.js';
import type { Schema } from '../data/schema.js';
import type { Graph } from './graph.js';
import {
  checkRecord,
  columnsOf,
  refuse,
  type CategoryField,
  type CrossField,
  type IdField,
  type NumberField,
  type RecordField,
  type WordField,
} from './record.js';
import type { OnnxWriter } from './writer.js';

/** Writes what makes rows of records. */
export class RecordGraph {
  private readonly fields: ReadonlyMap<string, RecordField>;
  /** By field: the name of its value for the first column, [N, 1]. */
  private readonly values = new Map<string, string>();
  /** By field of words or ids: the name of its places, [N, 1]. */
  private readonly places = new Map<string, string>();
  /** Fields whose parents are being looked for. */
  private readonly open = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly schema: Schema,
    record: readonly RecordField[],
  ) {
    checkRecord(schema, record);
    this.fields = new Map(record.map((field) => [field.name, field]));
  }

  /**
   * Adds the inputs, one a field but for crosses, and the nodes from them to rows.
   * @returns the name of the rows: doubles, [N, features]
   * @throws ForestError OPTION_INVALID if a field's parent or side is not there; EXPORT_UNSUPPORTED for
   *   a cross with plain numbers
   */
  write(): string {
    const columns: string[] = [];
    for (const field of this.fields.values()) {
      this.writeInput(field);
      this.writeColumns(field).forEach((value, k) => (columns[columnsOf(field)[k]] = value));
    }
    return this.graph.node('Concat', columns, {
      attributes: (writer) => writer.wholeAttribute('axis', 1),
    });
  }

  private writeInput(field: RecordField): void {
    if (field.kind === 'cross') return;
    const isText = field.kind === 'word' || field.kind === 'category';
    const type = isText ? 'STRING' : field.type === 'int64' ? 'INT64' : 'DOUBLE';
    this.graph.input(field.name, type, 1);
  }

  /** The names of its columns, each [N, 1]. */
  private writeColumns(field: RecordField): string[] {
    const { graph } = this;
    switch (field.kind) {
      case 'number':
        return [this.numberOf(field)];
      case 'category':
        return [graph.cast(this.placeOf(field), 'DOUBLE')];
      case 'word':
      case 'cross':
        return [this.valueOf(field.name, field.name), this.countOf(field)];
      case 'id': {
        const columns = [this.valueOf(field.name, field.name), this.countOf(field)];
        return field.columns.length === 3 ? [...columns, this.numberOf(field)] : columns;
      }
    }
  }

  private numberOf({ name, type }: NumberField | IdField): string {
    return type === 'int64' ? this.graph.cast(name, 'DOUBLE') : name;
  }

  private countOf(field: WordField | IdField | CrossField): string {
    return this.listed([...Array.from(field.counts), 0], this.placeOf(field));
  }

  /** The first column of a field, or what one of categories stands for. */
  private valueOf(name: string, asker: string): string {
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const field = this.fields.get(name);
    if (field === undefined) return refuse(`the parent of ${asker} is ${name}, which is no field`);
    if (this.open.has(name)) return refuse(`the parents of ${name} go in a circle`);
    this.open.add(name);
    const value = this.writeValue(field, asker);
    this.values.set(name, value);
    return value;
  }

  private writeValue(field: RecordField, asker: string): string {
    if (field.kind === 'number') {
      return refuse(`the parent of ${asker} is ${field.name}, a number, wanted one with values`);
    }
    const place = this.placeOf(field);
    const { values, unknown } = field;
    if (values === undefined || unknown === undefined) {
      return refuse(`the parent of ${asker} is ${field.name}, which has no values or no unknown`);
    }
    if (typeof unknown === 'number') return this.listed([...Array.from(values), unknown], place);
    const own = this.listed([...Array.from(values), 0], place);
    const isKnown = this.graph.node('Less', [place, this.graph.longs(values.length)]);
    return this.graph.node('Where', [isKnown, own, this.valueOf(unknown.parent, field.name)]);
  }

  /** The entries of a list at places. */
  private listed(list: readonly number[], place: string): string {
    return this.graph.node('Gather', [this.graph.doubles(list), place]);
  }

  /** Places of what a field's input has, in what the field lists; past the last: not listed. */
  private placeOf(field: Exclude<RecordField, NumberField>): string {
    const known = this.places.get(field.name);
    if (known !== undefined) return known;
    const place = this.writePlace(field);
    this.places.set(field.name, place);
    return place;
  }

  private writePlace(field: Exclude<RecordField, NumberField>): string {
    if (field.kind === 'cross') return this.writePair(field);
    if (field.kind === 'word') return this.placeAmong(field.words, field);
    if (field.kind === 'id') return this.placeAmong(Array.from(field.ids), field);
    const feature = this.schema.features[field.column];
    const words = feature.kind === 'categorical' ? feature.categories : [];
    if (field.values !== undefined && field.values.length !== words.length) {
      refuse(`field ${field.name} has ${field.values.length} values, wanted ${words.length}`);
    }
    return this.placeAmong(words, field);
  }

  /** Places of an input among some keys, all strings or all numbers. */
  private placeAmong(
    keys: readonly (string | number)[],
    field: CategoryField | WordField | IdField,
  ): string {
    if (field.kind !== 'id') return this.encode(field.name, keys as string[]);
    if (field.type === 'int64') return this.encodeLongs(field.name, keys as number[]);
    // A double is an id only if it is whole: 7.5 is none, nor is NaN.
    const { graph } = this;
    const whole = graph.cast(field.name, 'INT64');
    const isWhole = graph.node('Equal', [graph.cast(whole, 'DOUBLE'), field.name]);
    const place = this.encodeLongs(whole, keys as number[]);
    return graph.node('Where', [isWhole, place, graph.longs(keys.length)]);
  }

  // An attribute may not be an empty list: then any key will do, since all places are 0.
  private encode(input: string, keys: readonly string[]): string {
    return this.label(input, keys.length, (writer) =>
      writer.textsAttribute('keys_strings', keys.length > 0 ? keys : ['']),
    );
  }

  private encodeLongs(input: string, keys: readonly number[]): string {
    return this.label(input, keys.length, (writer) =>
      writer.longsAttribute('keys_int64s', keys.length > 0 ? keys : [0]),
    );
  }

  private label(input: string, count: number, writeKeys: (writer: OnnxWriter) => void): string {
    return this.graph.node('LabelEncoder', [input], {
      domain: 'ai.onnx.ml',
      attributes: (writer) => {
        writeKeys(writer);
        writer.wholesAttribute('values_int64s', count > 0 ? [...Array(count).keys()] : [0]);
        writer.wholeAttribute('default_int64', count);
      },
    });
  }

  /** Places among pairs: those of the sides make one number, a · (sides' second + 1) + b. */
  private writePair(field: CrossField): string {
    const { graph } = this;
    const sides = field.of.map((name, k) => this.sideOf(field, name, k));
    const [first, second] = sides;
    const step = second.keys.size + 1;
    const codes = field.pairs.map(([a, b]) => first.keys.get(a)! * step + second.keys.get(b)!);
    const scaled = graph.node('Mul', [first.place, graph.longs(step)]);
    return this.encodeLongs(graph.node('Add', [scaled, second.place]), codes);
  }

  /** What a cross has on one side, and where a record's is among that. */
  private sideOf(
    cross: CrossField,
    name: string,
    side: number,
  ): { keys: ReadonlyMap<string | number, number>; place: string } {
    const field = this.fields.get(name);
    if (field === undefined) return refuse(`${cross.name} crosses ${name}, which is no field`);
    if (field.kind === 'number' || field.kind === 'cross') {
      throw new ForestError(
        'EXPORT_UNSUPPORTED',
        `${cross.name} crosses ${name}, a ${field.kind}, wanted words, ids or categories`,
      );
    }
    const wanted = field.kind === 'id' ? 'number' : 'string';
    const list = [...new Set(cross.pairs.map((pair) => pair[side]))];
    const odd = list.find((key) => typeof key !== wanted || key === '');
    if (odd !== undefined) {
      refuse(`${cross.name} pairs ${JSON.stringify(odd)} of ${name}, wanted a ${wanted}`);
    }
    const keys = new Map(list.map((key, place) => [key, place]));
    return { keys, place: this.placeAmong(list, field) };
  }
}
