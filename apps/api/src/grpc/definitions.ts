import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

/** Name of the inference protocol's service. */
export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';
const HEALTH_SERVICE = 'grpc.health.v1.Health';

/**
 * The services and their messages. Fields are called what they are called in the text, and are there
 * also when they were not sent. 64-bit integers are numbers, as in JSON: large ones are rounded.
 */
const definitions = loadSync(
  ['open_inference.proto', 'health.proto'].map((name) =>
    fileURLToPath(new URL(`../../proto/${name}`, import.meta.url)),
  ),
  { keepCase: true, longs: Number, defaults: true, oneofs: true },
);

const LENGTH_DELIMITED = 2;

/** By number, what a field of a message holds: another message, or integers side by side. */
interface Nested {
  readonly [field: number]: Nested | 'integers';
}
const CONTENTS: Nested = {
  1: 'integers',
  2: 'integers',
  3: 'integers',
  4: 'integers',
  5: 'integers',
};
/** `inference.ModelInferRequest`: what a client may repeat. */
const INFER_REQUEST: Nested = {
  4: {},
  5: { 3: 'integers', 4: {}, 5: CONTENTS },
  6: { 2: {} },
};

/** A message that was not decoded because it holds too much. */
export class Undecoded {
  constructor(readonly reason: string) {}
}

/** Fields, and integers in them, that a message becomes objects or numbers of; at most so many. */
function partsOf(reader: protobuf.Reader, end: number, nested: Nested): number {
  let parts = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [field, wireType] = [tag >>> 3, tag & 7];
    parts++;
    if (wireType !== LENGTH_DELIMITED) reader.skipType(wireType);
    else {
      const length = reader.uint32();
      const held = nested[field];
      // An integer takes a byte at least.
      if (held === 'integers') parts += length;
      if (typeof held === 'object') parts += partsOf(reader, reader.pos + length, held);
      else reader.skip(length);
    }
  }
  return parts;
}

/**
 * The inference service. A message of more parts than `most` is not decoded: two bytes may become an
 * object, so that a message of 8 MB could take all memory.
 */
export function inferenceService(most: number): ServiceDefinition {
  const service = definitions[INFERENCE_SERVICE] as ServiceDefinition;
  const { requestDeserialize } = service.ModelInfer;
  const bounded = (bytes: Buffer): object => {
    const parts = partsOf(protobuf.Reader.create(bytes), bytes.length, INFER_REQUEST);
    if (parts > most) {
      return new Undecoded(
        `The message holds ${parts} fields and integers, wanted at most ${most}.`,
      );
    }
    return requestDeserialize(bytes);
  };
  return { ...service, ModelInfer: { ...service.ModelInfer, requestDeserialize: bounded } };
}

export const healthService = definitions[HEALTH_SERVICE] as ServiceDefinition;

/** The fields of `inference.InferTensorContents`. */
export interface TensorContents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly number[];
  readonly uint_contents?: readonly number[];
  readonly uint64_contents?: readonly number[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Buffer[];
}

/** `inference.ModelInferRequest.InferInputTensor`. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents: TensorContents | null;
}

/** What is read of `inference.ModelInferRequest`. */
export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly inputs: readonly InputTensor[];
  readonly outputs: readonly { readonly name: string }[];
  readonly raw_input_contents: readonly Buffer[];
}

/** `inference.ModelInferResponse`. */
export interface ModelInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents?: TensorContents;
  }[];
  readonly raw_output_contents?: readonly Buffer[];
}

/** A request that names a model. */
export interface ModelRequest {
  readonly name: string;
  readonly version: string;
}
