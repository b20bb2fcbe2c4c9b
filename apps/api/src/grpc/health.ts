/*
 * grpc.health.v1. Why not grpc-health-check 2.1: it has to be told of every change, and what a check
 * answers is then as old as the last telling; here a check asks the service itself.
 */
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { status as Code } from '@grpc/grpc-js';
import { INFERENCE_SERVICE } from './definitions.js';
import { statusOf } from './status.js';

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: ServingStatus;
}
type Watcher = ServerWritableStream<HealthRequest, HealthResponse>;

/** The service as a whole, and by its name. */
const SERVICES = ['', INFERENCE_SERVICE];
/** How often it is looked whether watchers are to be told of a change. */
const LOOK_MS = 250;
/** Watchers hold a stream each for as long as they like, and need no key. */
const MOST_WATCHERS = 100;

/** Answers health checks, and tells watchers when the answer changes. */
export class Health {
  private readonly watchers = new Map<Watcher, ServingStatus>();
  private look: NodeJS.Timeout | undefined;

  /** @param isReady whether requests should be sent here */
  constructor(private readonly isReady: () => boolean) {}

  readonly check = (
    { request: { service } }: ServerUnaryCall<HealthRequest, HealthResponse>,
    answer: sendUnaryData<HealthResponse>,
  ): void => {
    if (SERVICES.includes(service)) return answer(null, { status: this.statusOf(service) });
    const wanted = SERVICES.map((name) => `"${name}"`).join(' or ');
    answer({ code: Code.NOT_FOUND, details: `service is "${service}", wanted ${wanted}` });
  };

  readonly watch = (watcher: Watcher): void => {
    if (this.watchers.size >= MOST_WATCHERS) {
      const detail = `${MOST_WATCHERS} clients watch already: check from time to time instead.`;
      watcher.emit('error', {
        ...statusOf('OVERLOADED', { detail }),
        code: Code.RESOURCE_EXHAUSTED,
      });
      return;
    }
    this.tell(watcher);
    watcher.on('cancelled', () => this.forget(watcher));
    this.look ??= setInterval(() => this.tellAll(), LOOK_MS);
  };

  /** Tells watchers of a change, if there is one. */
  tellAll(): void {
    for (const [watcher, told] of this.watchers) {
      if (this.statusOf(watcher.request.service) !== told) this.tell(watcher);
    }
  }

  /** Ends all watches. */
  close(): void {
    for (const watcher of this.watchers.keys()) watcher.end();
    this.watchers.clear();
    clearInterval(this.look);
    this.look = undefined;
  }

  private tell(watcher: Watcher): void {
    const status = this.statusOf(watcher.request.service);
    this.watchers.set(watcher, status);
    watcher.write({ status });
  }

  private forget(watcher: Watcher): void {
    this.watchers.delete(watcher);
    if (this.watchers.size > 0) return;
    clearInterval(this.look);
    this.look = undefined;
  }

  private statusOf(service: string): ServingStatus {
    if (!SERVICES.includes(service)) return 'SERVICE_UNKNOWN';
    return this.isReady() ? 'SERVING' : 'NOT_SERVING';
  }
}
