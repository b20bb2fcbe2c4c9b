import { requireName, StatsError } from '../errors.js';
import { HIGHEST, LogHistogram, pairsOf, saturatingSum } from '../histogram.js';
import { compareRoutes } from '../snapshot/order.js';
import type { RouteSnapshot } from '../snapshot/snapshot.js';

/** How many routes a service may register. */
export const MAX_ROUTES = 100;

const LOWEST_STATUS = 100;
const HIGHEST_STATUS = 599;
const STATUSES = HIGHEST_STATUS - LOWEST_STATUS + 2;

/** The status itself if HTTP knows such a one, else 0. */
export function knownStatus(status: number): number {
  const known = status >= LOWEST_STATUS && status <= HIGHEST_STATUS && Number.isInteger(status);
  return known ? status : 0;
}

/** The requests to one route: a handle to count them with. */
export class Route {
  // Place 0 is status 0; the place of any other is its distance from 99.
  private readonly statuses = new Float64Array(STATUSES);
  private readonly latency = new LogHistogram();
  private readonly microseconds = new Float64Array(1);

  constructor(
    readonly method: string,
    readonly path: string,
    readonly background: boolean,
  ) {}

  /**
   * Counts one request. Its latency is left out when it is NaN.
   * @param status 0, or 100 to 599
   * @param bucket of the latency on the scale `MILLISECONDS`; −1 for NaN
   */
  count(status: number, milliseconds: number, bucket: number): void {
    this.statuses[status === 0 ? 0 : status - LOWEST_STATUS + 1]++;
    if (bucket < 0) return;
    this.latency.recordBucket(bucket);
    this.microseconds[0] += Math.round(Math.min(Math.max(milliseconds, 0), HIGHEST) * 1000);
  }

  snapshot(): RouteSnapshot {
    const statuses = pairsOf(this.statuses, 0, STATUSES);
    for (let i = 0; i < statuses.length; i += 2) {
      if (statuses[i] > 0) statuses[i] += LOWEST_STATUS - 1;
    }
    return {
      method: this.method,
      path: this.path,
      background: this.background,
      statuses,
      latency: this.latency.snapshot(),
      microseconds: saturatingSum(this.microseconds[0], 0),
    };
  }
}

/** The routes of a service. */
export class Routes {
  /** Where requests go that no route was found for. */
  readonly unmatched = new Route('*', '*', false);
  private readonly routes: Route[] = [this.unmatched];

  /**
   * The route of this method and path; the same one when asked again.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  register(method: string, path: string, background: boolean): Route {
    requireName('method', method);
    requireName('path', path);
    const known = this.routes.find((route) => route.method === method && route.path === path);
    if (known !== undefined) return known;
    if (this.routes.length > MAX_ROUTES) {
      throw new StatsError('LIMIT_REACHED', `route ${method} ${path} is one over ${MAX_ROUTES}`);
    }
    const route = new Route(method, path, background);
    this.routes.push(route);
    return route;
  }

  /** The routes that saw requests, in order. */
  snapshot(): RouteSnapshot[] {
    return this.routes
      .map((route) => route.snapshot())
      .filter(({ statuses }) => statuses.length > 0)
      .sort(compareRoutes);
  }
}
