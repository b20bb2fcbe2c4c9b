import { mix } from '../src/keys/hash.js';

export interface CampaignTraffic {
  readonly seed: number;
  readonly campaigns: number;
  /** After how many of its own requests, on average, a campaign's figures move by up to 1 %. */
  readonly requestsPerStep: number;
}

/** SplitMix32: uniform numbers in [0, 1). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (mix((state = (state + 0x9e3779b9) | 0)) >>> 0) / 2 ** 32;
}

/**
 * The traffic of the load scenarios as rows [impressions, position, device, budget]: Zipf's law
 * with exponent 1 over the campaigns, budget to the cent.
 */
export function* requests({ seed, campaigns, requestsPerStep }: CampaignTraffic) {
  const random = uniforms(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const moved = (figure: number) => figure * (1 + 0.01 * (2 * random() - 1));
  const all = Array.from({ length: campaigns }, () => {
    const budget = 4500 * Math.exp(0.8 * normal());
    const impressions = 2.5 * budget * Math.exp(0.5 * normal());
    const row = Float64Array.of(0, 1 + Math.floor(10 * random()), Math.floor(3 * random()), 0);
    return { budget, impressions, row };
  });
  const cumulative: number[] = [];
  for (let rank = 0; rank < campaigns; rank++) {
    cumulative.push((cumulative[rank - 1] ?? 0) + 1 / (rank + 1));
  }
  for (;;) {
    const wanted = random() * cumulative.at(-1)!;
    let rank = 0;
    for (let high = campaigns - 1; rank < high;) {
      const middle = (rank + high) >>> 1;
      if (wanted < cumulative[middle]!) high = middle;
      else rank = middle + 1;
    }
    const { budget, impressions, row } = all[rank]!;
    if (row[0] === 0 || random() < 1 / requestsPerStep) {
      row[0] = Math.round(moved(impressions));
      row[3] = Math.round(100 * moved(budget)) / 100;
    }
    yield row;
  }
}

/** Cells as a forest with 63 quantile cuts in each number makes them from rows like these. */
export function quantileCells(sample: readonly Float64Array[]): (row: Float64Array) => number {
  const cutsOf = (feature: number) => {
    const values = sample.map((row) => row[feature]!).sort((a, b) => a - b);
    return Array.from(
      { length: 63 },
      (_, i) => values[Math.floor(((i + 1) * values.length) / 64)]!,
    );
  };
  const impressions = cutsOf(0);
  const budget = cutsOf(3);
  const bin = (cuts: number[], value: number) => cuts.filter((cut) => cut < value).length;
  return (row) =>
    ((bin(impressions, row[0]!) * 64 + bin(budget, row[3]!)) * 10 + row[1]! - 1) * 3 + row[2]!;
}
