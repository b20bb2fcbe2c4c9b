import { requireName } from '../errors.js';
import { LogHistogram, saturatingSum, TEN_THOUSANDTHS } from '../histogram.js';
import { compareModels } from '../snapshot/order.js';
import type {
  CtrCounts,
  DimensionSnapshot,
  ModelSnapshot,
  ShadowCounts,
} from '../snapshot/snapshot.js';
import { type Dimension, Dimensions, type Grouping } from './dimensions.js';

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
 * What a shadow model predicted, and how far that was from what was answered. Differences up and down
 * have sums of their own, because sums of one sign can be capped and still be merged in any order.
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

/** How many models are kept: the versions registered last. */
export const MAX_MODELS = 4;

const NO_CODES = new Int32Array(0);

/** A handle to count the predictions of one model with. */
export class Model {
  private readonly served = new CtrCounter();
  private readonly shadow = new ShadowCounter();

  constructor(
    readonly version: string,
    readonly since: number,
    public groupings: readonly Grouping[],
  ) {}

  /** Counts an answered prediction, by the model's dimensions too. */
  countServed(tenThousandths: number, codes: Int32Array = NO_CODES): void {
    this.served.count(tenThousandths);
    for (let i = 0; i < this.groupings.length; i++) {
      this.groupings[i].count(i < codes.length ? codes[i] : -1, tenThousandths);
    }
  }

  countShadow(tenThousandths: number, servedTenThousandths: number): void {
    this.shadow.count(tenThousandths, servedTenThousandths);
  }

  snapshot(): ModelSnapshot {
    return {
      version: this.version,
      since: this.since,
      served: this.served.snapshot(),
      shadow: this.shadow.snapshot(),
    };
  }
}

/** The models of a service that are or were in use, with their dimensions. */
export class Models {
  // In the order of their last registration.
  private readonly models = new Map<string, Model>();
  private readonly dimensions = new Dimensions();

  /**
   * Registers a version, and makes it the last one registered. While a version is kept, its handle
   * stays the same.
   * @param dimensions what the model's predictions are told apart by; left out, they stay
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  register(version: string, dimensions: readonly Dimension[] | undefined, moment: number): Model {
    requireName('version', version);
    const groupings = dimensions && this.dimensions.groupings(dimensions);
    const model = this.models.get(version) ?? new Model(version, moment, []);
    if (groupings) model.groupings = groupings;
    this.models.delete(version);
    this.models.set(version, model);
    const [oldest] = this.models.keys();
    if (this.models.size > MAX_MODELS) this.models.delete(oldest);
    this.dimensions.retain([...this.models.values()].flatMap(({ groupings }) => groupings));
    return model;
  }

  /** The models kept, oldest first. */
  snapshot(): ModelSnapshot[] {
    return [...this.models.values()].map((model) => model.snapshot()).sort(compareModels);
  }

  dimensionSnapshot(): DimensionSnapshot[] {
    return this.dimensions.snapshot();
  }
}
