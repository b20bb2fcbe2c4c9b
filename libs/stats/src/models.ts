import { type Dimension, Dimensions, type Grouping } from './dimensions.js';
import { requireName } from './errors.js';
import { compareNames } from './order.js';
import { CtrCounter, ShadowCounter } from './predictions.js';
import type { DimensionSnapshot, ModelSnapshot } from './snapshot.js';

/** How many versions are kept: those registered last. */
export const MAX_MODELS = 4;

const NO_CODES = new Int32Array(0);

/** The predictions of one model: a handle to count them with. */
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
   * The model of this version, the same one as long as it is kept; now the one registered last.
   * @param dimensions what it tells predictions apart by; left out, as it did before
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

/** By first registration, then by version. */
export function compareModels(a: ModelSnapshot, b: ModelSnapshot): number {
  return a.since - b.since || compareNames(a.version, b.version);
}
