const grouped = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

/** A number as people write it: `12,500`. */
export const numberText = (value: number): string => grouped.format(value);

/** A share as people write it: `1.25 %`. */
export const shareText = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
