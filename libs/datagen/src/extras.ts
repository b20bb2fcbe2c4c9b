/**
 * The twenty extra features of the `wide` profile. Eight act on the CTR, two are proxies that
 * only follow something that does, ten are noise. A model should use the first, may use the
 * second instead, and should leave the third alone.
 *
 * Names are neutral, as columns of unknown worth are in life; the comments say what each is
 * modelled on. Values are rounded as a log would be, and the truth is computed from what is
 * recorded, a missing value included, so that it stays a function of what a model sees. The
 * effects' sizes are chosen: each within about ±20 %, together a log-sd near 0.15.
 */
import { choices, normals, type Source } from './random.js';

/** A recorded value. A missing number is NaN, a missing category is ''. */
export type ExtraValue = number | string;

/** One extra feature, as a schema needs to know it. */
export interface ExtraFeature {
  /** x01 to x20. */
  readonly name: string;
  readonly kind: 'numeric' | 'integer' | 'categorical';
  /** The categories of a categorical feature, '' (missing) not among them. */
  readonly categories?: readonly string[];
  /** `informative`: acts on the CTR. `proxy`: follows what acts. `noise`: neither. */
  readonly role: 'informative' | 'proxy' | 'noise';
  /** Share of the records in which it is missing, at random. */
  readonly missing: number;
}

/** What a proxy may follow: the record's budget, and the extras drawn before it. */
interface Drawn {
  readonly budget: number;
  readonly values: readonly ExtraValue[];
}

type Draw = (drawn: Drawn) => ExtraValue;

interface Definition extends ExtraFeature {
  /** Prepares to draw values from a source. */
  readonly from: (source: Source) => Draw;
  /** Factor on the CTR, near 1 on average. Sees missing values. */
  readonly effect?: (value: ExtraValue) => number;
}

const formats = { image: 1, text: 0.9, video: 1.15, native: 1.05 };
const FORMAT_MISSING = 0.95;
const regions = Array.from({ length: 12 }, (_, i) => `r${String(i + 1).padStart(2, '0')}`);
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const definitions: readonly Definition[] = [
  // Relevance of the ad to the page: exponential, −18 % to +22 %.
  informative('x01', uniform, (x) => Math.exp(0.4 * (x - 0.5))),
  // Hour of the day: evenings click more. A cycle, so one threshold is not enough.
  { ...informative('x02', integers(0, 23), hourEffect), kind: 'integer' },
  // Creative format.
  {
    name: 'x03',
    kind: 'categorical',
    categories: Object.keys(formats),
    role: 'informative',
    missing: 0.02,
    from: categories(Object.keys(formats), [0.45, 0.25, 0.15, 0.15]),
    effect: (value) => formats[value as keyof typeof formats] ?? FORMAT_MISSING,
  },
  // Match to the user's past clicks: matters around zero, saturates at both ends.
  informative('x04', normal, (x) => 1 + 0.08 * Math.tanh(x)),
  // Page load, seconds: slow pages lose clicks. Missing tells nothing.
  informative('x05', logNormal(2, 0.5), (x) => 1.2 - (0.4 * x) / (x + 2), { missing: 0.2 }),
  // A score from users who consented. Missing tells something: those who did not click less.
  informative('x06', uniform, (x) => 0.95 + 0.15 * x, { missing: 0.3, effectMissing: 0.92 }),
  // Earlier exposures of the same user: fresh up to three, tired after, a plain step.
  { ...informative('x07', integers(0, 10), (x) => (x <= 3 ? 1.06 : 0.96)), kind: 'integer' },
  // Age of the creative, days: wears off with a time constant of 15.
  informative('x08', exponential(20), (x) => 0.94 + 0.2 * Math.exp(-x / 15)),
  // A second measurement of x01.
  proxy('x09', 0.1, ({ values }) => Number(values[0])),
  // A planner's estimate of the budget, in powers of ten.
  proxy('x10', 0.2, ({ budget }) => Math.log10(budget)),
  noise('x11', uniform),
  noise('x12', normal, 0.1),
  // Heavy tail: values a hundred times the median occur.
  noise('x13', logNormal(1, 2)),
  // A rare flag.
  { ...noise('x14', (source) => () => (source() < 0.02 ? 1 : 0)), kind: 'integer' },
  // As many values as an identifier has: room to overfit.
  { ...noise('x15', integers(1, 1000)), kind: 'integer' },
  {
    name: 'x16',
    kind: 'categorical',
    categories: regions,
    role: 'noise',
    missing: 0.05,
    from: categories(
      regions,
      regions.map((_, i) => 1 / (i + 1)),
    ),
  },
  // Missing more often than not.
  noise('x17', normal, 0.6),
  {
    name: 'x18',
    kind: 'categorical',
    categories: weekdays,
    role: 'noise',
    missing: 0,
    from: categories(
      weekdays,
      weekdays.map(() => 1),
    ),
  },
  // Three values only.
  noise('x19', (source) => () => Math.floor(source() * 3) / 2),
  noise('x20', normal),
];

