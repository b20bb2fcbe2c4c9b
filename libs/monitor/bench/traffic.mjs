/* Generated traffic of which everything is known: what was predicted, what is true, and what goes wrong when. */
import { randomGamma, randomPoisson } from 'd3-random';
import seedrandom from 'seedrandom';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-03-01T00:00:00Z') / DAY_MS;

export const dayText = (day) => new Date((FIRST + day) * DAY_MS).toISOString().slice(0, 10);

const DEVICES = { mobile: 0.55, desktop: 0.35, tablet: 0.1 };
const POSITIONS = [0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05];
const CREATIVES = 30;
const CAMPAIGNS = 12;
const POOL = 600;

/** Seeded randomness. */
export function chanceOf(seed) {
  const random = seedrandom(seed);
  const poisson = randomPoisson.source(random);
  const gamma = randomGamma.source(random);
  return {
    random,
    poisson: (mean) => (mean > 0 ? poisson(mean)() : 0),
    factor: (variance) => (variance > 0 ? gamma(1 / variance, variance)() : 1),
    pick: (weights) => {
      let left = random();
      const names = Object.keys(weights);
      return names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1);
    },
  };
}

/** Two significant digits, whole numbers below 100 as they are. */
const told = (value) => Number(value.toPrecision(2));

/** The placements of an advertiser, which come again every day. */
export function placementsOf(chance) {
  return Array.from({ length: POOL }, () => {
    const device = chance.pick(DEVICES);
    const position = Number(chance.pick(POSITIONS)) + 1;
    const creative = Math.floor(CREATIVES * chance.random() ** 2);
    const budget = told(200 * Math.exp(4 * chance.random()));
    const campaign = Math.floor(CAMPAIGNS * chance.random() ** 1.5);
    const ctr =
      (0.035 * { mobile: 1.2, desktop: 0.9, tablet: 1 }[device] * (1 + (creative % 7) / 10)) /
      position ** 0.6;
    return {
      record: {
        device_type: device,
        ad_position: position,
        budget,
        creative: `creative-${creative}`,
      },
      campaign: `campaign-${campaign}`,
      ctr: Math.min(0.5, ctr),
      share: chance.random() ** 3,
    };
  });
}

/**
 * One day's cells, and what its outcomes came to.
 * @param wrong what multiplies a placement's true CTR on a day: (placement, day) => factor
 * @param broken what becomes of a placement's record on a day; the prediction follows it
 */
export function dayOf(chance, placements, day, options) {
  const { impressions, dayVariance = 0, rowVariance = 0, wrong = () => 1, broken } = options;
  const shares = placements.reduce((sum, { share }) => sum + share, 0);
  const weekday = 1 + 0.25 * Math.sin((2 * Math.PI * day) / 7);
  const shared = chance.factor(dayVariance);
  return placements.map((placement) => {
    const shown = chance.poisson((impressions * weekday * placement.share) / shares);
    const sent = broken?.(placement, day) ?? placement;
    const truth = placement.ctr * wrong(placement, day) * shared * chance.factor(rowVariance);
    return {
      day: dayText(day),
      model: 'v1',
      record: sent.record,
      unseen: [],
      campaign: placement.campaign,
      rows: Math.max(1, Math.ceil(shown / 50)),
      impressions: shown,
      clicks: Math.min(shown, chance.poisson(shown * truth)),
      predicted: shown * sent.ctr,
      spend: shown * 0.004,
    };
  });
}
