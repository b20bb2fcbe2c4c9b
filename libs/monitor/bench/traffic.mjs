/* Generated traffic of which everything is known: what was predicted, what is true, and what goes wrong when. */
import { randomGamma, randomPoisson } from 'd3-random';
import seedrandom from 'seedrandom';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-03-01T00:00:00Z') / DAY_MS;

/** The day that is so many days after the first, 2026-03-01. */
export const dayText = (day) => new Date((FIRST + day) * DAY_MS).toISOString().slice(0, 10);

const DEVICES = { mobile: 0.55, desktop: 0.35, tablet: 0.1 };
const DEVICE_FACTOR = { mobile: 1.2, desktop: 0.9, tablet: 1 };
const POSITIONS = { 1: 0.3, 2: 0.2, 3: 0.15, 4: 0.12, 5: 0.1, 6: 0.08, 7: 0.05 };
const CREATIVES = 20;
const CAMPAIGNS = 12;
/** Impressions of one delivered row. */
const ROW = 100;

/** Seeded randomness. */
export function chanceOf(seed) {
  const random = seedrandom(seed);
  const poisson = randomPoisson.source(random);
  const gamma = randomGamma.source(random);
  return {
    random,
    poisson: (mean) => (mean > 0 ? poisson(mean)() : 0),
    /** A factor around 1 of this variance. */
    factor: (variance) => (variance > 0 ? gamma(1 / variance, variance)() : 1),
    pick: (weights) => {
      let left = random();
      const names = Object.keys(weights);
      return names.find((name) => (left -= weights[name]) < 0) ?? names.at(-1);
    },
  };
}

/** As the store keeps numbers: two significant digits, whole numbers below 100 as they are. */
const told = (value) => Number(value.toPrecision(2));

/** What the model predicts, which is true until something goes wrong. */
function ctrOf({ device_type, ad_position, creative }) {
  const quality = 1 + (Number(creative.split('-')[1]) % 7) / 10;
  // Without a position the model answers as of the first.
  return (0.03 * DEVICE_FACTOR[device_type] * quality) / (ad_position ?? 1) ** 0.6;
}

/** The placements of some advertisers, which come again every day. */
export function placementsOf(chance, count) {
  return Array.from({ length: count }, () => {
    const record = {
      device_type: chance.pick(DEVICES),
      budget: told(200 * Math.exp(4 * chance.random())),
      creative: `creative-${Math.floor(CREATIVES * chance.random() ** 1.5)}`,
    };
    const campaign = `campaign-${Math.floor(CAMPAIGNS * chance.random() ** 1.5)}`;
    return { record, campaign, share: 0.05 + chance.random() ** 3 };
  });
}

/**
 * One day's final outcomes, a cell for each placement.
 * @param wrong what the true CTR is over the predicted one: (record, day) => factor
 * @param sent what arrives of a record: (record, day) => record
 */
export function dayOf(chance, placements, day, options) {
  const { impressions, dayVariance = 0, cellVariance = 0 } = options;
  const { wrong = () => 1, sent = (record) => record } = options;
  const shares = placements.reduce((sum, { share }) => sum + share, 0);
  const weekday = 1 + 0.2 * Math.sin((2 * Math.PI * day) / 7);
  const shared = chance.factor(dayVariance);
  return placements.map(({ record: fixed, campaign, share }) => {
    // The auction of the day gives the position.
    const record = { ...fixed, ad_position: Number(chance.pick(POSITIONS)) };
    const shown = chance.poisson((impressions * weekday * share) / shares);
    const truth = ctrOf(record) * wrong(record, day);
    const arrived = sent(record, day);
    const clicks = chance.poisson(shown * truth * shared * chance.factor(cellVariance));
    return {
      ...{ day: dayText(day), model: 'v1', record: arrived, unseen: [], campaign },
      ...{ rows: Math.max(1, Math.ceil(shown / ROW)), impressions: shown },
      clicks: Math.min(shown, clicks),
      predicted: shown * ctrOf(arrived),
      /** Not of a cell: what the predictions lack, known here alone. */
      truth: { original: record, expected: shown * truth },
    };
  });
}
