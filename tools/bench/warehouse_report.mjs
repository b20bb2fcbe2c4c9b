// What the warehouse benchmark prints, of a run or of what an earlier one wrote.
import { machineLine } from './machine.mjs';
import { count, duration, shown, table } from './report.mjs';
import { spread } from './stopwatch.mjs';

const megabytes = (bytes) => (Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(1)} MB` : '–');
const whole = (number) => (Number.isFinite(number) ? count(number) : '–');

/**
 * What is printed of a training, one number each; several trainings give a spread. Queries, rows and
 * bytes are those of the card: what DuckDB hands over within the process would cross a wire elsewhere.
 */
const figures = [
  ['seconds', ({ seconds }) => seconds, duration],
  ['counting', ({ stages }) => stages.count, duration],
  ['cells', ({ counting }) => counting.cells, whole],
  ['queries', ({ counting }) => counting.crossed.queries, whole],
  ['rows of answers', ({ counting }) => counting.crossed.rows, whole],
  ['bytes of answers', ({ counting }) => counting.crossed.bytes, megabytes],
  [
    'on the wire',
    ({ engine }) => (engine.queries > 0 ? engine.sent + engine.received : NaN),
    megabytes,
  ],
  ['engine scanned', ({ engine }) => engine.scanned ?? NaN, megabytes],
  ['engine cpu', ({ engine }) => engine.cpu || NaN, duration],
  ['trainer cpu', ({ trainerCpu }) => trainerCpu, duration],
  ['trainer memory', ({ memory }) => memory, megabytes],
];

function reportOf(measured) {
  const rows = measured.flatMap(({ rows, engines }) =>
    engines.map(({ name, runs }) => {
      const cells = figures.map(([, of, unit]) => shown(spread(runs.map(of)), unit));
      return [name, count(rows), ...cells];
    }),
  );
  return table(['', 'impressions', ...figures.map(([name]) => name)], rows);
}

/** Prints the tables of the document that `--json` writes. */
export function show({ machine, seed, measured, merging }) {
  if (measured.length > 0) console.log(`${reportOf(measured)}\n`);
  console.log(mergingOf(merging));
  console.log(`\n(${machineLine(machine, seed)})`);
}

function mergingOf(measured) {
  const rows = measured.map(({ shards, cells, seconds, cpu }) => [
    count(shards),
    count(cells),
    duration(seconds),
    duration(cpu),
  ]);
  return table(['shards put together', 'cells of each', 'seconds', 'cpu'], rows);
}
