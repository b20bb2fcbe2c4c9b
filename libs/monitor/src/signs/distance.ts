import { around, type Effect } from './stability.js';

/** Numbers and how much each counts. */
export type Weighted = readonly (readonly [value: number, weight: number])[];

/**
 * How far numbers have moved: Wasserstein's distance, the area between the two distribution functions,
 * over the reference's mean distance from its median. 1: as far as the reference's numbers lie apart.
 *
 * Of samples it is above 0 where nothing has moved: at each place by E|normal| of the spread of the two
 * functions, which is taken off as far as the distance is no larger. Where they differ, the distance is
 * the difference of the means of φ, whose slope is the sign of the functions' difference, and has their
 * variance (del Barrio, Giné & Matrán 1999).
 *
 * @param rows that each is known from
 * @param reach standard deviations of the interval
 * @returns null where the reference has one value only, or either side none
 */
export function distance(
  [reference, n]: readonly [Weighted, rows: number],
  [window, m]: readonly [Weighted, rows: number],
  reach: number,
): Effect | null {
  const places = merged(reference, window);
  const spread = spreadOf(places);
  if (!(spread > 0)) return null;
  const rate = 1 / n + 1 / m;
  let [before, area, bias, phi] = [places[0].value, 0, 0, 0];
  let [f, g] = [0, 0];
  const [ofReference, ofWindow] = [new Moments(), new Moments()];
  for (const { value, r, w } of places) {
    const gap = value - before;
    const pooled = (n * f + m * g) / (n + m);
    area += Math.abs(f - g) * gap;
    bias += Math.sqrt((2 / Math.PI) * Math.max(0, pooled * (1 - pooled)) * rate) * gap;
    phi += Math.sign(f - g) * gap;
    ofReference.add(phi, r);
    ofWindow.add(phi, w);
    before = value;
    f += r;
    g += w;
  }
  const variance = ofReference.variance / n + ofWindow.variance / m + (bias / 2) ** 2;
  const corrected = area > 0 ? area - bias * Math.min(1, bias / area) : 0;
  return around(corrected / spread, (reach * Math.sqrt(variance)) / spread);
}

interface Place {
  readonly value: number;
  /** Shares of the reference and of the window that are here. */
  r: number;
  w: number;
}

function merged(reference: Weighted, window: Weighted): Place[] {
  const places = new Map<number, Place>();
  const add = (side: 'r' | 'w', numbers: Weighted): void => {
    const all = numbers.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of numbers) {
      let place = places.get(value);
      if (place === undefined) places.set(value, (place = { value, r: 0, w: 0 }));
      place[side] += weight / all;
    }
  };
  add('r', reference);
  add('w', window);
  if (reference.length === 0 || window.length === 0) return [];
  return [...places.values()].sort((a, b) => a.value - b.value);
}

/** Mean distance of the reference from its median. */
function spreadOf(places: readonly Place[]): number {
  let passed = 0;
  const median = places.find(({ r }) => (passed += r) >= 0.5)?.value ?? 0;
  return places.reduce((sum, { value, r }) => sum + r * Math.abs(value - median), 0);
}

class Moments {
  private first = 0;
  private second = 0;

  add(value: number, share: number): void {
    this.first += share * value;
    this.second += share * value ** 2;
  }

  get variance(): number {
    return Math.max(0, this.second - this.first ** 2);
  }
}
