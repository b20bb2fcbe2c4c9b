// Is "B is better with chance p" right p of the time? Pairs of placements whose truth is known.
import { compare } from '@adscale/decisions';

const BINS = 10;

/** How B follows from A and from another record of the market. */
const populations = {
  'any two placements': (_, other) => other,
  'two at one position': (a, other) => ({ ...other, ad_position: a.ad_position }),
  'two at one position and device': (a, other) => ({
    ...other,
    ad_position: a.ad_position,
    device_type: a.device_type,
  }),
};

/** One field changes, the rest stays: told apart, because there the chance is too modest. */
const singleFields = {
  'only the device differs': (a, other) => ({ ...a, device_type: other.device_type }),
  'only the budget differs': (a, other) => ({ ...a, budget: other.budget }),
};

/** By bin of the stated chance: how many pairs, the mean chance, how often B was better. */
function reliability(models, pairs, makeB) {
  const bins = Array.from({ length: BINS }, () => ({ pairs: 0, stated: 0, better: 0 }));
  models.forEach(({ model, market }, m) => {
    const { random, ownCtr } = market.chance(100 + m);
    const records = market.fresh(2 * pairs, 5000 + m);
    for (let i = 0; i < pairs; i++) {
      const first = records[2 * i];
      const second = makeB(first, records[2 * i + 1]);
      const [a, b] = random() < 0.5 ? [first, second] : [second, first];
      const [truthA, truthB] = [ownCtr(a), ownCtr(b)];
      if (truthA === truthB) continue;
      const stated = compare(model, { a, b }).chance_b_better;
      const bin = bins[Math.min(BINS - 1, Math.floor(stated * BINS))];
      bin.pairs++;
      bin.stated += stated;
      bin.better += +(truthB > truthA);
    }
  });
  return bins
    .filter((bin) => bin.pairs > 0)
    .map(({ pairs: count, stated, better }) => ({
      pairs: count,
      stated: stated / count,
      better: better / count,
    }));
}

/** @param pairs of each population and model; a quarter of them where one field differs */
export function comparisonReliability(models, pairs) {
  const run = (kinds, count) =>
    pooled(Object.values(kinds).flatMap((makeB) => reliability(models, count, makeB)));
  return {
    market: run(populations, pairs),
    singleField: run(singleFields, Math.ceil(pairs / 4)),
  };
}

/** Bins of several populations as one. */
function pooled(bins) {
  const merged = Array.from({ length: BINS }, () => ({ pairs: 0, stated: 0, better: 0 }));
  for (const { pairs, stated, better } of bins) {
    const bin = merged[Math.min(BINS - 1, Math.floor(stated * BINS))];
    bin.pairs += pairs;
    bin.stated += pairs * stated;
    bin.better += pairs * better;
  }
  return merged
    .filter(({ pairs }) => pairs > 0)
    .map(({ pairs, stated, better }) => ({
      pairs,
      stated: stated / pairs,
      better: better / pairs,
    }));
}
