/* Writing the messages that wire.ts reads. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { dataTypes } from './wire.js';

/** AttributeProto.AttributeType. */
export const attributeTypes = {
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  INTS: 7,
  STRINGS: 8,
} as const;

/** Writes messages field by field; every method returns the writer. */
export class OnnxWriter {
  protected readonly writer = new BinaryWriter();

  finish(): Uint8Array {
    return this.writer.finish();
  }

  message(field: number, write: () => void): this {
    this.writer.tag(field, WireType.LengthDelimited).fork();
    write();
    this.writer.join();
    return this;
  }

  text(field: number, value: string): this {
    this.writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  /** A whole number from 0 to 2³² − 1: such an int64 is written like a uint32. */
  whole(field: number, value: number): this {
    this.writer.tag(field, WireType.Varint).uint32(value);
    return this;
  }

  wholes(field: number, values: readonly number[]): this {
    return this.message(field, () => values.forEach((value) => this.writer.uint32(value)));
  }

  /** Safe integers, negative ones too. */
  longs(field: number, values: readonly number[]): this {
    return this.message(field, () => values.forEach((value) => this.writer.int64(value)));
  }

  doubles(field: number, values: readonly number[]): this {
    return this.message(field, () => values.forEach((value) => this.writer.double(value)));
  }

  wholeAttribute(name: string, value: number): this {
    return this.attribute(name, attributeTypes.INT, () => this.whole(3, value));
  }

  textAttribute(name: string, value: string): this {
    return this.attribute(name, attributeTypes.STRING, () => this.text(4, value));
  }

  wholesAttribute(name: string, values: readonly number[]): this {
    return this.attribute(name, attributeTypes.INTS, () => this.wholes(8, values));
  }

  longsAttribute(name: string, values: readonly number[]): this {
    return this.attribute(name, attributeTypes.INTS, () => this.longs(8, values));
  }

  textsAttribute(name: string, values: readonly string[]): this {
    return this.attribute(name, attributeTypes.STRINGS, () =>
      values.forEach((value) => this.text(9, value)),
    );
  }

  /** As a tensor, which alone holds doubles. */
  doublesAttribute(name: string, values: readonly number[]): this {
    return this.attribute(name, attributeTypes.TENSOR, () =>
      this.message(5, () =>
        this.whole(1, values.length).whole(2, dataTypes.DOUBLE).doubles(10, values),
      ),
    );
  }

  private attribute(name: string, type: number, write: () => void): this {
    return this.message(5, () => {
      this.text(1, name);
      write();
      this.whole(20, type);
    });
  }
}
