// What the client wrote down, as figures, and whether they are as they must be. Pure: no clock, no network.

/** Longer without a right prediction than this is an outage, in milliseconds. */
const LONGEST_GAP_MS = 2000;
/** Whoever tells outcomes is told by then whether they were kept, in milliseconds. */
const LONGEST_OUTCOME_MS = 12_000;
/** How far the requests of a client may be from its limit, as a share. */
const LIMIT_TOLERANCE = 0.1;
const MINUTE_MS = 60_000;

/** Statuses that are right, by kind of request. */
const RIGHT = { prediction: [200], greedy: [200, 429], outcome: [200] };

const isRight = ({ kind, status }) => RIGHT[kind].includes(status);

/**
 * @param {number[]} values
 * @param {number} share from 0 to 1
 * @returns {number} the smallest value that at least this share of the values does not exceed; NaN of none
 */
export function quantile(values, share) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * The longest time without an event between two times, in the unit of these.
 * @param {number[]} times of the events, in any order
 */
export function longestGap(times, from, until) {
  const inside = times.filter((time) => time > from && time < until).sort((a, b) => a - b);
  const edges = [from, ...inside, until];
  return edges.slice(1).reduce((most, time, i) => Math.max(most, time - edges[i]), 0);
}

/** The most events within any minute. @param {number[]} times in milliseconds, in any order */
export function mostInAMinute(times) {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last] - sorted[first] >= MINUTE_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/**
 * Figures of a drill.
 * @param {{kind: string, at: number, ms: number, status: number}[]} samples `at` in milliseconds since
 *   1970, `ms` until the answer was whole; a status of 0 is a lost request
 * @param {{start: number, from: number, until: number, end: number}} marks when the load began, what
 *   is drilled began and was over, and the load ended
 */
export function figuresOf(samples, { start, from, until, end }) {
  const of = (kind) => samples.filter((sample) => sample.kind === kind);
  const [predictions, greedy, outcomes] = ['prediction', 'greedy', 'outcome'].map(of);
  const latency = (first, last) => {
    const some = predictions.filter(({ at }) => at >= first && at < last).filter(isRight);
    const ms = some.map((sample) => sample.ms);
    return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
  };
  const passed = greedy.filter(({ status }) => status === 200).map(({ at }) => at);
  const answered = predictions.filter(isRight).map(({ at, ms }) => at + ms);
  return {
    predictions: countsOf(predictions),
    greedy: countsOf(greedy),
    outcomes: countsOf(outcomes),
    gapMs: longestGap(answered, start, end),
    slowestOutcomeMs: outcomes.reduce((most, { ms }) => Math.max(most, ms), 0),
    before: latency(start, from),
    during: latency(from, until),
    after: latency(until, end),
    limit: {
      most: mostInAMinute(passed),
      firstMinute: passed.filter((at) => at < start + MINUTE_MS).length,
    },
  };
}

function countsOf(samples) {
  const statuses = {};
  for (const { status } of samples) statuses[status] = (statuses[status] ?? 0) + 1;
  const failed = samples.filter((sample) => !isRight(sample)).length;
  return { requests: samples.length, failed, statuses };
}

/**
 * Whether what all replicas together say they answered is what the client was answered: no less, and
 * no more than what the balancer asked twice.
 * @param {Record<string, number>} told by status, what the service counted of a route
 * @param {Record<string, number>} seen by status, what the client got of it
 * @param {number} retries attempts beyond the first, of the balancer
 */
export function statisticsHold(told, seen, retries) {
  const statuses = [...new Set([...Object.keys(told), ...Object.keys(seen)])].filter(
    // 0: lost on the way, and 502 and 504 are the balancer's own.
    (status) => !['0', '502', '504'].includes(status),
  );
  const more = statuses.map((status) => (told[status] ?? 0) - (seen[status] ?? 0));
  const sum = more.reduce((total, each) => total + each, 0);
  // A status that was tried again is missing with the client, and may count with the service.
  return more.every((each) => each >= 0) && sum <= retries;
}

/** One thing that must hold. */
function claim(name, holds, wanted, got) {
  return { name, holds, wanted, got };
}

/**
 * What must hold of every drill, and what `expected` adds or loosens.
 * @param facts `figures` of `figuresOf`; `limit` a minute; `committed` and `kept` outcomes; `statistics`
 *   whether they held, and `more` claims of the drill's own
 * @param expected `limitTimes`: by how much the limit may be passed while replicas do not hear of each
 *   other, 1 if they always do; `outcomesFail`: the largest share of bodies of outcomes that may fail;
 *   `outcomeMs`: how long one may take
 */
export function judge(facts, expected) {
  const { limitTimes = 1, outcomesFail = 0, outcomeMs = LONGEST_OUTCOME_MS } = expected;
  const { figures, limit, committed, kept, statistics, more = [] } = facts;
  const { predictions, greedy, outcomes, gapMs, slowestOutcomeMs } = figures;
  const most = limit * (limitTimes + LIMIT_TOLERANCE);
  const least = limit * (1 - LIMIT_TOLERANCE);
  const allowed = Math.floor(outcomesFail * outcomes.requests);
  const { most: passed, firstMinute } = figures.limit;
  return [
    claim('predictions failed', predictions.failed === 0, 0, predictions.failed),
    claim('limited calls failed', greedy.failed === 0, 0, greedy.failed),
    claim('outcome bodies failed', outcomes.failed <= allowed, `≤ ${allowed}`, outcomes.failed),
    claim('committed outcomes kept', kept === committed && committed > 0, committed, kept),
    claim('longest gap, ms', gapMs <= LONGEST_GAP_MS, `≤ ${LONGEST_GAP_MS}`, Math.round(gapMs)),
    claim(
      'slowest outcome body, ms',
      slowestOutcomeMs <= outcomeMs,
      `≤ ${outcomeMs}`,
      Math.round(slowestOutcomeMs),
    ),
    claim('most that passed in a minute', passed <= most, `≤ ${most}`, passed),
    claim('passed in the first minute', firstMinute >= least, `≥ ${least}`, firstMinute),
    claim('statistics', statistics.hold, 'as the client counted', statistics.got),
    ...more,
  ];
}
