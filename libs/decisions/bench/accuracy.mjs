// `node libs/decisions/bench/accuracy.mjs [--models 16] [--scale 1]`: holds every decision against
// the generator's true CTR, on models that learned from 5,000 of its records each. Seeded: the same
// figures every time. Ends with 1 if a bound is missed.
import { parseArgs } from 'node:util';
import { allocationShares } from './allocation-proof.mjs';
import { comparisonReliability } from './comparison-proof.mjs';
import { forecastCoverage } from './forecast-proof.mjs';
import { trainModel } from './market.mjs';
import { rankingValue } from './ranking-proof.mjs';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '16' },
    // How much of everything: 1 is 1,000 campaigns and so on.
    scale: { type: 'string', default: '1' },
    // How much a bound may be missed by, in points: few campaigns tell a share less exactly.
    slack: { type: 'string', default: '0' },
  },
});
const [count, scale, slack] = [values.models, values.scale, values.slack].map(Number);

/** A bin of fewer pairs than this tells a frequency no better than to the bound itself. */
const LEAST_PAIRS = 1000 * scale;

const points = (share) => (100 * share).toFixed(1);
let missed = 0;

function hold(what, isHeld) {
  if (!isHeld) missed++;
  console.log(`${isHeld ? 'held' : 'MISSED'}: ${what}`);
}

const models = [];
for (let seed = 1; seed <= count; seed++) models.push(await trainModel(seed));

console.log('Forecasts: share of intervals that held the observed clicks');
for (const { level, campaigns, totals, placements } of forecastCoverage(models, 1000 * scale)) {
  hold(
    `${points(level)} % intervals: ${points(totals)} % of ${campaigns} campaigns' totals, ` +
      `${points(placements)} % of their placements (wanted within 2 points)`,
    Math.abs(totals - level) <= 0.02 + slack / 100 &&
      Math.abs(placements - level) <= 0.02 + slack / 100,
  );
}

console.log('\nComparisons: stated chance that B is better → how often it was');
const { market, singleField } = comparisonReliability(models, Math.ceil((24_000 * scale) / count));
for (const { pairs, stated, better } of market) {
  const text = `${points(stated)} % → ${points(better)} % of ${pairs} pairs`;
  if (pairs < LEAST_PAIRS) console.log(`      ${text} (too few to judge)`);
  else hold(`${text} (wanted within 3 points)`, Math.abs(stated - better) <= 0.03 + slack / 100);
}
console.log('Where only the device or only the budget differs, the chance is too modest:');
for (const { pairs, stated, better } of singleField) {
  console.log(`      ${points(stated)} % → ${points(better)} % of ${pairs} pairs`);
}

console.log('\nRankings: expected value over that of the true best');
const { top_tenth, auctions } = rankingValue(models, Math.ceil(2 * scale));
hold(`the best 100 of 1,000: ${points(top_tenth)} % (wanted 99 %)`, top_tenth >= 0.99);
hold(`the best one of 20: ${points(auctions)} % (wanted 99 %)`, auctions >= 0.99);

console.log("\nAllocations: true clicks over those of the true optimum's");
const shares = await allocationShares(models, Math.ceil(6 * scale));
const byShare = shares.map(({ share }) => share).sort((a, b) => a - b);
const mean = byShare.reduce((sum, share) => sum + share, 0) / byShare.length;
const hoped = shares.reduce((sum, one) => sum + one.hoped, 0) / shares.length;
const enough = byShare.filter((share) => share >= 0.98).length / byShare.length;
hold(`${points(mean)} % on average of ${shares.length} (wanted 98 %)`, mean >= 0.98);
hold(`98 % or more in ${points(enough)} % of them (wanted 95 %)`, enough >= 0.95);
console.log(`      the worst of them: ${points(byShare[0])} %`);
console.log(`      expected over true clicks of the allocations: ${hoped.toFixed(3)}`);
process.exitCode = missed > 0 ? 1 : 0;
