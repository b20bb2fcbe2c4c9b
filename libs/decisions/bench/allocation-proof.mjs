// How many of the clicks that the best split of the budget truly gets does the allocation truly get?
import { allocate } from '@adscale/decisions';

const DEVICES = ['mobile', 'desktop', 'tablet'];
const POSITIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** The budget is dealt out to the true optimum in so many parts. */
const STEPS = 20_000;

/**
 * Thirty cells of a campaign for one period, within what campaigns of the market have: inventories
 * of one to six impressions per unit of the campaign's budget, prices that fall with the position,
 * not as fast as the CTR does, and money for a part of the inventory.
 */
function problemOf({ between }, market, { budget: campaign_budget, ...record }) {
  const words = Object.fromEntries(
    ['campaign', 'ad_group', 'creative'].flatMap((name) =>
      record[name] === undefined ? [] : [[name, record[name]]],
    ),
  );
  const cells = DEVICES.flatMap((device_type) =>
    POSITIONS.map((ad_position) => ({
      id: `${device_type} ${ad_position}`,
      record: { device_type, ad_position, ...words },
      cost: { cpm: (between(3, 12) * 0.8 ** (ad_position - 1)).toFixed(2) },
      max_impressions: Math.ceil(between(1, 6) * market.volume * campaign_budget),
    })),
  );
  const everything = sum(
    cells.map(({ cost, max_impressions }) => (Number(cost.cpm) * max_impressions) / 1000),
  );
  return { campaign_budget, budget: Math.ceil(between(0.1, 0.6) * everything), cells };
}

function trueClicks(market, { record, cost }, spend, budget) {
  if (spend === 0) return 0;
  const impressions = (1000 * spend) / Number(cost.cpm);
  const whole = Math.max(1, Math.floor(impressions));
  return impressions * market.trueCtr({ ...record, budget, impressions: whole });
}

/**
 * The true optimum: clicks rise ever slower with spend (fatigue), so unit after unit to the cell
 * where it adds the most is optimal.
 */
function bestClicks(market, { budget, campaign_budget, cells }) {
  const unit = budget / STEPS;
  const spends = cells.map(() => 0);
  const gainOf = (i) => {
    const { cost, max_impressions } = cells[i];
    const next = spends[i] + unit;
    if ((1000 * next) / Number(cost.cpm) > max_impressions) return 0;
    const now = trueClicks(market, cells[i], spends[i], campaign_budget);
    return trueClicks(market, cells[i], next, campaign_budget) - now;
  };
  const gains = cells.map((_, i) => gainOf(i));
  for (let step = 0; step < STEPS; step++) {
    const best = gains.indexOf(Math.max(...gains));
    if (!(gains[best] > 0)) break;
    spends[best] += unit;
    gains[best] = gainOf(best);
  }
  return sum(cells.map((cell, i) => trueClicks(market, cell, spends[i], campaign_budget)));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Shares of the true optimum's clicks: by the allocation, and by an equal split. */
export async function allocationShares(models, problems) {
  const shares = [];
  for (const [m, { model, market }] of models.entries()) {
    const draw = market.chance(300 + m);
    for (let p = 0; p < problems; p++) {
      const [record] = market.fresh(1, 9_000_000 + 1000 * m + p);
      const problem = problemOf(draw, market, record);
      const { allocations, total } = await allocate(model, problem);
      const got = sum(
        allocations.map(({ spend }, i) =>
          trueClicks(market, problem.cells[i], spend, problem.campaign_budget),
        ),
      );
      shares.push({ share: got / bestClicks(market, problem), hoped: total.expected_clicks / got });
    }
  }
  return shares;
}
