/* node tools/bench/telemetry.mjs: what recording a request costs, with telemetry off and on. */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './machine.mjs';
import { table } from './report.mjs';

const help = `node tools/bench/telemetry.mjs [options]

What the count, log line and span of an answered request take, in nanoseconds of processor time, of the one call
that every door makes.
Build the API first. Spans go to a closed port; sending them is not part of the call.

  --rounds <n>  rounds of 100,000 requests, in turns (default 9)
  --help        this text
`;
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(help);
  process.exit();
}

/** The program as it was built. */
const built = (path) => import(new URL(`../../${path}`, import.meta.url).href);
const { createLogger } = await built('apps/api/dist/logging/logger.js');
const { RequestRecorder } = await built('apps/api/dist/logging/request-hooks.js');
const { startTelemetry } = await built('apps/api/dist/telemetry/telemetry.js');
const { ServiceStats } = await built('libs/stats/dist/index.js');

const REQUESTS = 100_000;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traced = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
const lines = [];
let keep = true;
const write = (line) => {
  if (keep) lines.push(JSON.parse(line));
};

process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:9';
const exporters = { traces: 'otlp', metrics: 'none' };
const telemetry = await startTelemetry(exporters, () => []);
const recorderWith = (trace) =>
  new RequestRecorder(createLogger('info', { write }), new ServiceStats(), trace);
const [off, on] = [recorderWith(undefined), recorderWith(telemetry.trace)];
const contenders = [
  ['no headers to look at', off, undefined],
  ['off', off, {}],
  ['off, traceparent sent', off, traced],
  ['on', on, {}],
  ['on, traceparent sent', on, traced],
].map(([name, recorder, headers]) => {
  const statistics = recorder.stats.route('POST', '/predict_ctr', { background: false });
  const answered = {
    id: 'x',
    method: 'POST',
    path: '/predict_ctr',
    status: 200,
    milliseconds: 0.2,
  };
  return {
    name,
    times: [],
    record: () => recorder.record({ statistics }, { ...answered, headers }),
  };
});

// Right before fast: each line says what it must of its trace.
for (const { record } of contenders) record();
assert.deepEqual(
  lines.map(({ trace_id, span_id }) => [trace_id === TRACE, span_id !== undefined]),
  [
    [false, false],
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ],
);
keep = false;

for (let round = 0; round < Number(values.rounds) + 1; round++) {
  for (const { record, times } of contenders) {
    const start = process.cpuUsage();
    for (let i = 0; i < REQUESTS; i++) record();
    // The first round warms up.
    const { user, system } = process.cpuUsage(start);
    if (round > 0) times.push(((user + system) * 1000) / REQUESTS);
  }
}
const rows = contenders.map(({ name, times }) => {
  times.sort((a, b) => a - b);
  const [least, median, most] = [times[0], times[times.length >> 1], times.at(-1)];
  return [name, Math.round(median), `${Math.round(least)}–${Math.round(most)}`];
});
console.log(table(['telemetry', 'CPU ns a request', 'least–most'], rows));
console.log(`\n${machineLine(describeMachine(), 'none')}`);
process.exit();
