// `npm run bench:coverage`: how often prediction intervals hold what is observed, on rows that
// the forest did not see. Generated profiles, and the real tables where they lie beside the
// checkout. Exits with 1 if a share is off its level by more than 1.5 points.
import { fitInput, observedCtr, splitTable, takeTable } from '@adscale/ctr';
import { fit, Random } from '@adscale/forest';
import { describeMachine, machineLine } from './machine.mjs';
import { table } from './report.mjs';
import { generated, real, realNames } from './samples.mjs';

const LEVELS = [0.8, 0.9, 0.95];
const BOUND = 0.015;
const SEEDS = [1, 2, 3, 4, 5];
const ROWS = 10_000;

/** Held-out coverage and mean width at each level, averaged over the seeds. */
function measure(sampleOf) {
  const totals = LEVELS.map(() => ({ held: 0, rows: 0, width: 0 }));
  for (const seed of SEEDS) {
    const { training, heldOut } = splitTable(sampleOf(seed), 0.5, seed);
    const { forest } = fit(fitInput(training), {
      trees: 100,
      maxBins: 64,
      noise: 'binomial',
      seed,
    });
    const observed = observedCtr(heldOut);
    const row = new Float64Array(heldOut.features.values.length);
    for (let i = 0; i < observed.length; i++) {
      heldOut.features.values.forEach((values, f) => (row[f] = values[i]));
      LEVELS.forEach((level, l) => {
        const { low, high } = forest.predictInterval(row, {
          level,
          exposure: heldOut.impressions[i],
        });
        totals[l].held += +(low <= observed[i] && observed[i] <= high);
        totals[l].rows += 1;
        totals[l].width += high - low;
      });
    }
  }
  return totals.map(({ held, rows, width }) => ({ coverage: held / rows, width: width / rows }));
}

/** A real table in another order for each seed, so that splits differ. */
function shuffled(sample, seed) {
  const order = Uint32Array.from(sample.impressions.keys());
  const random = new Random(seed, 0);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return takeTable(sample, order);
}

const samples = ['realistic', 'sparse', 'hidden'].map((profile) => [
  `generated: ${profile}`,
  (seed) => generated(profile, ROWS, seed),
]);
for (const name of realNames) {
  const sample = real(name);
  if (sample === null) console.log(`${name}: skipped, the file is not beside this checkout\n`);
  else samples.push([`real: ${name}`, (seed) => shuffled(sample, seed)]);
}

console.log(machineLine(describeMachine(), SEEDS.join(', ')));
console.log(`Half of the rows train, half are held out; ${SEEDS.length} seeds.\n`);
const rows = samples.map(([name, sampleOf]) => ({ name, results: measure(sampleOf) }));
const percent = (share) => `${(100 * share).toFixed(1)} %`;
console.log(
  table(
    ['rows', ...LEVELS.flatMap((level) => [percent(level), 'mean width'])],
    rows.map(({ name, results }) => [
      name,
      ...results.flatMap(({ coverage, width }) => [percent(coverage), width.toFixed(5)]),
    ]),
  ),
);
const off = rows.flatMap(({ name, results }) =>
  results
    .map(({ coverage }, l) => ({ name, level: LEVELS[l], coverage }))
    .filter(({ level, coverage }) => Math.abs(coverage - level) > BOUND),
);
for (const { name, level, coverage } of off) {
  console.log(`\n${name}: ${percent(coverage)} instead of ${percent(level)}`);
}
process.exitCode = off.length === 0 ? 0 : 1;
