// One fit in a process of its own, so that its peak of memory is its own.
import { readFileSync } from 'node:fs';
import { fitParallel } from '@adscale/forest/node';
import { fit } from '@adscale/forest';
import { readDoubles } from './doubles.mjs';
import { timed } from './stopwatch.mjs';

const { path, width, rows, options, threads, schema } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const data = readDoubles(path, width + 2, rows);
const input = {
  columns: { schema, rows, values: data.slice(0, width) },
  target: data[width],
  weight: data[width + 1],
};
// Compiles the code before the clock runs.
const few = Math.min(rows, 2000);
const start = (column) => column.subarray(0, few);
fit(
  {
    columns: { schema, rows: few, values: input.columns.values.map(start) },
    target: start(input.target),
    weight: start(input.weight),
  },
  { ...options, trees: 3 },
);
const before = process.memoryUsage().rss;
const { result, wall, cpu } = await timed(() =>
  threads === 1 ? fit(input, options) : fitParallel(input, options, { threads }),
);
const peak = process.resourceUsage().maxRSS * 1024;
const { r2 } = result.outOfBag;
process.stdout.write(JSON.stringify({ wall, cpu, before, peak, r2 }));
