// `npm run bench:tune`: how the defaults of @adscale/ctr were chosen. Out-of-bag R² on the training
// rows of the default 5,000 generated records, for several seeds; the held-out rows are not looked
// at.
import { defaultFitOptions, fitInput, splitTable } from '@adscale/ctr';
import { fit } from '@adscale/forest';
import { describeMachine, machineLine } from './machine.mjs';
import { table } from './report.mjs';
import { generated } from './samples.mjs';

const SEEDS = [42, 1, 2, 3, 4];
const LEAVES = [1, 2, 3, 5, 8, 12, 20];
const BINS = [32, 64, 128, 255];

function outOfBag(options) {
  const results = SEEDS.map((seed) => {
    const { training } = splitTable(generated('realistic', 5000, seed), 0.2, seed);
    return fit(fitInput(training), { ...defaultFitOptions, seed, ...options }).outOfBag;
  });
  const mean = (key) => results.reduce((sum, result) => sum + result[key], 0) / SEEDS.length;
  return { r2: mean('r2'), weightedR2: mean('weightedR2') };
}

console.log(machineLine(describeMachine(), SEEDS.join(', ')));
console.log('\nOut-of-bag R² by rows / by impressions\n');
const cell = ({ r2, weightedR2 }) => `${r2.toFixed(5)} / ${weightedR2.toFixed(5)}`;
console.log(
  table(
    ['minLeafRows', ...BINS.map((maxBins) => `${maxBins} bins`)],
    LEAVES.map((minLeafRows) => [
      String(minLeafRows),
      ...BINS.map((maxBins) => cell(outOfBag({ minLeafRows, maxBins }))),
    ]),
  ),
);
