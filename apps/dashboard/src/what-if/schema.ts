/*
 * What a record may hold, by the card of a model, and what of it lies outside of what training held: the
 * page's reading of what the service reads alike (RecordContract of @adscale/ctr).
 */
import type { PlacementRecord } from '../api/client.js';

/** A feature of a record, as the card of a model says. */
export interface Feature {
  readonly name: string;
  readonly kind: 'numeric' | 'integer' | 'categorical' | 'word';
  readonly description?: string;
  readonly example?: string | number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly categories?: readonly string[];
  readonly missing?: boolean;
  /** Of words: they are whole numbers that name something. */
  readonly whole?: boolean;
  readonly bias?: { readonly heldAt: number | string };
}

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly categories?: Readonly<Record<string, number>>;
  readonly missing: number;
}

/** What is read of a card; those of earlier trainers may lack anything. */
export interface Card {
  readonly schema: { readonly features: readonly Feature[] };
  readonly training?: { readonly ranges?: Readonly<Record<string, Range>> };
}

export const isNumber = ({ kind }: Feature): boolean => kind === 'numeric' || kind === 'integer';

/** Of a feature in a record. Undefined: it is not there. */
export type Value = string | number | null | undefined;

/** Longest text that is a word. */
const LONGEST_WORD = 512;

/** A record may lack the feature. Without a word, what is above it answers. */
export function isOptional({ schema, training }: Card, f: number): boolean {
  const feature = schema.features[f]!;
  if (feature.kind === 'word') return true;
  const lacking = training?.ranges?.[feature.name]?.missing ?? 0;
  return (feature.missing ?? lacking > 0) || feature.bias !== undefined;
}

/** Why a record may not have this value of a feature, as words that follow "must be"; undefined if it may. */
export function ruleBroken(card: Card, f: number, value: unknown): string | undefined {
  const feature = card.schema.features[f]!;
  if (value === undefined || value === null) return isOptional(card, f) ? undefined : 'there';
  if (feature.kind === 'categorical') {
    return feature.categories!.includes(value as string) ? undefined : 'one of its categories';
  }
  if (feature.kind === 'word') return wordRule(feature, value);
  const { minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE, exclusiveMinimum } = feature;
  const whole = feature.kind === 'integer';
  if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
    return whole ? 'a whole number' : 'a number';
  }
  if (exclusiveMinimum !== undefined && !(value > exclusiveMinimum)) {
    return `greater than ${exclusiveMinimum}`;
  }
  if (!(value >= minimum)) return `at least ${minimum}`;
  return value <= maximum ? undefined : `at most ${maximum}`;
}

function wordRule({ whole }: Feature, value: unknown): string | undefined {
  if (whole === true) {
    return Number.isSafeInteger(value) || value === '' ? undefined : 'a whole number';
  }
  const isText = typeof value === 'string' && [...value].length <= LONGEST_WORD;
  return isText ? undefined : `a text of at most ${LONGEST_WORD} characters`;
}

/** A record as the forest's numbers, where no feature is a word: NaN for what is missing. */
export function rowOf({ schema }: Card, record: PlacementRecord): Float64Array {
  return Float64Array.from(schema.features, (feature) => numberOf(feature, record[feature.name]));
}

/** The number of a value that is no word; what is absent and held at a value is that value. */
export function numberOf(feature: Feature, value: Value): number {
  const given = value ?? feature.bias?.heldAt;
  if (given === undefined) return NaN;
  if (feature.kind !== 'categorical') return given as number;
  return feature.categories!.indexOf(given as string);
}

/** The features whose value lies outside of what training held, words apart; in schema order. */
export function outsideTraining({ schema, training }: Card, record: PlacementRecord): string[] {
  return schema.features.flatMap((feature) => {
    const { name } = feature;
    const range = training?.ranges?.[name];
    if (range === undefined || feature.kind === 'word') return [];
    const value = record[name] ?? feature.bias?.heldAt;
    if (value === undefined) return range.missing > 0 ? [] : [name];
    if (range.categories !== undefined) {
      return (range.categories[value] ?? 0) > 0 ? [] : [name];
    }
    const { minimum = -Infinity, maximum = Infinity } = range;
    return Number(value) >= minimum && Number(value) <= maximum ? [] : [name];
  });
}

