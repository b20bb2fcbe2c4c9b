// What is lost by ranking with predicted instead of true CTRs?
import { rank } from '@adscale/decisions';
import { chance, freshRecords, trueCtr } from './market.mjs';

const CANDIDATES = 1000;
const AUCTION = 20;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Candidates of the market, each click worth 0.2 to 2. */
function candidatesOf(count, seed, random) {
  return freshRecords(count, seed).map((record, i) => ({
    id: String(i),
    record,
    value_per_click: (0.2 + 1.8 * random()).toFixed(2),
  }));
}

const trueEcpm = ({ record, value_per_click }) => 1000 * trueCtr(record) * Number(value_per_click);

/** Expected value of the first `taken` of a ranking over that of the true best `taken`. */
function shareOfBest(model, candidates, taken) {
  const truth = candidates.map(trueEcpm);
  const chosen = rank(model, { candidates }).candidates.slice(0, taken);
  const best = truth.toSorted((a, b) => b - a).slice(0, taken);
  return [sum(chosen.map(({ id }) => truth[Number(id)])), sum(best)];
}

/** @returns shares of the best expected value, 1 at most */
export function rankingValue(models, rounds) {
  const tallies = { top_tenth: [0, 0], auctions: [0, 0] };
  models.forEach((model, m) => {
    const { random } = chance(200 + m);
    for (let r = 0; r < rounds; r++) {
      const candidates = candidatesOf(CANDIDATES, 7_000_000 + 1000 * m + r, random);
      add(tallies.top_tenth, shareOfBest(model, candidates, CANDIDATES / 10));
      for (let i = 0; i < CANDIDATES; i += AUCTION) {
        const auction = candidates
          .slice(i, i + AUCTION)
          .map((one, id) => ({ ...one, id: `${id}` }));
        add(tallies.auctions, shareOfBest(model, auction, 1));
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
