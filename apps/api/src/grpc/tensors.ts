import { isUtf8 } from 'node:buffer';
import type { BinarySource } from '../inference/binary-body.js';
import { BYTES, fp64Bytes } from '../inference/datatypes.js';
import type { Inferred } from '../inference/inference.js';
import { refusal } from '../inference/inference-errors.js';
import { OUTPUT } from '../inference/inference-metadata.js';
import type {
  InputTensor,
  ModelInferRequest,
  ModelInferResponse,
  TensorContents,
} from './definitions.js';

/** Where the contents of a datatype are; FP16 has no place, because it is always raw. */
const CONTENTS: Readonly<Record<string, keyof TensorContents>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/** A request as the protocol writes it in JSON, and where its tensors have raw contents. */
interface PlainRequest {
  readonly body: object;
  readonly raw: BinarySource | undefined;
}

/** @throws ProblemError INVALID_INFERENCE if contents are not where they must be */
export function plainRequest(request: ModelInferRequest): PlainRequest {
  const { id, inputs, outputs, raw_input_contents: raw } = request;
  const isRaw = raw.length > 0;
  if (isRaw && raw.length !== inputs.length) {
    const wanted = `${inputs.length}, one for each input`;
    throw refusal(`raw_input_contents has ${raw.length} entries, wanted ${wanted}`);
  }
  const body = {
    ...(id !== '' && { id }),
    inputs: inputs.map((input) => ({
      name: input.name,
      datatype: input.datatype,
      shape: input.shape,
      data: isRaw ? rawData(input) : dataOf(input),
    })),
    ...(outputs.length > 0 && { outputs }),
  };
  return { body, raw: isRaw ? new RawContents(raw) : undefined };
}

/** The fields of contents that hold something. */
function filled(contents: TensorContents | null): (keyof TensorContents)[] {
  const fields = Object.keys(contents ?? {}) as (keyof TensorContents)[];
  return fields.filter((field) => contents![field]!.length > 0);
}

function rawData({ contents, name }: InputTensor): undefined {
  const [field] = filled(contents);
  if (field === undefined) return undefined;
  throw refusal(`input "${name}": ${field} beside raw_input_contents, wanted one of them`);
}

function dataOf({ contents, name, datatype }: InputTensor): readonly unknown[] {
  const place = CONTENTS[datatype];
  const odd = filled(contents).find((field) => field !== place);
  if (odd !== undefined) {
    const wanted = place ?? 'raw_input_contents';
    throw refusal(`input "${name}": ${odd} for ${datatype}, wanted ${wanted}`);
  }
  const elements = place === undefined ? [] : (contents?.[place] ?? []);
  return datatype === BYTES
    ? (elements as Buffer[]).map((bytes, i) => text(bytes, i, name))
    : elements;
}

function text(bytes: Buffer, i: number, name: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw refusal(`input "${name}": element ${i} is not text, wanted UTF-8`);
}

/** Raw contents: an entry for each tensor, in their order. */
class RawContents implements BinarySource {
  private at = 0;

  constructor(private readonly entries: readonly Buffer[]) {}

  next(): Buffer {
    return this.entries[this.at++];
  }

  end(): void {}
}

/** The answer in the form of the request: raw contents for raw contents. */
export function inferResponse(
  { request, modelName, version, ctrs }: Inferred,
  isRaw: boolean,
): ModelInferResponse {
  const output = { name: OUTPUT, datatype: 'FP64', shape: [ctrs.length] };
  const head = { model_name: modelName, model_version: version, id: request.id ?? '' };
  return isRaw
    ? { ...head, outputs: [output], raw_output_contents: [fp64Bytes(ctrs)] }
    : { ...head, outputs: [{ ...output, contents: { fp64_contents: ctrs } }] };
}
