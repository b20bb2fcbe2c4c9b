/*
 * npm run bench:dashboard: what the page may cost, and what it does. Ends with 1 if anything costs more.
 *
 * Time until the page answers is measured with browser, service and this program on one core. Where the
 * machine is busy with other things, the clock says what those cost as well; then processor time is what is
 * held against the bound: what the one core would take if it did nothing else.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { inHouse } from './house.mjs';
import { HEAP_BOUND, liveHeap, NODES_BOUND } from './live-heap.mjs';
import { transferred, untilInteractive } from './loading.mjs';

const help = `node apps/dashboard/bench/budgets.mjs [size] [start] [frame] [heap] [options]

  size   bytes of the first load, and of the charts
  start  time until the page answers, on one core
  frame  time from a move of a slider to its picture (what-if-frame.mjs)
  heap   what Live keeps in memory (live-heap.mjs)

All of them unless some are named. Wants api, trainer and dashboard built.
  --runs <n>     loads that start measures (15)
  --minutes <n>  how long heap watches (10)
  --json         lines of JSON instead of a table
`;

const LOAD_BYTES = 200_000;
const CHART_BYTES = 200_000;
const START_MS = 1000;
/** A load above which the clock tells of other programs, per core. */
const BUSY = 0.5;

const here = fileURLToPath(new URL('.', import.meta.url));
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const milliseconds = (time) => `${Math.round(time)} ms`;

async function size() {
  const { page, charts, data } = await inHouse(transferred);
  return [
    row('first load without charts', page, LOAD_BYTES, kilobytes),
    row('charts, when the first is shown', charts, CHART_BYTES, kilobytes),
    { what: 'answers that the first page asks for', measured: kilobytes(data) },
  ];
}

async function start({ runs }) {
  const isBusy = loadavg()[0] > BUSY * cpus().length;
  const { wall, cpu } = await inHouse((house) => untilInteractive(house, runs));
  const [clock, processor] = [spreadOf(wall), spreadOf(cpu)];
  const useProcessor = isBusy && Number.isFinite(processor.median);
  const rowOf = (what, spread, isHeld) =>
    isHeld
      ? { ...row(what, spread.median, START_MS, milliseconds), measured: shown(spread) }
      : { what, measured: shown(spread) };
  return [
    rowOf('until Live answers, by the clock', clock, !useProcessor),
    rowOf('until Live answers, processor time', processor, useProcessor),
  ];
}

/** Lines `keys: …, wanted 16 ms`, of moves by the keyboard and by the mouse. */
function frame() {
  const name = 'what-if-frame.mjs';
  const { status, stdout } = spawnSync(process.execPath, [here + name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const rows = Array.from(
    stdout.matchAll(/^(\w+): (.+), wanted (.+)$/gm),
    ([, by, measured, bound]) => ({
      what: `a slider by ${by}`,
      measured,
      bound,
      holds: status === 0,
    }),
  );
  if (rows.length === 0) throw new Error(`${name} measured nothing:\n${stdout}`);
  return rows;
}

async function heap({ minutes }) {
  const watched = ({ url }) => liveHeap({ url, minutes, told: (line) => console.error(line) });
  const { grown } = await inHouse(watched);
  return [
    row(`Live in ${minutes} minutes, heap`, grown.heap, HEAP_BOUND, megabytes),
    row(`Live in ${minutes} minutes, elements and texts`, grown.nodes, NODES_BOUND, String),
  ];
}

const suites = { size, start, frame, heap };

function row(what, value, bound, unit) {
  return { what, measured: unit(value), bound: unit(bound), holds: value <= bound };
}

function spreadOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], least: sorted[0], most: sorted.at(-1) };
}

const shown = ({ median, least, most }) =>
  `${milliseconds(median)} (${Math.round(least)}–${Math.round(most)})`;

/** This program again, for one suite, on the first core alone; as it is where there is no `taskset`. */
function onOneCore(suite, args) {
  const command = [fileURLToPath(import.meta.url), suite, ...args, '--json', '--pinned'];
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const pinned = spawnSync('taskset', ['-c', '0', process.execPath, ...command], options);
  const { stdout, error } = pinned.error ? spawnSync(process.execPath, command, options) : pinned;
  if (error) throw error;
  return JSON.parse(stdout);
}

function machine() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here });
  const load = loadavg().map((each) => each.toFixed(1));
  const core = cpus()[0]?.model ?? 'unknown';
  return `${core}, ${cpus().length} cores, Node ${process.version}; commit ${String(commit).trim()}; load average ${load.join(', ')}`;
}

function print(rows) {
  console.log(`${machine()}\n`);
  console.log('| budget | measured | at most |\n| --- | --- | --- |');
  for (const { what, measured, bound = '', holds } of rows) {
    console.log(`| ${what} | ${measured} | ${bound}${holds === false ? ', **not held**' : ''} |`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '15' },
      minutes: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      pinned: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => !(name in suites));
  if (values.help || unknown !== undefined) {
    console.log(unknown === undefined ? help : `no suite ${JSON.stringify(unknown)}\n\n${help}`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const rows = [];
  for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
    const options = { runs: Number(values.runs), minutes: Number(values.minutes) };
    const isAlone = name === 'start' && !values.pinned;
    rows.push(
      ...(isAlone ? onOneCore(name, ['--runs', values.runs]) : await suites[name](options)),
    );
  }
  if (values.json) console.log(JSON.stringify(rows));
  else print(rows);
  process.exitCode = rows.some(({ holds }) => holds === false) ? 1 : 0;
}

await main();
