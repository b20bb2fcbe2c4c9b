/*
 * ONNX files are protocol buffers; these are the few messages of onnx.proto that a tree ensemble
 * needs, by field number. Unknown fields are skipped, and no length is believed: every message
 * must end where it says and inside the one that holds it.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { importInvalid, importUnsupported } from '../exchange/assemble.js';
import { ForestError } from '../errors.js';

/** The metadata that keeps an exported forest's schema, so that importing gives it back. */
export const SCHEMA_KEY = 'adscale.forest.schema';

/** TensorProto.DataType. */
export const dataTypes = { FLOAT: 1, INT32: 6, INT64: 7, STRING: 8, DOUBLE: 11 } as const;

/** An attribute; each holds what its name is used for, and the rest stays empty. */
export interface OnnxAttribute {
  name: string;
  i: number;
  s: string;
  tensor: OnnxTensor | null;
  readonly floats: number[];
  readonly ints: number[];
  readonly strings: string[];
}

/** Numbers of a tensor, whatever shape it has; none of a type that is not float or double. */
export interface OnnxTensor {
  name: string;
  dataType: number;
  readonly values: number[];
}

export interface OnnxNode {
  opType: string;
  domain: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: OnnxAttribute[];
}

/** An input or output of the graph. */
export interface OnnxValue {
  name: string;
  elementType: number;
  /** By dimension: its size, or null where that is open. */
  readonly shape: (number | null)[];
}

export interface OnnxModel {
  readonly nodes: OnnxNode[];
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  /** Numbers of constant tensors, by name; those of other types are left out. */
  readonly constants: Map<string, readonly number[]>;
  readonly metadata: Map<string, string>;
}

/** Reads one field whose tag was just read. */
type FieldReader = (reader: BinaryReader, type: WireType) => void;
type Fields = Readonly<Record<number, FieldReader>>;

/**
 * Reads a ModelProto.
 * @throws ForestError IMPORT_INVALID if the bytes are no such message, or IMPORT_UNSUPPORTED if
 *   its numbers are in other files
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model: OnnxModel = {
    nodes: [],
    inputs: [],
    outputs: [],
    constants: new Map(),
    metadata: new Map(),
  };
  const graph: Fields = {
    1: message((reader, end) => model.nodes.push(readNode(reader, end))),
    5: message((reader, end) => {
      const { name, dataType, values } = readTensor(reader, end);
      if (isReal(dataType)) model.constants.set(name, values);
    }),
    11: message((reader, end) => model.inputs.push(readValue(reader, end))),
    12: message((reader, end) => model.outputs.push(readValue(reader, end))),
  };
  try {
    const reader = new BinaryReader(bytes);
    readFields(reader, reader.len, {
      7: message((_, end) => readFields(reader, end, graph)),
      14: message((_, end) => readMetadata(reader, end, model.metadata)),
    });
  } catch (cause) {
    if (cause instanceof ForestError) throw cause;
    importInvalid('the bytes are no ONNX file', { cause });
  }
  return model;
}

function readFields(reader: BinaryReader, end: number, fields: Fields): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    const read = fields[field];
    if (read === undefined) reader.skip(type, field);
    else read(reader, type);
  }
  if (reader.pos !== end) importInvalid('a part of the ONNX file ends past its whole');
}

function expectType(type: WireType, wanted: WireType): void {
  if (type !== wanted) importInvalid('a field of the ONNX file has another type');
}

function message(read: (reader: BinaryReader, end: number) => void): FieldReader {
  return (reader, type) => {
    expectType(type, WireType.LengthDelimited);
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) importInvalid('the ONNX file ends before its contents do');
    read(reader, end);
  };
}

function text(take: (value: string) => void): FieldReader {
  return (reader, type) => {
    expectType(type, WireType.LengthDelimited);
    take(reader.string());
  };
}

function whole(take: (value: number) => void): FieldReader {
  return (reader, type) => {
    expectType(type, WireType.Varint);
    take(Number(reader.int64()));
  };
}

/** A repeated number, packed or not: converters write both. */
function numbers(
  into: number[],
  scalar: WireType,
  read: (reader: BinaryReader) => number,
): FieldReader {
  return (reader, type) => {
    if (type !== WireType.LengthDelimited) {
      expectType(type, scalar);
      into.push(read(reader));
      return;
    }
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) importInvalid('the ONNX file ends before its contents do');
    while (reader.pos < end) into.push(read(reader));
    if (reader.pos !== end) importInvalid('a list of the ONNX file ends past its whole');
  };
}

