import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

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

export const inferenceService = definitions[INFERENCE_SERVICE] as ServiceDefinition;
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
