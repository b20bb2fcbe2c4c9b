import { useMemo } from 'react';
import { bytes, count, milliseconds, number, percent } from '../shell/format.js';
import { figure, type Column, Table } from '../shell/table.js';
import { counterMeaning, counterName } from './counters.js';
import type { Feed, Frame } from './feed.js';
import type { Stats } from './history.js';

interface View {
  readonly feed: Feed;
  readonly latest: Frame;
}

/** How the service runs: its routes, its processes, and what should be zero. */
export function Operation(view: View) {
  return (
    <section aria-labelledby="operation" className="stack">
      <h2 id="operation">How it runs</h2>
      <div className="panel">
        <h3>Routes</h3>
        <Routes {...view} />
      </div>
      <div className="panel">
        <h3>Processes</h3>
        <Processes {...view} />
      </div>
      <div className="panel">
        <h3>Should be zero</h3>
        <Counters {...view} />
      </div>
    </section>
  );
}

type RouteFigures = Stats['routes'][number];

interface Route {
  readonly name: string;
  readonly requests: number;
  readonly perMinute: number;
  readonly refused: number;
  readonly failed: number;
  readonly statuses: string;
  readonly latency: RouteFigures['latency_ms'];
}

function routesOf(stats: Stats, before: Stats): Route[] {
  const nameOf = ({ method, path }: RouteFigures) => `${method} ${path}`;
  const old = new Map(before.routes.map((route) => [nameOf(route), requestsOf(route)]));
  return stats.routes.map((route) => {
    const name = nameOf(route);
    const requests = requestsOf(route);
    return {
      name,
      requests,
      perMinute: requests - (old.get(name) ?? 0),
      refused: requestsOf(route, (status) => status >= 400 && status < 500),
      failed: requestsOf(route, (status) => status >= 500),
      statuses: Object.entries(route.statuses)
        .map(([status, requests]) => `${status}: ${count(requests)}`)
        .join(', '),
      latency: route.latency_ms,
    };
  });
}

function requestsOf({ statuses }: RouteFigures, isMeant = (_status: number) => true): number {
  return Object.entries(statuses).reduce((all, [s, n]) => all + (isMeant(Number(s)) ? n : 0), 0);
}

const routeColumns: readonly Column<Route>[] = [
  {
    name: 'Route',
    cell: ({ name }) => <code className="route">{name}</code>,
    sortBy: ({ name }) => name,
  },
  figure('Requests', ({ requests }) => requests),
  figure('Last minute', ({ perMinute }) => perMinute),
  {
    name: 'Refused (4xx)',
    cell: ({ refused, requests }) => withShare(refused, requests),
    sortBy: ({ refused }) => refused,
    isNumber: true,
  },
  {
    name: 'Failed (5xx)',
    cell: ({ failed, requests }) => (
      <span className={failed > 0 ? 'failed' : ''}>{withShare(failed, requests)}</span>
    ),
    sortBy: ({ failed }) => failed,
    isNumber: true,
  },
  { name: 'By status', cell: ({ statuses }) => <span className="soft">{statuses}</span> },
  {
    name: 'Half within',
    cell: ({ latency }) => milliseconds(latency.p50),
    sortBy: ({ latency }) => latency.p50,
    isNumber: true,
  },
  {
    name: '99 % within',
    cell: ({ latency }) => milliseconds(latency.p99),
    sortBy: ({ latency }) => latency.p99,
    isNumber: true,
  },
];

const withShare = (part: number, whole: number) =>
  part === 0 ? '0' : `${count(part)} (${percent(part / whole, 2)})`;

function Routes({ feed, latest }: View) {
  const rows = useMemo(
    () =>
      routesOf(latest.stats, (feed.recent[0] ?? latest).stats).sort(
        (a, b) => b.requests - a.requests || a.name.localeCompare(b.name),
      ),
    [feed, latest],
  );
  return (
    <Table
      caption="Routes that were asked since the service started"
      columns={routeColumns}
      rows={rows}
      keyOf={({ name }) => name}
      most={15}
    />
  );
}

