import { MILLISECONDS } from '../histogram.js';
import {
  type CacheCounts,
  deepFreeze,
  SNAPSHOT_FORMAT,
  type StatsSnapshot,
} from '../snapshot/snapshot.js';
import { WallClock } from './clock.js';
import { byEvent, byFeature, type Counter, Counters } from './counter.js';
import type { Dimension } from './dimensions.js';
import { CtrCounter, type Model, Models, tenThousandthsOf } from './models.js';
import { knownStatus, type Route, Routes } from './routes.js';
import { WindowCounts } from './windows.js';

const NO_CACHE: CacheCounts = { hits: 0, misses: 0, size: 0, bytes: 0, evictions: 0 };

/** How a route is counted. */
export interface RouteOptions {
  /**
   * True for requests that no user waits for, such as probes and scrapes. They are counted by route
   * and status, but not in the windows. Default false.
   */
  readonly background?: boolean;
}

/**
 * Counts what one service does. Routes, models and counters are registered first, which gives handles
 * to count with. Counting increments numbers in place, never throws, and allocates nothing but the
 * number that the clock gives (16 bytes in V8). Reading gives a frozen snapshot.
 */
export class ServiceStats {
  private readonly windows = new WindowCounts();
  private readonly clock: WallClock;
  private readonly routes = new Routes();
  private readonly models = new Models();
  private readonly predictions = new CtrCounter();
  private readonly counters = new Counters(byEvent);
  private readonly words = new Counters(byFeature);

  /** @param now a clock in milliseconds since 1970; read once for everything counted */
  constructor(now: () => number = Date.now) {
    this.clock = new WallClock(now, () => this.windows.clear());
  }

  /**
   * A handle to count requests to a route with; the same one when asked again.
   * @param path the route's pattern, not the path of a request: there may be 100 of them
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  route(method: string, path: string, { background = false }: RouteOptions = {}): Route {
    return this.routes.register(method, path, background);
  }

  /**
   * A handle to count predictions of a model with. The last four versions registered are kept;
   * predictions of one that is not kept any more still count for the service.
   * @param dimensions what the model's predictions are told apart by: counts are kept by dimension
   *   name and category label, over all models; at most 16
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  model(version: string, dimensions?: readonly Dimension[]): Model {
    return this.models.register(version, dimensions, this.clock.read());
  }

  /**
   * A counter of some other event, by its snake_case name; the same one when asked again.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  counter(name: string): Counter {
    return this.counters.register(name);
  }

  /**
   * Counts the predictions whose word of a feature the model did not know, over all models that have
   * the feature; the same counter when asked again.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  unknownWords(feature: string): Counter {
    return this.words.register(feature);
  }

  /**
   * Counts one answered request.
   * @param route undefined when none was found: counted as method `*`, path `*`
   * @param status HTTP status; what is none counts as 0
   * @param milliseconds below 0 counts as 0, above 1000 s as 1000 s; NaN leaves the latency out
   */
  countRequest(route: Route | undefined, status: number, milliseconds: number): void {
    const counted = route ?? this.routes.unmatched;
    const known = knownStatus(status);
    const bucket = MILLISECONDS.bucketOf(milliseconds);
    counted.count(known, milliseconds, bucket);
    if (counted.background) return;
    this.windows.countRequest(this.clock.read(), bucket, known >= 500);
  }

  /**
   * Counts one prediction that was answered.
   * @param ctr 0 to 1, counted in ten-thousandths; NaN is not counted
   * @param codes the category number in each of the model's dimensions, in their order; −1 or
   *   whatever is out of range counts as `other`. Read at once: callers fill one array again and again.
   * @param moment when, by `moment()`: who counts many at once reads the clock once
   */
  countPrediction(model: Model, ctr: number, codes?: Int32Array, moment = this.clock.read()): void {
    const tenThousandths = tenThousandthsOf(ctr);
    if (tenThousandths < 0) return;
    this.predictions.count(tenThousandths);
    model.countServed(tenThousandths, codes);
    this.windows.countPrediction(moment);
  }

  /** This moment, to count by, in milliseconds since 1970. */
  moment(): number {
    return this.clock.read();
  }

  /**
   * Counts what a shadow model would have answered, and its difference from what was answered. Only
   * the counts of the shadow model change. Not counted when either number is NaN.
   */
  countShadow(model: Model, ctr: number, servedCtr: number): void {
    const shadow = tenThousandthsOf(ctr);
    const served = tenThousandthsOf(servedCtr);
    if (shadow >= 0 && served >= 0) model.countShadow(shadow, served);
  }

  /**
   * Counts lookups in the cache, for the windows' hit rates.
   * @param times whole and above 0, for batches; anything else is not counted
   */
  countLookup(hit: boolean, times = 1): void {
    if (!(Number.isSafeInteger(times) && times > 0)) return;
    this.windows.countLookups(this.clock.read(), hit, times);
  }

  /** What was counted so far, together with the counts of the cache, which the caller passes in. */
  snapshot(cache: CacheCounts = NO_CACHE): StatsSnapshot {
    this.clock.read();
    const { startedAt, latest } = this.clock;
    const { hits, misses, size, bytes, evictions } = cache;
    return deepFreeze({
      format: SNAPSHOT_FORMAT,
      startedAt,
      takenAt: latest,
      ...this.predictions.snapshot(),
      routes: this.routes.snapshot(),
      dimensions: this.models.dimensionSnapshot(),
      models: this.models.snapshot(),
      counters: this.counters.snapshot(),
      unknownWords: this.words.snapshot(),
      cache: { hits, misses, size, bytes, evictions },
      windows: this.windows.snapshot(latest),
    });
  }
}