const floats = (into: number[]): FieldReader =>
  numbers(into, WireType.Bit32, (reader) => reader.float());
const doubles = (into: number[]): FieldReader =>
  numbers(into, WireType.Bit64, (reader) => reader.double());
const wholes = (into: number[]): FieldReader =>
  numbers(into, WireType.Varint, (reader) => Number(reader.int64()));

function readNode(reader: BinaryReader, end: number): OnnxNode {
  const node: OnnxNode = { opType: '', domain: '', inputs: [], outputs: [], attributes: [] };
  readFields(reader, end, {
    1: text((name) => node.inputs.push(name)),
    2: text((name) => node.outputs.push(name)),
    4: text((opType) => (node.opType = opType)),
    5: message((_, attributeEnd) => node.attributes.push(readAttribute(reader, attributeEnd))),
    7: text((domain) => (node.domain = domain)),
  });
  return node;
}

function readAttribute(reader: BinaryReader, end: number): OnnxAttribute {
  const attribute: OnnxAttribute = {
    name: '',
    i: 0,
    s: '',
    tensor: null,
    floats: [],
    ints: [],
    strings: [],
  };
  readFields(reader, end, {
    1: text((name) => (attribute.name = name)),
    3: whole((i) => (attribute.i = i)),
    4: text((s) => (attribute.s = s)),
    5: message((_, tensorEnd) => {
      attribute.tensor = readTensor(reader, tensorEnd);
      const { dataType } = attribute.tensor;
      if (isReal(dataType)) return;
      importUnsupported(`a tensor has data type ${dataType}, wanted float or double`);
    }),
    7: floats(attribute.floats),
    8: wholes(attribute.ints),
    9: text((string) => attribute.strings.push(string)),
  });
  return attribute;
}

function readTensor(reader: BinaryReader, end: number): OnnxTensor {
  const tensor: OnnxTensor = { name: '', dataType: 0, values: [] };
  let raw = new Uint8Array(0);
  readFields(reader, end, {
    2: whole((dataType) => (tensor.dataType = dataType)),
    4: floats(tensor.values),
    8: text((name) => (tensor.name = name)),
    9: (_, type) => {
      expectType(type, WireType.LengthDelimited);
      raw = Uint8Array.from(reader.bytes());
    },
    10: doubles(tensor.values),
    13: () => importUnsupported('its numbers are in other files (external data)'),
  });
  readRaw(raw, tensor);
  return tensor;
}

function isReal(dataType: number): boolean {
  return dataType === dataTypes.FLOAT || dataType === dataTypes.DOUBLE;
}

/** `raw_data` is the numbers themselves, little endian. */
function readRaw(raw: Uint8Array, { dataType, values }: OnnxTensor): void {
  if (!isReal(dataType)) return;
  const size = dataType === dataTypes.FLOAT ? 4 : 8;
  if (raw.length % size !== 0) importInvalid('a tensor ends amid a number');
  const view = new DataView(raw.buffer);
  for (let at = 0; at < raw.length; at += size) {
    values.push(size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
  }
}

function readValue(reader: BinaryReader, end: number): OnnxValue {
  const value: OnnxValue = { name: '', elementType: 0, shape: [] };
  const dimension = (dimensionEnd: number): void => {
    let size: number | null = null;
    readFields(reader, dimensionEnd, { 1: whole((n) => (size = n)) });
    value.shape.push(size);
  };
  const shape: Fields = { 1: message((_, dimensionEnd) => dimension(dimensionEnd)) };
  const tensor: Fields = {
    1: whole((elementType) => (value.elementType = elementType)),
    2: message((_, shapeEnd) => readFields(reader, shapeEnd, shape)),
  };
  const type: Fields = { 1: message((_, tensorEnd) => readFields(reader, tensorEnd, tensor)) };
  readFields(reader, end, {
    1: text((name) => (value.name = name)),
    2: message((_, typeEnd) => readFields(reader, typeEnd, type)),
  });
  return value;
}

function readMetadata(reader: BinaryReader, end: number, metadata: Map<string, string>): void {
  let key = '';
  let value = '';
  readFields(reader, end, {
    1: text((s) => (key = s)),
    2: text((s) => (value = s)),
  });
  metadata.set(key, value);
}
