// The tables of tools/deploy/capacity.md. What was measured, what is documented elsewhere, and what is assumed
// are apart, so that a reader knows which figures are theirs to replace.
import { machineLine } from '../machine.mjs';
import { count, duration, rate, short, shown, table } from '../report.mjs';
import { SEED } from '../servers/registry.mjs';
import { LOADS, assumptions, planFor } from './plan.mjs';

const WAYS = {
  single: 'one a request',
  batch: 'batches of 1,000',
  tensor: 'binary tensors of 1,000',
};

const MISSING = 'not measured: not installed';
const each = (cost) => (cost === undefined ? MISSING : shown(cost, duration));
const aSecond = (cost) => (cost === undefined ? '' : rate(1 / cost.median));

function valkeyRows(valkey) {
  const name = (clients) => `Valkey, a second of a process of the service, ${clients}`;
  if (valkey === undefined) return [[name('any clients'), MISSING, '', '']];
  const row = (clients, { cpu, commands, bytes }) => [
    ...[name(clients), duration(cpu), ''],
    `${short(commands)} commands, ${short(bytes / 1000)} kB`,
  ];
  return [row('one client', valkey.one), row(`${count(valkey.clients)} clients`, valkey.many)];
}

function measuredTable({ asking, outcome, balancer, valkey, retrain, resident }) {
  const asked = Object.entries(WAYS).map(([way, name]) => [
    `a prediction, ${name}`,
    each(asking[way].cpu),
    aSecond(asking[way].cpu),
    `${short(asking[way].in)} bytes in, ${short(asking[way].out)} out`,
  ]);
  const { postgres } = outcome;
  const rows = [
    ...asked,
    [
      'an outcome, 500 a request',
      each(outcome.cpu),
      aSecond(outcome.cpu),
      `${short(outcome.bytes)} bytes`,
    ],
    [
      ...['the same, PostgreSQL', each(postgres?.cpu), aSecond(postgres?.cpu)],
      postgres ? `${short(postgres.disk)} bytes on disk` : '',
    ],
    ...Object.entries(WAYS).map(([way, name]) => [
      `HAProxy, a prediction, ${name}`,
      ...[each(balancer?.[way]), aSecond(balancer?.[way]), 'one thread, plain HTTP'],
    ]),
    ...valkeyRows(valkey),
    ['a retraining', duration(retrain.cpu), '', `${count(retrain.rows)} rows, read and judged`],
    ['a process of the service', '', '', `${short(resident / 2 ** 20)} MiB resident`],
  ];
  return table(['measured', 'processor time', 'a second of one core', ''], rows);
}

const DOCUMENTED = [
  [
    '60999 − 32768 + 1 = 28,232',
    'connections from one address to one address and port: Linux, `ip_local_port_range`',
  ],
  ['1,000', 'requests under way in a process before it answers 503: `MAX_IN_FLIGHT`'],
  [
    '90 bytes',
    'around the data of a packet: Ethernet, IPv4 and TCP with time stamps, preamble and gap',
  ],
];

const fullFirst = (name, share) =>
  share < 1
    ? `nothing; ${name} at ${Math.round(100 * share)} %`
    : `${name} (${short(share)} of one)`;

function moneyTable(costs, assumed) {
  const rows = Object.entries(WAYS).flatMap(([way, name]) =>
    LOADS.map((load) => {
      const { machines, dollars, perMillion, first, needs } = planFor(costs, way, load, assumed);
      const { service, balancer, Valkey, PostgreSQL } = machines;
      return [
        `${rate(load)}, ${name}`,
        service,
        balancer,
        Valkey,
        PostgreSQL,
        `$ ${count(Math.round(dollars))}`,
        `$ ${perMillion.toFixed(4)}`,
        fullFirst(first, needs[first]),
      ];
    }),
  );
  const beside = ['service', 'balancer', 'Valkey', 'PostgreSQL'];
  const head = ['predictions a second', ...beside, 'a month', 'a million', 'full first'];
  return table(head, rows);
}

function boundsTable(costs, assumed, way) {
  const plans = LOADS.map((load) => planFor(costs, way, load, assumed));
  const cell = ({ needs, first }, name) => {
    if (needs[name] === undefined) return MISSING;
    return name === first ? `**${short(needs[name])}**` : short(needs[name]);
  };
  const line = (name, figure) => [name, ...plans.map(figure)];
  const rows = [
    ...Object.keys(plans[0].needs).map((name) => line(name, (plan) => cell(plan, name))),
    line('_processes of the service_', ({ processes }) => count(processes)),
    line('_Gbit/s to the service_', (plan) => short(plan.in)),
    line('_connections in use_', ({ connections }) => count(connections)),
    line('_outcomes a second_', ({ outcomes }) => rate(outcomes)),
    line('_TB of outcomes kept one by one_', ({ kept }) =>
      kept === undefined ? MISSING : short(kept / 1e12),
    ),
  ];
  return table([`how many of one, ${WAYS[way]}`, ...LOADS.map((load) => `${rate(load)}/s`)], rows);
}

/** @returns Markdown */
export function pageOf({ costs, machine }, assumed) {
  const assumedRows = Object.entries(assumptions).map(([name, { meaning }]) => [
    `\`--${name}\``,
    assumed[name],
    meaning,
  ]);
  return [
    '### Measured',
    measuredTable(costs),
    `(${machineLine(machine, SEED)})`,
    '### Documented',
    table(['figure', 'of what'], DOCUMENTED),
    '### Assumed',
    table(['option', 'value', ''], assumedRows),
    '### Machines and money',
    moneyTable(costs, assumed),
    '### What is full first',
    ...Object.keys(WAYS).map((way) => boundsTable(costs, assumed, way)),
  ].join('\n\n');
}
