import { LogHistogram } from './histogram.js';
import { TEN_THOUSANDTHS } from './scale.js';
import type { CtrCounts, ShadowCounts } from './snapshot.js';
import { saturatingSum } from './whole.js';

const ONE = 10_000;

// An answered CTR is one of 10,001 numbers, so its bucket is looked up instead of computed.
const BUCKET_OF = Uint16Array.from({ length: ONE + 1 }, (_, ctr) => TEN_THOUSANDTHS.bucketOf(ctr));

/** A CTR in whole ten-thousandths: below 0 counts as 0 and above 1 as 1; −1 for NaN. */
export function tenThousandthsOf(ctr: number): number {
  if (ctr >= 0) return ctr < 1 ? Math.round(ctr * ONE) : ONE;
  return ctr < 0 ? 0 : -1;
}

/** Predicted CTRs: how many, their sum and their distribution. */
export class CtrCounter {
  private readonly sums = new Float64Array(2);
  private readonly ctrs = new LogHistogram(TEN_THOUSANDTHS);

  /** @param tenThousandths whole, 0 to 10,000 */
  count(tenThousandths: number): void {
    this.sums[0]++;
    this.sums[1] += tenThousandths;
    this.ctrs.recordBucket(BUCKET_OF[tenThousandths]);
  }

  snapshot(): CtrCounts {
    return {
      predictions: saturatingSum(this.sums[0], 0),
      ctrTenThousandths: saturatingSum(this.sums[1], 0),
      ctrs: this.ctrs.snapshot(),
    };
  }
}

/**
 * What a shadow model predicted, beside what was answered. Differences up and down are summed
 * apart, because sums of one sign can be capped and still merge in any order.
 */
export class ShadowCounter {
  private readonly predicted = new CtrCounter();
  private readonly apart = new Float64Array(2);

  /** Both whole, 0 to 10,000. */
  count(shadow: number, served: number): void {
    this.predicted.count(shadow);
    if (shadow > served) this.apart[0] += shadow - served;
    else this.apart[1] += served - shadow;
  }

  snapshot(): ShadowCounts {
    return {
      ...this.predicted.snapshot(),
      aboveTenThousandths: saturatingSum(this.apart[0], 0),
      belowTenThousandths: saturatingSum(this.apart[1], 0),
    };
  }
}