/** The extra features of the `wide` profile, in column order. */
export const extraFeatures: readonly ExtraFeature[] = definitions.map(
  ({ from: _from, effect: _effect, ...feature }) => Object.freeze(feature),
);

/** Prepares to fill `values` with one record's extras. */
export function extraDraws(source: Source): (budget: number, values: ExtraValue[]) => void {
  const draws = definitions.map(({ from, missing, kind }) => {
    const draw = from(source);
    const gap = kind === 'categorical' ? '' : NaN;
    if (missing === 0) return draw;
    return (drawn: Drawn): ExtraValue => {
      // Drawn even where it goes missing: a share changed later moves no other value.
      const value = draw(drawn);
      return source() < missing ? gap : value;
    };
  });
  return (budget, values) => {
    const drawn = { budget, values };
    for (let i = 0; i < draws.length; i++) values[i] = draws[i]!(drawn);
  };
}

/** The factor on the CTR of one record's extras, in column order. */
export function extraEffect(values: readonly ExtraValue[]): number {
  let factor = 1;
  for (let i = 0; i < definitions.length; i++) {
    const { effect } = definitions[i]!;
    if (effect) factor *= effect(values[i]!);
  }
  return factor;
}

function informative(
  name: string,
  from: Definition['from'],
  effect: (x: number) => number,
  { missing = 0, effectMissing = 1 } = {},
): Definition {
  const ofValue = (value: ExtraValue): number =>
    Number.isNaN(value) ? effectMissing : effect(Number(value));
  return { name, kind: 'numeric', role: 'informative', missing, from, effect: ofValue };
}

function noise(name: string, from: Definition['from'], missing = 0): Definition {
  return { name, kind: 'numeric', role: 'noise', missing, from };
}

function proxy(name: string, sd: number, of: (drawn: Drawn) => number): Definition {
  const from = (source: Source): Draw => {
    const next = normals(source);
    return (drawn) => rounded(of(drawn) + sd * next());
  };
  return { name, kind: 'numeric', role: 'proxy', missing: 0, from };
}

// Peaks at 20:00. Rounded once here, because engines differ in the last bits of a cosine.
const hourly = Array.from({ length: 24 }, (_, hour) =>
  rounded(1 + 0.1 * Math.cos((2 * Math.PI * (hour - 20)) / 24)),
);

function hourEffect(hour: number): number {
  return hourly[hour] ?? 1;
}

function uniform(source: Source): Draw {
  return () => rounded(source());
}

function normal(source: Source): Draw {
  const next = normals(source);
  return () => rounded(next());
}

function logNormal(median: number, logSd: number) {
  return (source: Source): Draw => {
    const next = normals(source);
    return () => rounded(median * Math.exp(logSd * next()));
  };
}

function exponential(mean: number) {
  return (source: Source): Draw =>
    () =>
      rounded(-mean * Math.log1p(-source()));
}

function integers(first: number, last: number) {
  return (source: Source): Draw =>
    () =>
      first + Math.floor(source() * (last - first + 1));
}

function categories(names: readonly string[], shares: readonly number[]) {
  return (source: Source): Draw => {
    const next = choices(source, shares);
    return () => names[next()]!;
  };
}

/** Four decimals; + 0 turns −0 into 0, which text formats cannot tell apart. */
function rounded(x: number): number {
  return Math.round(x * 1e4) / 1e4 + 0;
}
