/*
 * Why the CTR of a week is another than that of the week before. It is Σ s r over the values of a feature, s
 * the share of the impressions and r the CTR of a value, and so
 *
 *   R' − R = Σ (s' − s) ((r + r')/2 − (R + R')/2)     mix: impressions moved to values of another CTR
 *          + Σ (s + s')/2 (r' − r)                    rate: values did better or worse
 *
 * which adds up exactly and treats both weeks alike (Bennet 1920, the two-factor Shapley value). What is
 * subtracted in the mix, the CTR of all, changes no sum, since shares add up to 1, and makes each value's
 * part one of being better or worse than the rest. A value that one of the weeks lacks has no CTR of its
 * own there, so it is all mix. Clicks, N R, split the same way into volume, mix and rate.
 */

export interface Counted {
  readonly impressions: number;
  readonly clicks: number;
}

/** What one value did to the CTR of all. */
export interface ChangePart {
  readonly value: string;
  readonly mix: number;
  readonly rate: number;
  readonly share_before: number;
  readonly share_after: number;
  /** Null where it had no impressions. */
  readonly ctr_before: number | null;
  readonly ctr_after: number | null;
}

/** A change of the CTR, and of clicks, by the values of one feature. */
export interface Change {
  readonly ctr_before: number;
  readonly ctr_after: number;
  /** `mix` + `rate`. */
  readonly change: number;
  readonly mix: number;
  readonly rate: number;
  /** The same in clicks: `change` is the sum of the others. */
  readonly clicks: {
    readonly change: number;
    readonly volume: number;
    readonly mix: number;
    readonly rate: number;
  };
  /** Largest effect first. */
  readonly parts: readonly ChangePart[];
}

const NONE: Counted = { impressions: 0, clicks: 0 };

const ctrOf = ({ impressions, clicks }: Counted): number | null =>
  impressions > 0 ? clicks / impressions : null;

function totalOf(counts: ReadonlyMap<string, Counted>): Counted {
  let [impressions, clicks] = [0, 0];
  for (const counted of counts.values()) {
    impressions += counted.impressions;
    clicks += counted.clicks;
  }
  return { impressions, clicks };
}

/**
 * Splits the change between two periods.
 * @param before counts by value
 * @returns null where either period has no impressions
 */
export function changeBetween(
  before: ReadonlyMap<string, Counted>,
  after: ReadonlyMap<string, Counted>,
): Change | null {
  const [all, allAfter] = [totalOf(before), totalOf(after)];
  const [ctr, ctrAfter] = [ctrOf(all), ctrOf(allAfter)];
  if (ctr === null || ctrAfter === null) return null;
  const usual = (ctr + ctrAfter) / 2;
  const parts = [...new Set([...before.keys(), ...after.keys()])].map((value) => {
    const [b, a] = [before.get(value) ?? NONE, after.get(value) ?? NONE];
    const [share_before, share_after] = [
      b.impressions / all.impressions,
      a.impressions / allAfter.impressions,
    ];
    const [ctr_before, ctr_after] = [ctrOf(b), ctrOf(a)];
    const [r, s] = [ctr_before ?? ctr_after ?? usual, ctr_after ?? ctr_before ?? usual];
    const mix = (share_after - share_before) * ((r + s) / 2 - usual);
    const rate = ((share_before + share_after) / 2) * (s - r);
    return { value, mix, rate, share_before, share_after, ctr_before, ctr_after };
  });
  parts.sort((a, b) => Math.abs(b.mix + b.rate) - Math.abs(a.mix + a.rate));
  const [mix, rate] = (['mix', 'rate'] as const).map((name) =>
    parts.reduce((sum, part) => sum + part[name], 0),
  );
  const shown = (all.impressions + allAfter.impressions) / 2;
  const clicks = {
    change: allAfter.clicks - all.clicks,
    volume: (allAfter.impressions - all.impressions) * usual,
    mix: shown * mix,
    rate: shown * rate,
  };
  return { ctr_before: ctr, ctr_after: ctrAfter, change: ctrAfter - ctr, mix, rate, clicks, parts };
}
