// Machines and money for so many predictions a second, from what things cost, and what is full first. Pure:
// the same costs and assumptions give the same plan.

/** Predictions a second. */
export const LOADS = [10_000, 100_000, 1_000_000];
/** Outcomes that are told in one request. */
const OUTCOMES_A_BODY = 500;
const HOURS_A_MONTH = 730;
const DAY_SECONDS = 86_400;
/** What goes over the wire of a packet besides its data: Ethernet, IP and TCP, preamble and gap included. */
const PACKET_OVERHEAD = 90;
const PACKET_DATA = 1448;

/**
 * What nobody measured, each with its default. A team sets its own.
 * `least`: 0 where none at all makes sense; above 0 otherwise.
 * @type {Record<string, {fallback: number, meaning: string, least?: 0}>}
 */
export const assumptions = {
  'vcpu-hour': { fallback: 0.045, meaning: 'dollars for a vCPU-hour, with its memory' },
  'machine-vcpus': {
    fallback: 4,
    meaning: 'vCPUs of a machine, for the service and what is beside it',
  },
  'machine-gbit': { fallback: 1, meaning: 'Gbit/s that a machine sends or takes for hours' },
  'store-terabytes': { fallback: 4, meaning: 'TB of disk of one PostgreSQL' },
  utilisation: {
    fallback: 0.6,
    meaning: 'share of a processor, or of a network, that is used at the peak',
  },
  outcomes: { fallback: 0.1, least: 0, meaning: 'outcomes told of each prediction' },
  'open-days': {
    fallback: 14,
    meaning: 'days that outcomes are kept one by one (OUTCOMES_MATURE_DAYS)',
  },
  clients: {
    fallback: 1000,
    least: 0,
    meaning: 'keys and addresses that ask within the same seconds, each of every process',
  },
  retrainings: { fallback: 1, least: 0, meaning: 'retrainings a day' },
};

/** Bytes over the wire one way, the headers of packets and of the other way's acknowledgements included. */
function wireBytes(bytes, requests) {
  const packets = Math.max(requests, bytes / PACKET_DATA);
  return bytes + 1.5 * packets * PACKET_OVERHEAD;
}

/** What so many predictions, and the outcomes told of them, are in a second. */
function trafficOf({ asking, outcome }, way, load, assumed) {
  const asked = asking[way];
  const outcomes = load * assumed.outcomes;
  const told = outcomes * wireBytes(outcome.bytes, 1 / OUTCOMES_A_BODY);
  const predicting = load * asked.cpu.median;
  const taking = outcomes * outcome.cpu.median;
  return {
    outcomes,
    processors: predicting + taking,
    in: 8e-9 * (load * wireBytes(asked.in, asked.requests) + told),
    out: 8e-9 * load * wireBytes(asked.out, asked.requests),
    connections: Math.ceil(load * asked.requests * asked.p50.median),
  };
}

/** Seconds of processor time that a balancer takes in a second; outcomes by their bytes, as batches. */
function balancing({ asking, outcome, balancer }, way, load, outcomes) {
  const { batch } = asking;
  const aByte = balancer.batch.median / (batch.in + batch.out);
  return load * balancer[way].median + outcomes * outcome.bytes * aByte;
}

/** Seconds of processor time that Valkey takes in a second for one process of the service. */
function sharing({ one, many, clients }, asking) {
  const each = Math.max(0, (many.cpu - one.cpu) / (clients - 1));
  return one.cpu + each * Math.max(0, asking - 1);
}

/**
 * What one load needs.
 * @param costs as `measure` gives them
 * @param way a key of `costs.asking`
 * @param assumed a number for each of `assumptions`
 * @returns `needs`, each resource with how many of one it takes, undefined where its cost is not known;
 *   `first`, the one that is full first; machines; dollars a month and for a million predictions
 */
export function planFor(costs, way, load, assumed) {
  const { outcome, balancer, valkey, retrain } = costs;
  const { postgres } = outcome;
  const traffic = trafficOf(costs, way, load, assumed);
  const { outcomes } = traffic;
  const used = assumed.utilisation;
  const vcpus = assumed['machine-vcpus'];
  const processes = Math.max(1, Math.ceil(traffic.processors / used));
  const kept = postgres && outcomes * postgres.disk * DAY_SECONDS * assumed['open-days'];
  const ofMachine = (seconds) => seconds / (vcpus * used);
  const ofNetwork = (gbit) => gbit / (assumed['machine-gbit'] * used);
  const needs = {
    'processors of the service': ofMachine(traffic.processors),
    'network of the service': ofNetwork(Math.max(traffic.in, traffic.out)),
    'processors of the balancer': balancer && ofMachine(balancing(costs, way, load, outcomes)),
    // What it takes from one side it sends to the other.
    'network of the balancer': ofNetwork(traffic.in + traffic.out),
    'the one thread of Valkey': valkey && (processes * sharing(valkey, assumed.clients)) / used,
    'processors of PostgreSQL': postgres && ofMachine(outcomes * postgres.cpu.median),
    'disk of PostgreSQL': postgres && kept / (assumed['store-terabytes'] * 1e12),
  };
  const machines = machinesFor(needs);
  const vcpuHours = Object.values(machines).reduce((sum, each) => sum + each, 0) * vcpus * 24;
  const retraining = (assumed.retrainings * retrain.cpu) / 3600;
  const dollars = (vcpuHours + retraining) * (HOURS_A_MONTH / 24) * assumed['vcpu-hour'];
  const [first] = Object.entries(needs).sort(([, a = 0], [, b = 0]) => b - a)[0];
  const perMillion = (1e6 * dollars) / (load * HOURS_A_MONTH * 3600);
  return { ...traffic, needs, first, machines, dollars, perMillion, processes, kept };
}

/** Whole machines; of what must not stop, one more than one: three of the service, one a zone. */
function machinesFor(needs) {
  const most = (...names) => Math.ceil(Math.max(...names.map((name) => needs[name] ?? 0)));
  return {
    service: Math.max(3, most('processors of the service', 'network of the service')),
    balancer: Math.max(2, most('processors of the balancer', 'network of the balancer')),
    Valkey: Math.max(1, most('the one thread of Valkey')),
    PostgreSQL: Math.max(1, most('processors of PostgreSQL', 'disk of PostgreSQL')),
  };
}
