import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problem/problem.js';
import { checkParts } from '../record/json-parts.js';
import { got, refusal } from './inference-errors.js';

/** Tells how many bytes of a body are JSON; binary data follows. */
export const JSON_LENGTH = 'inference-header-content-length';
/** The media type of JSON with binary data behind it. */
export const BINARY_TYPE = 'application/octet-stream';
/** What bodies that may be binary are called on their way to the parser for them. */
const INFERENCE_TYPE = 'application/vnd.adscale.inference';

/** Where tensors have binary data, if they have any. */
export interface BinarySource {
  /**
   * The binary data of the next tensor, or undefined if its data is in the request's JSON.
   * @param parameters of the tensor
   * @param called the tensor, in words
   * @throws ProblemError INVALID_INFERENCE
   */
  next(parameters: Readonly<Record<string, unknown>>, called: string): Buffer | undefined;
  /** To be called after the last tensor. @throws ProblemError INVALID_INFERENCE if data is left */
  end(): void;
}

/** Binary data that follows the JSON of a request, tensor after tensor, each as long as it says. */
export class BinaryTail implements BinarySource {
  private at = 0;

  constructor(private readonly bytes: Buffer = Buffer.alloc(0)) {}

  next({ binary_data_size: size }: Readonly<Record<string, unknown>>, called: string) {
    if (size === undefined) return undefined;
    const left = this.bytes.length - this.at;
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > left) {
      const wanted = `a whole number from 0 to ${left}, the bytes that are left after the JSON`;
      throw refusal(`${called}: binary_data_size is ${got(size)}, wanted ${wanted}`);
    }
    const start = this.at;
    this.at += size as number;
    return this.bytes.subarray(start, this.at);
  }

  end(): void {
    const left = this.bytes.length - this.at;
    if (left === 0) return;
    throw refusal(`${left} bytes follow the binary data of the last input, wanted none`);
  }
}

/** A body that was not declared as JSON alone: the JSON in it, and the binary data behind. */
export class InferenceBody {
  constructor(
    readonly json: unknown,
    readonly tail: BinaryTail,
  ) {}
}

/** Route configuration: the body may be tensors in binary form. */
export interface TensorRules {
  readonly tensors?: boolean;
}

/**
 * Has routes of tensors take bodies with binary data. Their clients declare such a body by the
 * protocol's header and name its type as they like, or not at all (`tritonclient` names none), so the
 * header decides. To be called before the first route is added.
 * @param mostParts most objects and arrays in the JSON of a body
 */
export function addBinaryBodies(fastify: FastifyInstance, mostParts: number): void {
  fastify.addHook('onRoute', (route) => {
    if (!(route.config as TensorRules | undefined)?.tensors) return;
    route.onRequest = [route.onRequest ?? [], declareBinary].flat();
  });
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    INFERENCE_TYPE,
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      const { tensors } = request.routeOptions.config as TensorRules;
      if (!tensors) return done(new ProblemError('UNSUPPORTED_MEDIA_TYPE'));
      let length: number;
      let text: string;
      try {
        length = jsonLength(request.headers[JSON_LENGTH], body.length);
        text = body.toString('utf8', 0, length);
        checkParts(text, mostParts);
      } catch (error) {
        return done(error as Error);
      }
      const tail = new BinaryTail(body.subarray(length));
      void parseJson(request, text, (error, json) =>
        error === null ? done(null, new InferenceBody(json, tail)) : done(error),
      );
    },
  );
}

function declareBinary(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const { headers } = request.raw;
  const type = headers['content-type'];
  const isBinary = type === undefined || type.split(';', 1)[0].trim().toLowerCase() === BINARY_TYPE;
  if (isBinary || headers[JSON_LENGTH] !== undefined) headers['content-type'] = INFERENCE_TYPE;
  done();
}

/** How many bytes of a body are JSON: all of them unless the header says otherwise. */
function jsonLength(header: string | string[] | undefined, bytes: number): number {
  if (header === undefined) return bytes;
  const length = /^\d{1,15}$/.test(String(header)) ? Number(header) : NaN;
  if (length > 0 && length <= bytes) return length;
  const wanted = `a whole number from 1 to ${bytes}, the bytes of the body`;
  throw refusal(`Inference-Header-Content-Length is ${got(header)}, wanted ${wanted}`);
}
