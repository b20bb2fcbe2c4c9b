// The load scenarios: how many users for how long, and what a run must reach. k6 and the Node driver
// share this file as they share the traffic; like that one, it imports nothing.

/** Scenarios in which other clients behave badly. */
export type AbuseName = 'pipelining-abuse' | 'slow-readers';

export type ScenarioName =
  'smoke' | 'steady' | 'spike' | 'soak' | 'retrain' | 'valkey-dies' | 'decision-storm' | AbuseName;

/** Limits of a scenario: no request may ever fail, whatever else a scenario asks for. */
export interface Goals {
  /** The 99th percentile of the latency stays below this, in milliseconds. */
  p99Ms: number;
  /** The same beside a load of another kind is at most so many times what it is alone. */
  p99Times?: number;
  /** The share of predictions answered from the cache, warm-up included, is at least this. */
  hitRate?: number;
  /** What a key of the whole request would have hit, warm-up included, lies between these. */
  exactKeyHitRate?: readonly [low: number, high: number];
  /** At least this many different models answer. */
  models?: number;
  /** From a fifth of the run on, resident memory grows by less than this share. */
  residentGrowth?: number;
  /** Resident memory of all processes stays below this, in bytes. */
  residentBytes?: number;
}

export interface Scenario {
  /** Users that each send their next request as soon as they have an answer. */
  users: number;
  seconds: number;
  /** Requests of the same traffic before the latency counts. */
  warmUp: number;
  goals: Goals;
}

/**
 * Cold, the cache misses each of the 2,000 campaigns once and each cell that one drifts into: of
 * the first 50,000 requests 95 % hit, and 97 % of the first 100,000. So many are the warm-up that,
 * counted in, any run is above 95 %.
 */
const WARM_UP = 60_000;

export const scenarios: Record<ScenarioName, Scenario> = {
  // answers are what counts here; the bound only catches what hangs
  smoke: { users: 2, seconds: 5, warmUp: 0, goals: { p99Ms: 1000 } },
  // users at full speed on two cores that they share with the server; seen there: under 50 ms
  steady: {
    users: 50,
    seconds: 20,
    warmUp: WARM_UP,
    goals: { p99Ms: 150, hitRate: 0.95, exactKeyHitRate: [0.6, 0.8] },
  },
  // refused when requests wait 200 ms for the processor; those taken then wait little longer
  spike: { users: 200, seconds: 12, warmUp: 0, goals: { p99Ms: 1000 } },
  // a leak of 100 bytes a request would double the memory within the hour
  soak: {
    users: 50,
    seconds: 600,
    warmUp: WARM_UP,
    goals: { p99Ms: 150, hitRate: 0.95, residentGrowth: 0.25 },
  },
  // training takes a core from the server, and a new model starts with an empty cache
  retrain: { users: 50, seconds: 30, warmUp: 0, goals: { p99Ms: 1000, models: 2 } },
  // one explanation in ten requests, found one after the other; a lost server may add its time-out
  'valkey-dies': { users: 20, seconds: 15, warmUp: 0, goals: { p99Ms: 1000 } },
  // whoever predicts meanwhile is neither refused nor kept waiting, and no slot is lost
  'pipelining-abuse': { users: 10, seconds: 10, warmUp: 0, goals: { p99Ms: 1000 } },
  // within what docker-compose.yml gives the service
  'slow-readers': {
    users: 10,
    seconds: 15,
    warmUp: 0,
    goals: { p99Ms: 1000, residentBytes: 512 * 2 ** 20 },
  },
  // decided on the event loop, one of them holds every prediction up for ten seconds
  'decision-storm': { users: 10, seconds: 20, warmUp: 0, goals: { p99Ms: 150, p99Times: 2 } },
};

/** Whether other clients behave badly in a scenario. */
export function isAbuse(name: ScenarioName): name is AbuseName {
  return name === 'pipelining-abuse' || name === 'slow-readers';
}

/** Users who are there before and after a spike. */
export const CALM_USERS = 5;
/** Retry-After of a refusal: so long after a spike, nobody is refused any more. */
export const RETRY_SECONDS = 1;
/** Clients that send the largest decisions in a loop, in decision-storm. */
export const STORM_USERS = 2;
/** Of so many requests one asks for an explanation, in valkey-dies. */
export const EXPLAIN_EVERY = 10;
/** A soak's memory is first read after this share of the run. */
export const SETTLED = 0.2;

export interface Stage {
  name: 'before' | 'spike' | 'after';
  users: number;
  seconds: number;
  /** When it starts, in seconds from the start of the run. */
  startsAt: number;
}

/** A quarter of the time few users, half of it `users`, then few again; at least a second each. */
export function spikeStages(seconds: number, users: number): Stage[] {
  const calm = Math.max(1, Math.floor(seconds / 4));
  const peak = Math.max(1, seconds - 2 * calm);
  return [
    { name: 'before', users: CALM_USERS, seconds: calm, startsAt: 0 },
    { name: 'spike', users, seconds: peak, startsAt: calm },
    { name: 'after', users: CALM_USERS, seconds: calm, startsAt: calm + peak + RETRY_SECONDS },
  ];
}
