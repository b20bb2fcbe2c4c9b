// How many rows a second, one thread, results in the caller's memory where a library can.
import { perSecond, rate, shown } from '../report.mjs';
import { rowMajor } from '../samples.mjs';
import { compete, eachForest, sink } from '../serving.mjs';
import { timedPerUnit } from '../stopwatch.mjs';
import { printForest } from './predict.mjs';

/** @yields one result a forest */
export function batchSuite(settings) {
  return eachForest(settings, measureForest);
}

function measureForest(subject, settings) {
  const { split } = subject;
  const seconds = settings.smoke ? 0.01 : 0.5;
  const rows = rowMajor(split.heldOut);
  judgeBatch(subject, rows, settings.judge);
  return compete(
    subject,
    settings,
    { batchSeconds: seconds },
    (entry) =>
      entry.batch || entry.batchAsync
        ? () => timeBatch(entry, rows, split.heldOut.features.rows, seconds)
        : null,
    ({ rowWall, rowCpu }) => ({ wall: rowWall, cpu: rowCpu }),
  );
}

/** Batches give what single rows give. */
function judgeBatch({ forest, name }, rows, judge) {
  const width = forest.schema.features.length;
  const some = rows.slice(0, 200 * width);
  for (const compiled of [forest.compile(), forest.compile({ maxTableCells: 0 })]) {
    const out = compiled.predictBatch(some, new Float64Array(some.length / width));
    const same = out.every(
      (p, i) => p === forest.predict(some.subarray(i * width, (i + 1) * width)),
    );
    judge.require(same, `${name}: ${compiled.kind} batch differs from single rows`);
  }
}

async function timeBatch({ batch, batchAsync }, rows, count, seconds) {
  const out = new Float64Array(count);
  const single = batchAsync === undefined ? null : Float32Array.from(rows);
  const { wall, cpu } = await timedPerUnit(async (times) => {
    for (let i = 0; i < times; i++) {
      if (single === null) sink.sum += batch(rows, out)[0];
      else sink.sum += (await batchAsync(single))[0];
    }
  }, seconds);
  return { wall: wall / count, cpu: cpu / count };
}

export function printBatch(result) {
  const show = (cost) => shown(perSecond(cost), rate);
  return printForest('Batch', result, '(rows/s)', show);
}
