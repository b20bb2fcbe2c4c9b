// How a peer written for Node is asked and answers: as exchange.py describes.
import { readFileSync } from 'node:fs';
import { readDoubles, writeDoubles } from '../doubles.mjs';
import { timed } from '../stopwatch.mjs';

function sum(values) {
  let total = 0;
  for (const value of values) if (!Number.isNaN(value)) total += value;
  return total;
}

/**
 * Answers one question. Only `fit` and `predict` are timed.
 * @param {object} library
 * @param {string} library.version
 * @param {(features: Float64Array[], target: Float64Array) => unknown} library.prepare the training
 *   data in the form that the library takes
 * @param {(data: unknown, config: object) => unknown} library.fit
 * @param {(fitted: unknown) => Promise<{predict: (batch: unknown) => ArrayLike<number>}>}
 *   library.serve the fitted model, ready to predict what `batchOf` made
 * @param {(features: Float64Array[], rows: number[]) => unknown} library.batchOf the listed rows
 * @param {number} [library.trees] how many it grows whatever it is asked
 */
export async function answer({ version, prepare, fit, serve, batchOf, trees }) {
  const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const { width, rows, testRows } = config;
  const data = readDoubles(config.data, width + 2, rows);
  const features = data.slice(0, width);
  const prepared = prepare(features, data[width]);
  const fitted = await timed(() => fit(prepared, config));
  const model = await serve(fitted.result);
  const test = readDoubles(config.test, width, testRows);
  const all = batchOf(
    test,
    Array.from({ length: testRows }, (_, i) => i),
  );
  writeDoubles(config.predictions, [Float64Array.from(model.predict(all))]);
  const out = {
    version,
    checksum: [sum(features.map(sum)), sum(data[width]), sum(data[width + 1])],
    trees: trees ?? config.trees,
    fitWall: fitted.wall,
    fitCpu: fitted.cpu,
  };
  if (config.oneCalls > 0) {
    const calls = Array.from({ length: config.oneCalls }, (_, i) => batchOf(test, [i % testRows]));
    const { wall, cpu } = await timed(() => calls.forEach((row) => model.predict(row)));
    Object.assign(out, { oneWall: wall / calls.length, oneCpu: cpu / calls.length });
  }
  if (config.batchSeconds > 0) {
    const total = { rows: 0, wall: 0, cpu: 0 };
    while (total.wall < config.batchSeconds) {
      const { wall, cpu } = await timed(() => model.predict(all));
      total.rows += testRows;
      total.wall += wall;
      total.cpu += cpu;
    }
    Object.assign(out, { rowWall: total.wall / total.rows, rowCpu: total.cpu / total.rows });
  }
  process.stdout.write(`${JSON.stringify(out)}\n`);
}