interface Process {
  readonly figures: Stats['processes'][number];
  /** Of one core, over the last seconds; undefined while nothing is known. */
  readonly cpu: number | undefined;
}

const processColumns: readonly Column<Process>[] = [
  { name: 'Process', cell: ({ figures }) => figures.pid, isNumber: true },
  figure(
    'CPU, of a core',
    ({ cpu }) => cpu,
    (value) => percent(value, 2),
  ),
  {
    name: 'Memory',
    cell: ({ figures }) => bytes(figures.resident_bytes),
    sortBy: ({ figures }) => figures.resident_bytes,
    isNumber: true,
  },
  {
    name: 'Heap',
    cell: ({ figures }) => bytes(figures.heap_bytes),
    sortBy: ({ figures }) => figures.heap_bytes,
    isNumber: true,
  },
  {
    name: 'Late by',
    cell: ({ figures }) => milliseconds(figures.event_loop_lag_ms),
    sortBy: ({ figures }) => figures.event_loop_lag_ms,
    isNumber: true,
  },
  {
    name: 'Under way',
    cell: ({ figures }) => count(figures.in_flight),
    sortBy: ({ figures }) => figures.in_flight,
    isNumber: true,
  },
  {
    name: 'Waiting for a thread',
    cell: ({ figures }) => count(figures.tasks_waiting),
    sortBy: ({ figures }) => figures.tasks_waiting,
    isNumber: true,
  },
];

function Processes({ feed, latest }: View) {
  const before = feed.recent.at(-2) ?? feed.recent.at(-1) ?? latest;
  const seconds = latest.stats.uptime_seconds - before.stats.uptime_seconds;
  const rows = latest.stats.processes.map((figures, i): Process => {
    const old = before.stats.processes[i];
    const isSame = old?.pid === figures.pid && seconds > 0;
    return {
      figures,
      cpu: isSame ? Math.max(0, figures.cpu_seconds - old.cpu_seconds) / seconds : undefined,
    };
  });
  return (
    <>
      <Table
        caption="Processes that serve"
        columns={processColumns}
        rows={rows}
        keyOf={({ figures }, i) => `${figures.pid} ${i}`}
        most={15}
      />
      <p className="soft">
        {`Up for ${duration(latest.stats.uptime_seconds)}. CPU is of the last seconds; “late by” is how long the event loop keeps a request waiting.`}
      </p>
    </>
  );
}

/** Seconds in the largest units that fit: 3 d 4 h. */
function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const first = Math.max(
    0,
    units.findIndex(([, size]) => seconds >= size),
  );
  let rest = Math.floor(seconds);
  return units
    .slice(first, first + 2)
    .map(([name, size]) => {
      const whole = Math.floor(rest / size);
      rest -= whole * size;
      return `${number(whole)} ${name}`;
    })
    .join(' ');
}

function Counters({ feed, latest }: View) {
  const before = (feed.recent[0] ?? latest).stats.counters;
  const { errors, timeouts, breakers_open } = latest.stats.cache.second_tier;
  const rows = Object.entries(latest.stats.counters).map(([name, value]) => ({
    ...{ name: counterName(name), value, fresh: value - (before[name] ?? 0) },
    advice: counterMeaning(name).advice,
  }));
  const tier = { name: 'Shared cache: failures', value: errors + timeouts + breakers_open };
  const all = [...rows, { ...tier, fresh: 0, advice: 'See VALKEY_URL.' }];
  const wrong = all.filter(({ value }) => value > 0);
  const zero = all.filter(({ value }) => value === 0);
  return (
    <>
      {wrong.length > 0 && (
        <ul className="counters">
          {wrong.map(({ name, value, fresh, advice }) => (
            <li key={name}>
              <span className={`chip ${fresh > 0 ? 'bad' : 'warn'}`}>{count(value)}</span>{' '}
              <strong>{name}</strong>
              {`, ${fresh > 0 ? count(fresh) : 'none'} of them in the last minute. ${advice}`}
            </li>
          ))}
        </ul>
      )}
      {zero.length > 0 && (
        <p>
          <span className="chip good">0</span> {zero.map(({ name }) => name).join(' · ')}
        </p>
      )}
    </>
  );
}
