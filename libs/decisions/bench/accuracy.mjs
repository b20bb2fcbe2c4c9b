// `node libs/decisions/bench/accuracy.mjs [--models 16] [--scale 1] [--kinds forest,boosted,blend]
// [--profiles realistic,overdispersed,words]`: holds every decision against the generator's true CTR, on
// models of every kind that learned from 5,000 of its records each. Seeded: the same figures every time.
// Ends with 1 if a bound is missed.
import { parseArgs } from 'node:util';
import { allocationShares } from './allocation-proof.mjs';
import { comparisonReliability } from './comparison-proof.mjs';
import { forecastCoverage } from './forecast-proof.mjs';
import { forecast } from '@adscale/decisions';
import { Market } from './market.mjs';
import { rankingValue } from './ranking-proof.mjs';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '16' },
    // Kinds of models: forest, boosted, blend, average.
    kinds: { type: 'string', default: 'forest,boosted,blend' },
    // Profiles of the generator: realistic, overdispersed, words.
    profiles: { type: 'string', default: 'realistic,overdispersed,words' },
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

/** Holds every decision by models of one kind on one market. */
async function judge(profile, kind) {
  const models = [];
  for (let seed = 1; seed <= count; seed++) {
    const market = new Market(profile, seed);
    models.push({ market, model: await market.train(kind) });
  }
  console.log(`\n=== ${count} models of the kind ${kind}, market ${profile} ===`);
  console.log(`overdispersion that the decisions count: ${rhoOf(models)}`);
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
  const { market, singleField } = comparisonReliability(
    models,
    Math.ceil((24_000 * scale) / count),
  );
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
}

/** The mean of the models, as their forecasts say it. */
function rhoOf(models) {
  const rhos = models.map(({ model, market }) => {
    const [record] = market.fresh(1, 1);
    const said = forecast(model, { schedule: [{ record }] }).assumptions.join();
    return Number(/correlation ([\d.e-]+)/.exec(said)?.[1] ?? 0);
  });
  return (rhos.reduce((sum, rho) => sum + rho, 0) / rhos.length).toPrecision(2);
}

for (const profile of values.profiles.split(',')) {
  for (const kind of values.kinds.split(',')) await judge(profile, kind);
}
process.exitCode = missed > 0 ? 1 : 0;
