// Do forecasts cover? Campaigns of the generator's kind: one budget, placements of their own.
import { forecast } from '@adscale/decisions';

const LEVELS = [0.8, 0.9, 0.95];

/** Placements of one campaign: the budget of the first, impressions in proportion to it. */
function scheduleOf(market, count, seed) {
  const records = market.fresh(count, seed);
  const { budget } = records[0];
  return records.map((record) => ({
    record: {
      ...record,
      impressions: Math.max(
        market.leastImpressions,
        Math.round((record.impressions * budget) / record.budget),
      ),
      budget,
    },
  }));
}

const isWithin = (value, { low, high }) => value >= low && value <= high;

/** Share of intervals that hold what was observed: of campaigns' totals, and of placements. */
export function forecastCoverage(models, campaigns) {
  const tallies = LEVELS.map((level) => ({ level, totals: 0, lines: 0, placements: 0 }));
  const perModel = Math.ceil(campaigns / models.length);
  models.forEach(({ model, market }, m) => {
    const draw = market.chance(m);
    for (let c = 0; c < perModel; c++) {
      const count = Math.round(draw.between(5, 60));
      const schedule = scheduleOf(market, count, 1_000_000 + 1000 * m + c);
      const observed = schedule.map(({ record }) => draw.clicksOf(record));
      const total = observed.reduce((sum, clicks) => sum + clicks, 0);
      for (const tally of tallies) {
        const answer = forecast(model, { schedule, level: tally.level });
        tally.totals += +isWithin(total, answer.total.clicks);
        tally.placements += count;
        answer.placements.forEach(
          ({ clicks }, i) => (tally.lines += +isWithin(observed[i], clicks)),
        );
      }
    }
  });
  const all = perModel * models.length;
  return tallies.map(({ level, totals, lines, placements }) => ({
    level,
    campaigns: all,
    totals: totals / all,
    placements: lines / placements,
  }));
}
