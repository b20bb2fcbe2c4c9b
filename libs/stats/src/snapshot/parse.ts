import { shown, StatsError } from '../errors.js';
import { type Compare, compareModels, compareNames, compareRoutes } from './order.js';
import {
  type CacheCounts,
  type CategorySnapshot,
  type CounterSnapshot,
  type CtrCounts,
  deepFreeze,
  type DimensionSnapshot,
  type ModelSnapshot,
  type RouteSnapshot,
  type ShadowCounts,
  type SlotSnapshot,
  SNAPSHOT_FORMAT,
  type StatsSnapshot,
  type WindowSlots,
} from './snapshot.js';

/** Reads a value that came from outside, or refuses it; `at` is where it stood. */
type Parser<T> = (value: unknown, at: string) => T;

/**
 * A snapshot as it came from another process, checked and frozen. Fields that are not known are
 * left out; everything that merging relies on, such as the order of lists, is checked.
 * @param value what JSON.parse or a structured clone gave
 * @throws StatsError SNAPSHOT_INVALID naming the field, what it is and what was wanted
 */
export function parseSnapshot(value: unknown): StatsSnapshot {
  return deepFreeze(snapshotOf(value, 'snapshot'));
}

function refuse(at: string, value: unknown, wanted: string): never {
  throw new StatsError('SNAPSHOT_INVALID', `${at} is ${shown(value)}, wanted ${wanted}`);
}

const format: Parser<typeof SNAPSHOT_FORMAT> = (value, at) =>
  value === SNAPSHOT_FORMAT ? value : refuse(at, value, String(SNAPSHOT_FORMAT));

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const whole: Parser<number> = (value, at) =>
  isWhole(value) ? value : refuse(at, value, 'a whole number from 0');

const moment: Parser<number> = (value, at) =>
  Number.isFinite(value) ? (value as number) : refuse(at, value, 'a number');

const momentOrNull: Parser<number | null> = (value, at) =>
  value === null ? null : moment(value, at);

const text: Parser<string> = (value, at) =>
  typeof value === 'string' ? value : refuse(at, value, 'text');

const flag: Parser<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : refuse(at, value, 'true or false');

const pairs: Parser<readonly number[]> = (value, at) => {
  if (!Array.isArray(value) || value.length % 2 === 1) refuse(at, value, 'a list of pairs');
  const numbers: number[] = value.slice();
  // Tens of thousands of numbers: their places are only put into words for a refusal.
  for (let i = 0; i < numbers.length; i++) {
    if (!isWhole(numbers[i])) whole(numbers[i], `${at}[${i}]`);
    if (i % 2 === 1 && numbers[i] === 0) refuse(`${at}[${i}]`, 0, 'a count above 0');
    if (i % 2 === 0 && i > 0 && numbers[i] <= numbers[i - 2]) {
      refuse(`${at}[${i}]`, numbers[i], `more than ${numbers[i - 2]}`);
    }
  }
  return numbers;
};

function listOf<T>(element: Parser<T>, compare: Compare<T>): Parser<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) refuse(at, value, 'a list');
    const list: T[] = value.map((each, i) => element(each, `${at}[${i}]`));
    list.forEach((each, i) => {
      if (i > 0 && !(compare(list[i - 1], each) < 0))
        refuse(`${at}[${i}]`, each, 'ascending order');
    });
    return list;
  };
}

function shapeOf<T extends object>(fields: { readonly [K in keyof T]: Parser<T[K]> }): Parser<T> {
  const parsers = Object.entries(fields) as [string, Parser<unknown>][];
  return (value, at) => {
    if (typeof value !== 'object' || value === null) refuse(at, value, 'an object');
    const given = value as Record<string, unknown>;
    const parsed = parsers.map(([name, parse]) => [name, parse(given[name], `${at}.${name}`)]);
    return Object.fromEntries(parsed) as T;
  };
}

const ctrSums = { predictions: whole, ctrTenThousandths: whole };
const ctrCounts = { ...ctrSums, ctrs: pairs };

const routeOf = shapeOf<RouteSnapshot>({
  method: text,
  path: text,
  background: flag,
  statuses: pairs,
  latency: pairs,
  microseconds: whole,
});

const dimensionOf = shapeOf<DimensionSnapshot>({
  name: text,
  categories: listOf(shapeOf<CategorySnapshot>({ label: text, ...ctrSums }), (a, b) =>
    compareNames(a.label, b.label),
  ),
});

const modelOf = shapeOf<ModelSnapshot>({
  version: text,
  since: moment,
  served: shapeOf<CtrCounts>(ctrCounts),
  shadow: shapeOf<ShadowCounts>({
    ...ctrCounts,
    aboveTenThousandths: whole,
    belowTenThousandths: whole,
  }),
});

const slotsOf = listOf(
  shapeOf<SlotSnapshot>({
    start: moment,
    requests: whole,
    errors: whole,
    predictions: whole,
    hits: whole,
    misses: whole,
    latency: pairs,
  }),
  (a, b) => a.start - b.start,
);

const countersOf = listOf(shapeOf<CounterSnapshot>({ name: text, value: whole }), (a, b) =>
  compareNames(a.name, b.name),
);

/** A list that snapshots of earlier releases do not have. */
function sinceAdded<T>(list: Parser<readonly T[]>): Parser<readonly T[]> {
  return (value, at) => (value === undefined ? [] : list(value, at));
}

const snapshotOf = shapeOf<StatsSnapshot>({
  format,
  startedAt: momentOrNull,
  takenAt: momentOrNull,
  ...ctrCounts,
  routes: listOf(routeOf, compareRoutes),
  dimensions: listOf(dimensionOf, (a, b) => compareNames(a.name, b.name)),
  models: listOf(modelOf, compareModels),
  counters: countersOf,
  unknownWords: sinceAdded(countersOf),
  cache: shapeOf<CacheCounts>({
    hits: whole,
    misses: whole,
    size: whole,
    bytes: whole,
    evictions: whole,
  }),
  windows: shapeOf<WindowSlots>({ fine: slotsOf, coarse: slotsOf }),
});
