// How long one row takes.
import { count, duration, shown, table, times } from '../report.mjs';
import { rowMajor } from '../samples.mjs';
import { compete, eachForest, sink } from '../serving.mjs';
import { timedPerUnit } from '../stopwatch.mjs';

/** Rows that are asked in turn: more than a cache of answers would help with. */
const ROWS = 4096;

/** @yields one result a forest */
export function predictSuite(settings) {
  return eachForest(settings, measureForest);
}

function measureForest(subject, settings) {
  const { split, forest } = subject;
  const seconds = settings.smoke ? 0.01 : 0.5;
  const rows = rowsOf(split.heldOut, forest.schema.features.length);
  return compete(
    subject,
    settings,
    { oneCalls: settings.smoke ? 3 : 300 },
    (entry) => () => timeOne(entry, rows, seconds),
    ({ oneWall, oneCpu }) => ({ wall: oneWall, cpu: oneCpu }),
  );
}

function rowsOf(table, width) {
  const all = rowMajor(table);
  const most = Math.min(ROWS, all.length / width);
  return Array.from({ length: most }, (_, i) => all.slice(i * width, (i + 1) * width));
}

function timeOne({ one, oneAsync }, rows, seconds) {
  if (oneAsync !== undefined) {
    const singles = rows.map((row) => Float32Array.from(row));
    return timedPerUnit(async (calls) => {
      for (let i = 0; i < calls; i++) sink.sum += (await oneAsync(singles[i % rows.length]))[0];
    }, seconds);
  }
  return timedPerUnit((calls) => {
    let sum = 0;
    for (let i = 0, r = 0; i < calls; i++, r = r + 1 === rows.length ? 0 : r + 1)
      sum += one(rows[r]);
    sink.sum += sum;
  }, seconds);
}

export function printPredict(result) {
  const show = (cost) => shown(cost, duration);
  return printForest('One row', result, 'a row', show);
}

/** The table of one forest, each contestant held to ours in the form that `compile()` chooses. */
export function printForest(
  title,
  { name, trees, depth, nodes, cellCount, kind, lines },
  per,
  show,
) {
  const table_ = lines.find(({ label }) => label === 'ours, table');
  const packed = lines.find(({ label }) => label === 'ours, packed');
  const held = (line, ours) =>
    ours === undefined || line.label.startsWith('ours')
      ? ''
      : times(line.cpu.median, ours.cpu.median);
  const head = ['', `cpu ${per}`, `wall ${per}`, 'table faster, cpu', 'packed faster, cpu'];
  const body = lines.map((line) => [
    line.label,
    show(line.cpu),
    show(line.wall),
    held(line, table_),
    held(line, packed),
  ]);
  const about = `${trees} trees, ${count(nodes)} nodes, depth ${depth}, ${count(cellCount)} cells: compiles to ${kind}`;
  return `### ${title}: ${name} forest (${about})\n\n${table(head, body)}\n`;
}
