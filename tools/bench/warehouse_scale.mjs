/* node tools/bench/warehouse_scale.mjs: what the warehouse benchmark measured, carried on to 10^12. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { count, duration, table } from './report.mjs';
import { spread } from './stopwatch.mjs';

const help = `node tools/bench/warehouse_scale.mjs [options]

From what "npm run bench:warehouse -- --json FILE" measured, what training on many more impressions
takes: bytes that the engine scans, cells, what crosses the wire, minutes on so many shards.

  --measured <file>     default tools/bench/measured/warehouse.json
  --impressions <n>     default 1e12
  --cores <n>           of a shard; default 16
  --shards <a,b,…>      default 1,10,50,200
  --help                this text
`;

const here = dirname(fileURLToPath(import.meta.url));

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      ...{ measured: text, impressions: text, cores: text, shards: text },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name, got) => {
    const number = Number(got);
    if (Number.isSafeInteger(number) && number >= 1) return number;
    throw new Error(`--${name} is ${got}, wanted a whole number ≥ 1`);
  };
  return {
    help: values.help,
    measured: values.measured ?? join(here, 'measured', 'warehouse.json'),
    impressions: whole('impressions', values.impressions ?? '1e12'),
    cores: whole('cores', values.cores ?? '16'),
    shards: (values.shards ?? '1,10,50,200').split(',').map((one) => whole('shards', one)),
  };
}

/** Medians of the trainings in ClickHouse, smallest log first. */
function mediansOf({ measured }) {
  return measured.map(({ rows, engines }) => {
    const { runs } = engines.find(({ name }) => name.startsWith('ClickHouse'));
    const median = (of) => spread(runs.map(of)).median;
    return {
      rows,
      seconds: median((run) => run.seconds),
      cpu: median((run) => run.engine.cpu),
      trainerCpu: median((run) => run.trainerCpu),
      scanned: median((run) => run.engine.scanned),
      read: median((run) => run.engine.read),
      received: median((run) => run.engine.received),
      lines: median((run) => run.engine.lines),
      cells: median((run) => run.counting.cells),
    };
  });
}

/** What one more impression costs: the slope between the two largest logs, where fixed costs are gone. */
function slopesOf(medians) {
  const [before, last] = medians.slice(-2);
  const slope = (name) => (last[name] - before[name]) / (last.rows - before.rows);
  return { cpu: slope('cpu'), scanned: slope('scanned'), read: slope('read') };
}

/**
 * Answers grow until every cell has been seen: what ten times the impressions added at last is added
 * again for each further factor of ten, which is too much once cells are all seen.
 */
function answersAt(medians, rows) {
  const [before, last] = medians.slice(-2);
  const factors = Math.log10(rows / last.rows);
  const grown = (name) => last[name] + Math.max(0, last[name] - before[name]) * factors;
  return { cells: grown('cells'), lines: grown('lines'), received: grown('received') };
}

/** Seconds of processor time that the server which is asked pays for the cells of one more shard. */
function mergingOf({ merging }) {
  const least = merging.findLast(({ shards }) => shards === merging[0].shards);
  const most = merging.at(-1);
  return (most.cpu - least.cpu) / (most.shards - least.shards);
}

const bytes = (n) => {
  const unit = [
    [1e15, 'PB'],
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [0, 'kB'],
  ].find(([least]) => n >= least);
  return `${(n / (unit[0] || 1e3)).toPrecision(3)} ${unit[1]}`;
};

function report(document, { impressions, cores, shards }) {
  const medians = mediansOf(document);
  const slopes = slopesOf(medians);
  const last = medians.at(-1);
  const answers = answersAt(medians, impressions);
  const total = (name) => last[name] + slopes[name] * (impressions - last.rows);
  // The trainer's own part does not know how many impressions a cell stands for.
  const own = last.trainerCpu;
  console.log(
    table(
      ['', `measured at ${count(last.rows)}`, `computed at ${count(impressions)}`],
      [
        ['uncompressed bytes scanned', bytes(last.scanned), bytes(total('scanned'))],
        ['compressed bytes read', bytes(last.read), bytes(total('read'))],
        [
          'processor time of the engine',
          duration(last.cpu),
          `${count(Math.round(total('cpu') / 3600))} core hours`,
        ],
        ['cells', count(last.cells), count(Math.round(answers.cells))],
        ['rows of answers', count(last.lines), count(Math.round(answers.lines))],
        ['bytes of answers', bytes(last.received), bytes(answers.received)],
        ['processor time of the trainer', duration(own), duration(own)],
      ],
    ),
  );
  const merging = mergingOf(document);
  const rows = shards.map((n) => {
    const minutes = total('cpu') / (n * cores) / 60;
    const disk = total('read') / n / (minutes * 60);
    return [
      ...[count(n), count(n * cores), minutes.toFixed(1), duration(merging * n)],
      ...[bytes(total('scanned') / n), `${bytes(disk)}/s`],
    ];
  });
  const head = ['shards', 'cores', 'minutes of counting', 'putting cells together'];
  console.log(`\n${table([...head, 'scanned by a shard', 'read by a shard'], rows)}`);
}

/** @throws Error if the file is not what the benchmark writes, or holds a single log: it has no slope */
async function readMeasured(path) {
  const wanted = 'a file that bench:warehouse --json wrote, of two logs or more';
  try {
    const document = JSON.parse(await readFile(path, 'utf8'));
    if (document.measured.length >= 2) return document;
  } catch (cause) {
    throw new Error(`--measured is ${path}, wanted ${wanted}`, { cause });
  }
  throw new Error(`--measured is ${path}, which holds one log; wanted ${wanted}`);
}

const options = readOptions();
if (options.help) console.log(help);
else report(await readMeasured(options.measured), options);
