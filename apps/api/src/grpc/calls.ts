/*
 * What the frame's hooks do for a request over HTTP, for one over gRPC: its id, the gate, a time limit,
 * and in the end its count, log line and span. By the same functions, in the same order.
 *
 *   call ──▶ id ──▶ gate ──refused──▶ status
 *                    │ in
 *                    ▼
 *               message within REQUEST_TIMEOUT_MS ──▶ handler ──▶ status ──▶ read by the client, or
 *                                                                            given up: recorded, left
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import proxyAddress from '@fastify/proxy-addr';
import {
  Metadata,
  type ServerInterceptingCallInterface,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerListener,
  status as Code,
} from '@grpc/grpc-js';
import type { Config } from '../config.js';
import {
  REQUEST_ID,
  type RequestRecorder,
  type RouteRecord,
  requestId,
} from '../logging/request-hooks.js';
import { type Gatekeepers, OVERLOADED, type Refusal, refusalOf } from '../security/gate.js';
import type { Scope } from '../security/scopes.js';
import { type CallStatus, httpStatusOf, ownWords, statusOf, statusText } from './status.js';

/** The metadata that names the version that answered. */
export const MODEL_VERSION = 'x-model-version';
/** What calls are counted and logged by, in place of an HTTP method. */
export const METHOD = 'GRPC';

/** How calls of a method are treated, as a route's configuration says it. */
export interface MethodRules extends RouteRecord {
  readonly scope?: Scope;
}

/** What calls pass. */
export interface CallHooks {
  /** The gatekeepers of the app that answers now. */
  readonly gatekeepers: () => Gatekeepers;
  readonly recorder: RequestRecorder;
  /** By path. */
  readonly rules: ReadonlyMap<string, MethodRules>;
  readonly config: Pick<Config, 'requestTimeoutMs' | 'trustProxy'>;
}

/** Has every call to a method that exists pass these hooks. */
export function callHooks(hooks: CallHooks): ServerInterceptor {
  return ({ path }, call) => {
    const listener = new Call(path, call, hooks).listen();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}

class Call {
  private readonly start = performance.now();
  private readonly rules: MethodRules;
  private headers: Record<string, string> = {};
  private id = '';
  private version: string | undefined;
  private isRead = false;
  private isOver = false;
  /** What the client was told; one that is told nothing has hung up. */
  private status: CallStatus = { code: Code.CANCELLED, details: '' };
  private leave = () => {};
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly path: string,
    private readonly call: ServerInterceptingCallInterface,
    private readonly hooks: CallHooks,
  ) {
    this.rules = hooks.rules.get(path) ?? {};
    this.watchAnswer();
  }

  listen(): ServerListener {
    return {
      onReceiveMetadata: (metadata, next) => {
        this.begin(metadata);
        const settled = (refusal: CallStatus | undefined) => {
          if (refusal === undefined) next(metadata);
          else this.call.sendStatus(refusal);
        };
        const refusal = this.refusal();
        if (refusal instanceof Promise) void refusal.then((told) => this.isOver || settled(told));
        else settled(refusal);
      },
      onReceiveMessage: (message, next) => next(message),
      onReceiveHalfClose: (next) => {
        clearTimeout(this.timer);
        this.isRead = true;
        next();
      },
      onCancel: () => this.end(),
    };
  }

  /** Sees what is sent, also by the library itself, which goes past interceptors. */
  private watchAnswer(): void {
    const { call } = this;
    const sendMetadata = call.sendMetadata.bind(call);
    const sendMessage = call.sendMessage.bind(call);
    const sendStatus = call.sendStatus.bind(call);
    call.sendMetadata = (metadata) => {
      this.version = metadata.get(MODEL_VERSION)[0] as string | undefined;
      metadata.set(REQUEST_ID, this.id);
      sendMetadata(metadata);
    };
    call.sendMessage = (message, sent) => {
      this.limit(() => this.giveUp());
      sendMessage(message, () => {
        clearTimeout(this.timer);
        sent();
      });
    };
    call.sendStatus = (told) => {
      if (this.isOver) return;
      const status = ownWords(told, this.isRead);
      const metadata = status.metadata?.clone() ?? new Metadata();
      if (status.code !== Code.OK) metadata.set(REQUEST_ID, this.id);
      this.status = { ...status, details: statusText(status.details), metadata };
      this.limit(() => this.giveUp());
      sendStatus(this.status);
    };
  }

  private begin(metadata: Metadata): void {
    const names = Object.keys(metadata.getMap());
    this.headers = Object.fromEntries(names.map((name) => [name, metadata.get(name).join(', ')]));
    this.id = requestId({ headers: this.headers });
    // For whoever answers.
    metadata.set(REQUEST_ID, this.id);
    this.limit(() => this.call.sendStatus(statusOf('REQUEST_TIMEOUT')));
  }

  /** Why the call is turned away; undefined when it is let in. Health checks pass always. */
  private refusal(): CallStatus | undefined | Promise<CallStatus | undefined> {
    const { quiet, scope } = this.rules;
    if (quiet) return undefined;
    const keepers = this.hooks.gatekeepers();
    const ticket = keepers.admission.enter();
    if (ticket === undefined) {
      keepers.shed.increment();
      return statusOf(OVERLOADED.code, OVERLOADED);
    }
    this.leave = () => ticket.giveBack();
    const refusal = refusalOf(keepers, this.headers, () => this.address(), scope);
    const told = (refusal: Refusal | undefined) => refusal && statusOf(refusal.code, refusal);
    return refusal instanceof Promise ? refusal.then(told) : told(refusal);
  }

  /** The client's, as far as the proxies in between are trusted. */
  private address(): string {
    const { trustProxy } = this.hooks.config;
    const { remoteAddress } = this.call.getConnectionInfo();
    const request = { headers: this.headers, socket: { remoteAddress } };
    const isTrusted = (_address: string, hop: number) => hop < trustProxy;
    return proxyAddress(request as never, isTrusted) ?? 'unknown';
  }

  private limit(late: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(late, this.hooks.config.requestTimeoutMs);
  }

  /** Of a client that does not read its answer. The library knows no way; its version is pinned. */
  private giveUp(): void {
    this.status = statusOf('REQUEST_TIMEOUT');
    this.isOver = true;
    const { stream } = this.call as unknown as { readonly stream?: ServerHttp2Stream };
    // Node waits with a CANCEL for what the client does not take.
    stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** The library says so once, however a call ends. */
  private end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.leave();
    const { id, path, headers, version: modelVersion } = this;
    const milliseconds = performance.now() - this.start;
    const status = httpStatusOf(this.status);
    const answered = { id, method: METHOD, path, status, milliseconds, headers, modelVersion };
    this.hooks.recorder.record(this.rules, answered);
  }
}
