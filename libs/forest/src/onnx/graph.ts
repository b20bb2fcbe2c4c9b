import { dataTypes } from './wire.js';
import type { OnnxWriter } from './writer.js';

/** Names of values that the graph makes begin with this, so that inputs may have any other. */
export const OWN = '/';

/** Nodes, constants, inputs and outputs of a GraphProto. */
export class Graph {
  private names = 0;

  constructor(readonly writer: OnnxWriter) {}

  /** A name that no other value has. */
  nameFor(what: string): string {
    return `${OWN}${what}_${this.names++}`;
  }

  /**
   * Adds a node.
   * @returns the name of its output
   */
  node(
    opType: string,
    inputs: readonly string[],
    { attributes = () => {}, domain = '', output = this.nameFor(opType) }: NodeOptions = {},
  ): string {
    const { writer } = this;
    writer.message(1, () => {
      for (const input of inputs) writer.text(1, input);
      writer.text(2, output).text(3, output).text(4, opType);
      attributes(writer);
      if (domain !== '') writer.text(7, domain);
    });
    return output;
  }

  cast(input: string, type: keyof typeof dataTypes, output?: string): string {
    const attributes = (writer: OnnxWriter): unknown =>
      writer.wholeAttribute('to', dataTypes[type]);
    return this.node('Cast', [input], { attributes, output });
  }

  /** A constant list of doubles, or a table of one row. */
  doubles(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const { writer } = this;
    const name = this.nameFor('doubles');
    writer.message(5, () =>
      writer.wholes(1, shape).whole(2, dataTypes.DOUBLE).text(8, name).doubles(10, values),
    );
    return name;
  }

  /** A constant list of safe integers, as int64. */
  longs(...values: readonly number[]): string {
    const { writer } = this;
    const name = this.nameFor('longs');
    writer.message(5, () =>
      writer.wholes(1, [values.length]).whole(2, dataTypes.INT64).longs(7, values).text(8, name),
    );
    return name;
  }

  /** An input of [N, width]. */
  input(name: string, type: keyof typeof dataTypes, width: number): void {
    this.value(11, name, type, width);
  }

  /** An output of [N, 1]. */
  output(name: string, type: keyof typeof dataTypes): void {
    this.value(12, name, type, 1);
  }

  private value(field: number, name: string, type: keyof typeof dataTypes, width: number): void {
    const { writer } = this;
    const shape = (): void => {
      writer.message(1, () => writer.text(2, 'N'));
      writer.message(1, () => writer.whole(1, width));
    };
    const tensor = (): void => void writer.whole(1, dataTypes[type]).message(2, shape);
    writer.message(field, () => writer.text(1, name).message(2, () => writer.message(1, tensor)));
  }
}

export interface NodeOptions {
  readonly attributes?: (writer: OnnxWriter) => unknown;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** What its output is called. Default: a new name. */
  readonly output?: string;
}
