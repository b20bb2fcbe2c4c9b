import {
  figuresOf,
  judge,
  longestGap,
  mostInAMinute,
  quantile,
  statisticsHold,
} from '../cluster/figures.mjs';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LIMIT = 100;

/** Requests of a kind, one each `every` milliseconds. */
const sent = (kind: string, count: number, every: number, status = 200, ms = 2) =>
  Array.from({ length: count }, (_, i) => ({ kind, at: i * every, ms, status }));

const marks = { start: 0, from: 10 * SECOND, until: 30 * SECOND, end: 70 * SECOND };
const healthy = () => [
  ...sent('prediction', 700, 100),
  // As many as may pass in half a minute, and then refused ones.
  ...sent('greedy', LIMIT, 300),
  ...sent('greedy', LIMIT, 300, 429),
  ...sent('outcome', 70, SECOND),
];

/** What does not hold of these samples. */
function wrong(samples: ReturnType<typeof sent>, expected = {}, facts = {}): string[] {
  const figures = figuresOf(samples, marks);
  const outcomes = { committed: 350, kept: 350 };
  const statistics = { hold: true, got: 'all' };
  const claims = judge({ figures, limit: LIMIT, ...outcomes, statistics, ...facts }, expected);
  return claims.filter(({ holds }) => !holds).map(({ name }) => name);
}

it('takes the smallest value that a share of them does not exceed', () => {
  expect([0, 0.5, 0.99, 1].map((share) => quantile([3, 1, 2, 4], share))).toEqual([1, 2, 4, 4]);
  expect(quantile([], 0.5)).toBeNaN();
});

it('counts the time up to the first event and after the last as gaps too', () => {
  expect(longestGap([5, 2, 30, -1], 0, 10)).toBe(5);
  expect(longestGap([1], 0, 10)).toBe(9);
  expect(longestGap([], 0, 10)).toBe(10);
});

it('finds the fullest minute, wherever it begins', () => {
  expect(mostInAMinute([])).toBe(0);
  expect(mostInAMinute([MINUTE, 0, 59_999])).toBe(2);
  expect(mostInAMinute([0, 50_000, 70_000, 80_000, 109_999, 200_000])).toBe(4);
});

it('tells latency before, during and after, of what was answered', () => {
  const samples = [
    { kind: 'prediction', at: 1, ms: 5, status: 200 },
    { kind: 'prediction', at: marks.from, ms: 900, status: 200 },
    { kind: 'prediction', at: marks.from + 1, ms: 30_000, status: 0 },
    { kind: 'prediction', at: marks.until, ms: 7, status: 200 },
    { kind: 'outcome', at: 1, ms: 4000, status: 503 },
  ];
  expect(figuresOf(samples, marks)).toMatchObject({
    before: { p50: 5, p99: 5 },
    during: { p50: 900, p99: 900 },
    after: { p50: 7, p99: 7 },
    predictions: { requests: 4, failed: 1, statuses: { 200: 3, 0: 1 } },
    outcomes: { requests: 1, failed: 1 },
    slowestOutcomeMs: 4000,
  });
});

it('finds nothing wrong where nothing is', () => {
  expect(wrong(healthy())).toEqual([]);
});

it.each([
  ['predictions failed', [...healthy(), ...sent('prediction', 1, 0, 502)]],
  ['limited calls failed', [...healthy(), ...sent('greedy', 1, 0, 503)]],
  ['outcome bodies failed', [...healthy(), ...sent('outcome', 1, 0, 504)]],
  ['slowest outcome body, ms', [...healthy(), ...sent('outcome', 1, 0, 200, 12_001)]],
  ['most that passed in a minute', [...healthy(), ...sent('greedy', 11, 0)]],
  [
    'passed in the first minute',
    healthy().filter(({ kind, at }) => kind !== 'greedy' || at < 15_000),
  ],
  [
    'longest gap, ms',
    healthy().filter(({ kind, at }) => kind !== 'prediction' || at < 5e4 || at > 52_100),
  ],
])('names what does not hold: %s', (name, samples) => {
  expect(wrong(samples)).toEqual([name]);
});

it('names outcomes that were answered as committed and are lost, and a drill without any', () => {
  expect(wrong(healthy(), {}, { kept: 349 })).toEqual(['committed outcomes kept']);
  expect(wrong(healthy(), {}, { committed: 0, kept: 0 })).toEqual(['committed outcomes kept']);
});

it('allows what a drill expects, and asks for what it adds', () => {
  const apart = [...healthy(), ...sent('greedy', 2 * LIMIT, 0)];
  expect(wrong(apart, { limitTimes: 3 })).toEqual([]);
  const failing = [...healthy(), ...sent('outcome', 7, 0, 503)];
  expect(wrong(failing, { outcomesFail: 0.1 })).toEqual([]);
  expect(wrong(failing, { outcomesFail: 0.05 })).toEqual(['outcome bodies failed']);
  const late = [...healthy(), ...sent('outcome', 1, 0, 200, 20_000)];
  expect(wrong(late, { outcomeMs: 21_000 })).toEqual([]);
  const more = [{ name: 'exit codes', holds: false, wanted: 0, got: 1 }];
  expect(wrong(healthy(), {}, { more })).toEqual(['exit codes']);
});

it('holds statistics to what the client saw, and to what the balancer asked twice', () => {
  expect(statisticsHold({ 200: 10, 429: 3 }, { 200: 10, 429: 3 }, 0)).toBe(true);
  expect(statisticsHold({ 200: 9, 429: 3 }, { 200: 10, 429: 3 }, 5)).toBe(false);
  expect(statisticsHold({ 200: 12 }, { 200: 10 }, 2)).toBe(true);
  expect(statisticsHold({ 200: 12 }, { 200: 10 }, 1)).toBe(false);
  // The balancer's own answers are none of the service's.
  expect(statisticsHold({ 200: 10 }, { 200: 10, 0: 1, 502: 2, 504: 3 }, 0)).toBe(true);
  expect(statisticsHold({ 200: 10 }, { 200: 10, 503: 1 }, 0)).toBe(false);
});
