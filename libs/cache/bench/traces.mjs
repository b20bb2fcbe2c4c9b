/** Sequences of keys, numbers each, that caches are judged by; same seed, same sequence. */

/** SplitMix32: uniform numbers in [0, 1). */
export function uniforms(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Draws ranks from 0: rank r with a probability in proportion to 1 / (r + 1)^exponent. */
function zipfRanks(count, exponent, random) {
  const cumulative = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank++) {
    total += (rank + 1) ** -exponent;
    cumulative[rank] = total;
  }
  return () => {
    const wanted = random() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (wanted < cumulative[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** Independent requests for `keys` keys. The odd factor spreads ranks over the numbers. */
export function zipf({ keys = 100_000, exponent, length, seed }) {
  const rank = zipfRanks(keys, exponent, uniforms(seed));
  return Float64Array.from({ length }, () => Math.imul(rank() + 1, 0x9e3779b1) >>> 0);
}

/** The same with one request in four belonging to scans of `burst` keys that never come again. */
export function zipfWithScans({ burst, length, ...rest }) {
  const base = zipf({ length, ...rest });
  const keys = new Float64Array(length);
  let fresh = 2 ** 40;
  for (let i = 0, from = 0; i < length; i++) {
    keys[i] = i % (4 * burst) >= 3 * burst ? fresh++ : base[from++];
  }
  return keys;
}

/**
 * Campaigns asked for by Zipf's law with exponent 1, whose budget and impressions move by up to 1 %
 * after three of their own requests on average.
 * @param by `cell`: figures within 5 % share a key, as bins between cuts do; `exact`: to the cent
 */
export function drifting({ campaigns = 2000, by, length, seed }) {
  const random = uniforms(seed);
  const rank = zipfRanks(campaigns, 1, random);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const moved = (figure) => figure * (1 + 0.01 * (2 * random() - 1));
  const all = Array.from({ length: campaigns }, () => {
    const budget = 4500 * Math.exp(0.8 * normal());
    const impressions = 2.5 * budget * Math.exp(0.5 * normal());
    return { budget, impressions, place: Math.floor(30 * random()), now: [budget, impressions] };
  });
  const rounded =
    by === 'cell'
      ? (figure) => Math.floor(20 * Math.log(figure))
      : (figure) => Math.round(100 * figure);
  const names = new Map();
  return Float64Array.from({ length }, () => {
    const campaign = all[rank()];
    if (random() < 1 / 3) campaign.now = [moved(campaign.budget), moved(campaign.impressions)];
    const text = `${campaign.now.map(rounded)},${campaign.place}`;
    if (!names.has(text)) names.set(text, names.size);
    return names.get(text);
  });
}
