import type { Ledger, Value } from './ledger.js';

/** The cells of some model on some days, as arrays by cell. */
export interface JudgedCells {
  readonly length: number;
  /** Day number of day 0. */
  readonly firstDay: number;
  readonly days: number;
  /** From 0. */
  readonly day: Int32Array;
  readonly rows: Float64Array;
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  /** Expected clicks, as mature as the cell is; 0 where nothing was forecast. */
  readonly expected: Float64Array;
  /** Predicted. */
  readonly ctr: Float64Array;
  /** Of a click; NaN where nobody says. */
  readonly worth: Float64Array;
  readonly features: readonly JudgedFeature[];
}

export interface JudgedFeature {
  readonly name: string;
  /** Of the campaign rather than of the record. */
  readonly isLabel: boolean;
  readonly values: readonly Value[];
  /** Place of the value; -1: the cell has no such feature. */
  readonly codes: Int32Array;
  readonly unseen: Uint8Array;
}

/**
 * Takes cells out of the ledger.
 * @param model null: of all models
 * @param days numbers of the first and last day; cells of others stay out
 */
export function judgedCells(
  ledger: Ledger,
  model: string | null,
  [from, to]: readonly [number, number],
): JudgedCells {
  ledger.close();
  const [models, allDays] = [ledger.model.values, ledger.day.values];
  const places: number[] = [];
  let [firstDay, lastDay] = [Infinity, -Infinity];
  for (let at = 0; at < ledger.length; at++) {
    const day = allDays[at];
    if (day < from || day > to) continue;
    if (model !== null && ledger.models.list[models[at]] !== model) continue;
    places.push(at);
    firstDay = Math.min(firstDay, day);
    lastDay = Math.max(lastDay, day);
  }
  if (places.length === 0) [firstDay, lastDay] = [0, -1];
  const taken = (values: Float64Array): Float64Array =>
    fill(new Float64Array(places.length), places, values, 0);
  return {
    length: places.length,
    firstDay,
    days: lastDay - firstDay + 1,
    day: fill(new Int32Array(places.length), places, allDays, -firstDay),
    rows: taken(ledger.rows.values),
    impressions: taken(ledger.impressions.values),
    clicks: taken(ledger.clicks.values),
    expected: taken(ledger.expected.values),
    ctr: taken(ledger.ctr.values),
    worth: taken(ledger.worth.values),
    features: [...ledger.features.values()].map(({ name, isLabel, values, codes, unseen }) => {
      return {
        name,
        isLabel,
        values: values.list,
        codes: fill(new Int32Array(places.length), places, codes.values, 0),
        unseen: fill(new Uint8Array(places.length), places, unseen.values, 0),
      };
    }),
  };
}

function fill<T extends Float64Array | Int32Array | Uint8Array>(
  into: T,
  places: readonly number[],
  values: Float64Array,
  more: number,
): T {
  for (let at = 0; at < into.length; at++) into[at] = values[places[at]] + more;
  return into;
}
