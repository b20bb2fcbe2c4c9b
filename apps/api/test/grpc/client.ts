/*
 * A client of the Open Inference Protocol over gRPC that knows nothing of ours: the messages are written
 * down once more here, from the text (specification/protocol/open_inference_grpc.proto of KServe's
 * open-inference-protocol), and those of health come with gRPC's own package.
 */
import {
  type ClientReadableStream,
  Metadata,
  type ServiceError,
  credentials,
  makeClientConstructor,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';
import { within } from '../wait-for.js';

type Fields = Readonly<Record<string, readonly [type: string, id: number]>>;

/** Fields in the form that protobufjs reads; a type that ends in [] is repeated. */
const message = (fields: Fields, nested?: object) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [type, id]]) => {
      const repeated = type.endsWith('[]') && { rule: 'repeated' };
      return [name, { type: type.replace('[]', ''), id, ...repeated }];
    }),
  ),
  ...(nested && { nested }),
});

const tensor = { name: ['string', 1], datatype: ['string', 2], shape: ['int64[]', 3] } as const;
const full = { ...tensor, contents: ['InferTensorContents', 5] } as const;
const model = { name: ['string', 1], version: ['string', 2] } as const;

const METHODS = [
  'ServerLive',
  'ServerReady',
  'ModelReady',
  'ServerMetadata',
  'ModelMetadata',
  'ModelInfer',
] as const;
export type Method = (typeof METHODS)[number];

const text = {
  nested: {
    inference: {
      nested: {
        GRPCInferenceService: {
          methods: Object.fromEntries(
            METHODS.map((name) => [
              name,
              { requestType: `${name}Request`, responseType: `${name}Response` },
            ]),
          ),
        },
        ServerLiveRequest: message({}),
        ServerLiveResponse: message({ live: ['bool', 1] }),
        ServerReadyRequest: message({}),
        ServerReadyResponse: message({ ready: ['bool', 1] }),
        ModelReadyRequest: message(model),
        ModelReadyResponse: message({ ready: ['bool', 1] }),
        ServerMetadataRequest: message({}),
        ServerMetadataResponse: message({
          name: ['string', 1],
          version: ['string', 2],
          extensions: ['string[]', 3],
        }),
        ModelMetadataRequest: message(model),
        ModelMetadataResponse: message(
          {
            name: ['string', 1],
            versions: ['string[]', 2],
            platform: ['string', 3],
            inputs: ['TensorMetadata[]', 4],
            outputs: ['TensorMetadata[]', 5],
          },
          { TensorMetadata: message(tensor) },
        ),
        ModelInferRequest: message(
          {
            model_name: ['string', 1],
            model_version: ['string', 2],
            id: ['string', 3],
            inputs: ['InferInputTensor[]', 5],
            outputs: ['InferRequestedOutputTensor[]', 6],
            raw_input_contents: ['bytes[]', 7],
          },
          {
            InferInputTensor: message(full),
            InferRequestedOutputTensor: message({ name: ['string', 1] }),
          },
        ),
        ModelInferResponse: message(
          {
            model_name: ['string', 1],
            model_version: ['string', 2],
            id: ['string', 3],
            outputs: ['InferOutputTensor[]', 5],
            raw_output_contents: ['bytes[]', 6],
          },
          { InferOutputTensor: message(full) },
        ),
        InferTensorContents: message({
          bool_contents: ['bool[]', 1],
          int_contents: ['int32[]', 2],
          int64_contents: ['int64[]', 3],
          uint_contents: ['uint32[]', 4],
          uint64_contents: ['uint64[]', 5],
          fp32_contents: ['float[]', 6],
          fp64_contents: ['double[]', 7],
          bytes_contents: ['bytes[]', 8],
        }),
      },
    },
  },
};
const definition = fromJSON(text as never, { keepCase: true, longs: Number });
const Client = makeClientConstructor(definition['inference.GRPCInferenceService'] as never, '');
const HealthClient = makeClientConstructor(healthService as never, '');

/** What a call was answered: a message and its metadata, or an error. */
export interface Answered {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body?: any;
  readonly error?: ServiceError;
  readonly metadata: Metadata;
}

/** Calls a service on this port of this machine. */
export class GrpcClient {
  readonly inference;
  readonly health;

  constructor(port: number, options: object = {}) {
    const address = `127.0.0.1:${port}`;
    // A connection of its own, not shared with other clients of the process.
    const own = { 'grpc.use_local_subchannel_pool': 1, ...options };
    this.inference = new Client(address, credentials.createInsecure(), own);
    this.health = new HealthClient(address, credentials.createInsecure(), own);
  }

  call(method: Method, request: object = {}, headers: Record<string, string> = {}) {
    return this.ask(this.inference, method, request, headers);
  }

  check(service = ''): Promise<Answered> {
    return this.ask(this.health, 'Check', { service });
  }

  watch(service = ''): ClientReadableStream<{ status: string }> {
    return (this.health as never as Record<string, (request: object) => never>).Watch({ service });
  }

  close(): void {
    this.inference.close();
    this.health.close();
  }

  private ask(client: object, method: string, request: object, headers = {}): Promise<Answered> {
    const sent = new Metadata();
    for (const [name, value] of Object.entries(headers)) sent.set(name, value as string);
    const answered = new Promise<Answered>((resolve) => {
      let metadata = new Metadata();
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const call = (client as any)[method](request, sent, (error: ServiceError, body: unknown) =>
        resolve(error ? { error, metadata: error.metadata } : { body, metadata }),
      );
      call.on('metadata', (got: Metadata) => (metadata = got));
    });
    return within(`an answer of ${method}`, answered);
  }
}
