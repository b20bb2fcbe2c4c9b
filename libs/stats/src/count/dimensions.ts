import { requireName, StatsError } from '../errors.js';
import { saturatingSum } from '../histogram.js';
import { compareNames } from '../snapshot/order.js';
import type { DimensionSnapshot } from '../snapshot/snapshot.js';

/** What predictions are counted apart by, such as the type of a device. */
export interface Dimension {
  readonly name: string;
  /** Labels by category number. */
  readonly categories: readonly string[];
}

/** How many dimensions one model may have. */
export const MAX_DIMENSIONS = 16;
/** How many labels one dimension counts apart, over all models that have it. */
export const MAX_CATEGORIES = 64;
/** The label under which everything else is counted. */
export const OTHER = 'other';

/** Counts predictions by the categories of one dimension. Place 0 is that of `OTHER`. */
class DimensionCounter {
  private readonly labels = [OTHER];
  private readonly predictions = new Float64Array(MAX_CATEGORIES + 1);
  private readonly sums = new Float64Array(MAX_CATEGORIES + 1);

  constructor(readonly name: string) {}

  /** The place of a label. A new label gets the next place, or that of `OTHER` when none is left. */
  placeOf(label: string): number {
    const known = this.labels.indexOf(label);
    if (known >= 0) return known;
    return this.labels.length <= MAX_CATEGORIES ? this.labels.push(label) - 1 : 0;
  }

  count(place: number, tenThousandths: number): void {
    this.predictions[place]++;
    this.sums[place] += tenThousandths;
  }

  snapshot(): DimensionSnapshot {
    const categories = this.labels.map((label, place) => ({
      label,
      predictions: saturatingSum(this.predictions[place], 0),
      ctrTenThousandths: saturatingSum(this.sums[place], 0),
    }));
    return {
      name: this.name,
      categories: categories
        .filter(({ predictions }) => predictions > 0)
        .sort((a, b) => compareNames(a.label, b.label)),
    };
  }
}

/** Counts by one dimension for one model, which numbers the categories in its own way. */
export class Grouping {
  private readonly places: Uint8Array;

  constructor(
    readonly counter: DimensionCounter,
    labels: readonly string[],
  ) {
    this.places = Uint8Array.from(labels, (label) => counter.placeOf(label));
  }

  /** @param code the model's number of the category; out of range counts as `OTHER` */
  count(code: number, tenThousandths: number): void {
    const place = code >= 0 && code < this.places.length ? this.places[code] : 0;
    this.counter.count(place, tenThousandths);
  }
}

/** The dimensions of the models that are kept. */
export class Dimensions {
  private readonly counters = new Map<string, DimensionCounter>();

  /**
   * Ways to count by these dimensions. Models that name the same dimension share its counts.
   * @throws StatsError NAME_INVALID, LIMIT_REACHED
   */
  groupings(dimensions: readonly Dimension[]): Grouping[] {
    if (dimensions.length > MAX_DIMENSIONS) {
      const detail = `${dimensions.length} dimensions, wanted at most ${MAX_DIMENSIONS}`;
      throw new StatsError('LIMIT_REACHED', detail);
    }
    const names = new Set<string>();
    for (const { name, categories } of dimensions) {
      requireName('dimension', name);
      categories.forEach((label) => requireName(`category of ${name}`, label));
      if (names.has(name)) throw new StatsError('NAME_INVALID', `dimension ${name} is given twice`);
      names.add(name);
    }
    return dimensions.map(({ name, categories }) => {
      let counter = this.counters.get(name);
      if (counter === undefined) this.counters.set(name, (counter = new DimensionCounter(name)));
      return new Grouping(counter, categories);
    });
  }

  /** Forgets every dimension that none of these groupings counts by. */
  retain(groupings: readonly Grouping[]): void {
    const used = new Set(groupings.map(({ counter }) => counter));
    for (const counter of this.counters.values()) {
      if (!used.has(counter)) this.counters.delete(counter.name);
    }
  }

  /** The dimensions that something was counted by, in order. */
  snapshot(): DimensionSnapshot[] {
    return [...this.counters.values()]
      .map((counter) => counter.snapshot())
      .filter(({ categories }) => categories.length > 0)
      .sort((a, b) => compareNames(a.name, b.name));
  }
}