/** What to begin with: the examples of the schema, else the usual. */
export function startRecord(card: Card): PlacementRecord {
  const values = card.schema.features.map((feature, f) => [feature.name, startValue(card, f)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function startValue(card: Card, f: number): Value {
  const feature = card.schema.features[f]!;
  const { name, example, bias } = feature;
  if (example !== undefined && ruleBroken(card, f, example) === undefined) return example;
  if (bias !== undefined) return bias.heldAt;
  const range = card.training?.ranges?.[name];
  if (feature.kind === 'word') return null;
  if (feature.kind === 'categorical') {
    const rows = range?.categories ?? {};
    const commonest = [...feature.categories!].sort((a, b) => (rows[b] ?? 0) - (rows[a] ?? 0));
    return commonest[0];
  }
  const { lowest, highest, isLog } = scaleOf(card, f);
  const middle = isLog ? Math.sqrt(lowest * highest) : (lowest + highest) / 2;
  return roundedFor(feature, middle);
}

/** A record that a link brought: what may be is taken, and what may not is said. */
export function recordFrom(
  card: Card,
  given: Readonly<Record<string, unknown>>,
): { record: PlacementRecord; refused: string[] } {
  const start = startRecord(card);
  const refused: string[] = [];
  const names = new Set(card.schema.features.map(({ name }) => name));
  for (const name of Object.keys(given)) {
    if (!names.has(name)) refused.push(`${shortened(name)} is not a feature of this model`);
  }
  const values = card.schema.features.map((feature, f) => {
    const { name } = feature;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const rule = ruleBroken(card, f, value);
    // A word is empty rather than absent: a record must say so.
    const none = feature.kind === 'word' ? null : undefined;
    if (rule === undefined) return [name, (value ?? none) as Value] as const;
    if (value !== undefined) {
      refused.push(`${name} is ${shortened(JSON.stringify(value))}; it must be ${rule}`);
    }
    return [name, start[name]] as const;
  });
  const known = values.filter(([, value]) => value !== undefined);
  return { record: Object.fromEntries(known) as PlacementRecord, refused };
}

export function shortened(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}

/** How far a slider and a curve go, beyond what training held on either side. */
export interface Scale {
  readonly lowest: number;
  readonly highest: number;
  /** What training held, if the card says; else the whole. */
  readonly from: number;
  readonly to: number;
  readonly isLog: boolean;
}

/** From this ratio of its ends on, a range is shown by its logarithm. */
const WIDE = 50;
const MARGIN = 0.12;

export function scaleOf({ schema, training }: Card, f: number): Scale {
  const feature = schema.features[f]!;
  const range = training?.ranges?.[feature.name];
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = feature;
  const least = Math.max(minimum, exclusiveMinimum);
  const guess = typeof feature.example === 'number' ? 2 * Math.abs(feature.example) : 100;
  const from = range?.minimum ?? (least > -Infinity ? least : 0);
  const to = Math.max(range?.maximum ?? Math.min(maximum, from + guess), from);
  const isLog = from > 0 && to / from >= WIDE;
  const margin = isLog ? (to / from) ** MARGIN : MARGIN * (to - from || 1);
  const whole = feature.kind === 'integer' ? Math.round : (x: number) => x;
  const above = isLog ? to * margin : to + margin;
  const below = isLog ? from / margin : from - margin;
  // A bound that is itself no value is come near to.
  const open = exclusiveMinimum > -Infinity && below <= exclusiveMinimum;
  const floor = open ? exclusiveMinimum + (from - exclusiveMinimum) / 100 : least;
  return {
    ...{ from, to, isLog },
    lowest: whole(Math.max(below, floor)),
    highest: whole(Math.min(above, maximum)),
  };
}

/** Where a value lies on its scale, from 0 to 1. */
export function shareOf({ lowest, highest, isLog }: Scale, value: number): number {
  if (!(highest > lowest)) return 0;
  const share = isLog
    ? Math.log(value / lowest) / Math.log(highest / lowest)
    : (value - lowest) / (highest - lowest);
  return Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share));
}

export function valueAt({ lowest, highest, isLog }: Scale, share: number): number {
  return isLog ? lowest * (highest / lowest) ** share : lowest + (highest - lowest) * share;
}

/** A value with as many digits as a slider tells apart. */
export function roundedFor({ kind, maximum = Infinity }: Feature, value: number): number {
  if (kind === 'integer' && Math.abs(value) < 1e4) return Math.round(value);
  return Math.min(maximum, Number(value.toPrecision(4)));
}

/** The value that a slider means where it was moved to; never the one it had, or keys would do nothing. */
export function movedTo(feature: Feature, scale: Scale, before: number, share: number): number {
  const value = within(scale, roundedFor(feature, valueAt(scale, share)));
  if (value !== before) return value;
  const up = share > shareOf(scale, before) ? 1 : -1;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(before) || 1)) - 3);
  const step = feature.kind === 'integer' ? Math.max(1, unit) : unit;
  return within(scale, roundedFor(feature, before + up * step));
}

function within({ lowest, highest }: Scale, value: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
