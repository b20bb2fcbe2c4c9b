import fc from 'fast-check';
import { ServiceStats, type CacheCounts, type Model, type StatsSnapshot } from '../src/index.js';

/** What can happen to a service, in numbers that any service can be told. */
export interface Event {
  readonly worker: number;
  /** Milliseconds since the event before. */
  readonly gap: number;
  /** Milliseconds that the clock of this event is behind. */
  readonly behind: number;
  readonly count: (service: Service) => void;
}

export interface Service {
  readonly stats: ServiceStats;
  readonly models: readonly Model[];
}

const ROUTES = [
  ['POST', '/predict_ctr'],
  ['GET', '/stats'],
  ['GET', '/models'],
] as const;
const COUNTERS = ['requests_shed', 'uncaught_errors'];

/** A service that has registered what the events need. */
export function newService(now: () => number): Service {
  const stats = new ServiceStats(now);
  const device = { name: 'device_type', categories: ['mobile', 'desktop', 'tablet'] };
  const position = { name: 'ad_position', categories: ['1', '2', '3'] };
  const models = [stats.model('a', [device, position]), stats.model('b', [position])];
  COUNTERS.forEach((name) => stats.counter(name));
  ['keyword', 'Zielgruppe 7'].forEach((name) => stats.unknownWords(name));
  return { stats, models };
}

const ctr = fc.integer({ min: 0, max: 10_000 }).map((tenThousandths) => tenThousandths / 10_000);
const model = fc.nat(1);

const request = fc
  .tuple(
    fc.option(fc.nat(ROUTES.length - 1)),
    fc.constantFrom(200, 422, 500, 503, 0, 99),
    fc.oneof(fc.double({ min: 0, max: 1e7 }), fc.constant(-1)),
  )
  .map(([route, status, latency]) => ({ stats }: Service) => {
    const [method, path] = ROUTES[route ?? 0];
    const handle =
      route === null ? undefined : stats.route(method, path, { background: route === 1 });
    stats.countRequest(handle, status, latency);
  });

const prediction = fc
  .tuple(model, ctr, fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 }))
  .map(([of, value, first, second]) => ({ stats, models }: Service) => {
    stats.countPrediction(models[of], value, Int32Array.of(first, second));
  });

const shadow = fc
  .tuple(model, ctr, ctr)
  .map(([of, value, served]) => ({ stats, models }: Service) => {
    stats.countShadow(models[of], value, served);
  });

const lookup = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 50 })).map(
  ([hit, times]) =>
    ({ stats }: Service) =>
      stats.countLookup(hit, times),
);

const counter = fc.tuple(fc.constantFrom(...COUNTERS), fc.integer({ min: 1, max: 9 })).map(
  ([name, by]) =>
    ({ stats }: Service) =>
      stats.counter(name).increment(by),
);

const unknownWord = fc.constantFrom('keyword', 'Zielgruppe 7').map(
  (feature) =>
    ({ stats }: Service) =>
      stats.unknownWords(feature).increment(),
);

/** Some events of three workers: within one slot, over many, and after hours of silence. */
export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    worker: fc.nat(2),
    gap: fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(400_000), fc.nat(8_000_000)),
    behind: fc.oneof(fc.constant(0), fc.nat(30_000)),
    count: fc.oneof(request, prediction, shadow, lookup, counter, unknownWord),
  }),
  { maxLength: 60 },
);

/** Lets the events happen to three workers and to one service that sees all of them. */
export function live(happening: readonly Event[], startedAt: number) {
  let time = startedAt;
  const now = () => time;
  const all = newService(now);
  const workers = [newService(now), newService(now), newService(now)];
  let actual = startedAt;
  for (const { worker, gap, behind, count } of happening) {
    actual += gap;
    time = Math.max(startedAt, actual - behind);
    count(all);
    count(workers[worker]);
  }
  time = actual;
  return { all: all.stats.snapshot(), workers: workers.map(({ stats }) => stats.snapshot()) };
}

const cacheCounts: fc.Arbitrary<CacheCounts> = fc.record({
  hits: fc.nat(),
  misses: fc.nat(),
  size: fc.nat(),
  bytes: fc.nat(),
  evictions: fc.nat(),
});

/** The snapshot of a service that lived some day, with a cache. */
export const snapshots: fc.Arbitrary<StatsSnapshot> = fc
  .tuple(events, fc.nat(1e9), cacheCounts)
  .map(([happening, startedAt, cache]) => ({ ...live(happening, startedAt).all, cache }));
