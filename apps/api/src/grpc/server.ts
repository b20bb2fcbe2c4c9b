import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type UntypedHandleCall,
  type sendUnaryData,
  setLogger,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Inference } from '../inference/inference.js';
import { serverMetadata } from '../inference/inference-metadata.js';
import { QUIET, REQUEST_ID, type RequestRecorder } from '../logging/request-hooks.js';
import { ProblemError } from '../problem/problem.js';
import type { Gatekeepers } from '../security/gate.js';
import { PREDICT } from '../security/scopes.js';
import { METHOD, MODEL_VERSION, type MethodRules, callHooks } from './calls.js';
import {
  type ModelInferRequest,
  type ModelRequest,
  healthService,
  Undecoded,
  inferenceService,
} from './definitions.js';
import { Health } from './health.js';
import { statusOfProblem } from './status.js';
import { inferResponse, plainRequest } from './tensors.js';

/** What the server asks of the app that answers now. */
export interface GrpcApp {
  readonly inference: Inference;
  readonly gatekeepers: Gatekeepers;
}

/** Fields and integers of a message, a record: as many as 64 features take. */
const PARTS_A_RECORD = 64;
/** Calls of one connection at once; more wait at their client. */
const MOST_STREAMS = 100;
/** How long a connection may be idle. */
const IDLE_MS = 300_000;
/** A connection is made anew so often, so that workers and replicas that came later get some, too. */
const AGE_MS = 600_000;
/** How often a connection that is silent is asked whether it is still there. */
const PING_MS = 60_000;

/** What every method answers in: a promise of its message. */
type Answer<Request> = (request: Request, metadata: Metadata) => object | Promise<object>;

/**
 * Answers the Open Inference Protocol over gRPC, and health checks, on a port of its own. It stays while
 * one app takes over from another.
 */
export class GrpcServer {
  private readonly server: Server;
  private readonly health: Health;
  private boundPort = 0;

  /** @param app gives the app that answers now */
  constructor(
    private readonly app: () => GrpcApp,
    private readonly config: Config,
    private readonly recorder: RequestRecorder,
    private readonly logger: Logger,
  ) {
    setLogger({
      error: (text: unknown) => logger.warn({ reason: String(text) }, 'gRPC'),
      info: (text: unknown) => logger.debug({ reason: String(text) }, 'gRPC'),
      debug: (text: unknown) => logger.trace({ reason: String(text) }, 'gRPC'),
    } as Console);
    this.health = new Health(() => app().inference.obstacle() === undefined);
    const gatekeepers = () => app().gatekeepers;
    this.server = new Server({
      'grpc.max_receive_message_length': config.batchBodyLimitBytes,
      'grpc.max_concurrent_streams': MOST_STREAMS,
      'grpc.max_connection_idle_ms': IDLE_MS,
      'grpc.max_connection_age_ms': AGE_MS,
      'grpc.keepalive_time_ms': PING_MS,
      'grpc.enable_channelz': 0,
      interceptors: [callHooks({ gatekeepers, recorder, rules: this.rules(), config })],
    });
    const service = inferenceService(PARTS_A_RECORD * config.batchLimit);
    this.server.addService(service, this.inferenceHandlers());
    const { check: Check, watch: Watch } = this.health;
    this.server.addService(healthService, { Check, Watch });
  }

  /** Listens on `HOST` and `GRPC_PORT`. @throws Error saying why it cannot */
  async listen(): Promise<void> {
    const { host, grpcPort } = this.config;
    const address = `${host.includes(':') ? `[${host}]` : host}:${grpcPort}`;
    this.boundPort = await new Promise((resolve, reject) => {
      this.server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else
          reject(
            new Error(
              `gRPC cannot listen on ${address}: set GRPC_PORT to another port (${error.message})`,
            ),
          );
      });
    });
  }

  get port(): number {
    return this.boundPort;
  }

  /** Watchers of the service's health learn at once that it changed. */
  tellHealth(): void {
    this.health.tellAll();
  }

  /** Takes no new calls; resolves when those under way are answered. */
  close(): Promise<void> {
    this.health.close();
    return new Promise((resolve, reject) => {
      this.server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  private rules(): ReadonlyMap<string, MethodRules> {
    const { stats } = this.recorder;
    const rulesOf = (path: string): MethodRules => {
      const isInfer = path.endsWith('/ModelInfer');
      const statistics = stats.route(METHOD, path, { background: !isInfer });
      if (isInfer) return { ...PREDICT, statistics };
      return path.endsWith('Metadata') ? { statistics } : { ...QUIET, statistics };
    };
    const methods = [inferenceService(0), healthService].flatMap(Object.values);
    return new Map(methods.map(({ path }) => [path, rulesOf(path)]));
  }

  private inferenceHandlers(): Record<string, UntypedHandleCall> {
    const inference = () => this.app().inference;
    return {
      ServerLive: this.unary(() => ({ live: true })),
      ServerReady: this.unary(() => ({ ready: inference().obstacle() === undefined })),
      ModelReady: this.unary((request: ModelRequest) => ({
        ready: isModelReady(inference(), request),
      })),
      ServerMetadata: this.unary(() => serverMetadata),
      ModelMetadata: this.unary((request: ModelRequest) =>
        inference().metadata(addressOf(request)),
      ),
      ModelInfer: this.unary(async (request: ModelInferRequest | Undecoded, metadata) => {
        if (request instanceof Undecoded) {
          throw new ProblemError('BODY_TOO_LARGE', { detail: request.reason });
        }
        const { body, raw } = plainRequest(request);
        const address = addressOf({ name: request.model_name, version: request.model_version });
        const inferred = await inference().infer(address, body, raw);
        metadata.set(MODEL_VERSION, inferred.version);
        return inferResponse(inferred, raw !== undefined);
      }),
    };
  }

  /** Answers with what `answer` gives, or with the problem that it throws. */
  private unary<Request>(answer: Answer<Request>): UntypedHandleCall {
    return async (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>) => {
      const metadata = new Metadata();
      try {
        const response = await answer(call.request, metadata);
        call.sendMetadata(metadata);
        done(null, response);
      } catch (error) {
        const problem = error instanceof ProblemError ? error : this.internal(error, call.metadata);
        done(statusOfProblem(problem));
      }
    };
  }

  private internal(error: unknown, metadata: Metadata): ProblemError {
    const [id] = metadata.get(REQUEST_ID);
    this.logger.error({ err: error, request_id: id }, 'request failed');
    return new ProblemError('INTERNAL_ERROR', { cause: error });
  }
}

function addressOf({ name, version }: ModelRequest) {
  return version === '' ? { name } : { name, version };
}

/** @throws ProblemError NOT_FOUND where no model is called so */
function isModelReady(inference: Inference, request: ModelRequest): boolean {
  try {
    inference.checkModel(addressOf(request));
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'MODEL_NOT_LOADED') return false;
    throw error;
  }
}
