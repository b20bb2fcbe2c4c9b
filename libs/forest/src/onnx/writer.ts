/* Writing the messages that wire.ts reads. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

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

  doubles(field: number, values: readonly number[]): this {
    return this.message(field, () => values.forEach((value) => this.writer.double(value)));
  }
}
