// What is lost by ranking with predicted instead of true CTRs?
import { rank } from '@adscale/decisions';

const CANDIDATES = 1000;
const AUCTION = 20;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Candidates of the market, each click worth 0.2 to 2. */
function candidatesOf(market, count, seed, random) {
  return market.fresh(count, seed).map((record, i) => ({
    id: String(i),
    record,
    value_per_click: (0.2 + 1.8 * random()).toFixed(2),
  }));
}

const trueEcpm = (market, { record, value_per_click }) =>
  1000 * market.trueCtr(record) * Number(value_per_click);

/** Expected value of the first `taken` of a ranking over that of the true best `taken`. */
function shareOfBest({ model, market }, candidates, taken) {
  const truth = candidates.map((candidate) => trueEcpm(market, candidate));
  const chosen = rank(model, { candidates }).candidates.slice(0, taken);
  const best = truth.toSorted((a, b) => b - a).slice(0, taken);
  return [sum(chosen.map(({ id }) => truth[Number(id)])), sum(best)];
}

/** @returns shares of the best expected value, 1 at most */
export function rankingValue(models, rounds) {
  const tallies = { top_tenth: [0, 0], auctions: [0, 0] };
  models.forEach((trained, m) => {
    const { market } = trained;
    const { random } = market.chance(200 + m);
    for (let r = 0; r < rounds; r++) {
      const candidates = candidatesOf(market, CANDIDATES, 7_000_000 + 1000 * m + r, random);
      add(tallies.top_tenth, shareOfBest(trained, candidates, CANDIDATES / 10));
      for (let i = 0; i < CANDIDATES; i += AUCTION) {
        const auction = candidates
          .slice(i, i + AUCTION)
          .map((one, id) => ({ ...one, id: `${id}` }));
        add(tallies.auctions, shareOfBest(trained, auction, 1));
      }
    }
  });
  const shareOf = ([got, best]) => got / best;
  return { top_tenth: shareOf(tallies.top_tenth), auctions: shareOf(tallies.auctions) };
}

function add(tally, [got, best]) {
  tally[0] += got;
  tally[1] += best;
}
