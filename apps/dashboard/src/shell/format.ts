/* Numbers, shares, money and times as people read them, in the language of the browser. */

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = JSON.stringify(options);
  const known = formats.get(name) ?? new Intl.NumberFormat(undefined, options);
  formats.set(name, known);
  return known;
}

const DASH = '–';
type Figure = number | null | undefined;

const shown = (value: Figure, options: Intl.NumberFormatOptions): string =>
  value === null || value === undefined || Number.isNaN(value)
    ? DASH
    : numberFormat(options).format(value);

/** A count: 12,345; from a million on 1.23M. */
export function count(value: Figure): string {
  const large = Math.abs(value ?? 0) >= 1e6;
  return shown(
    value,
    large ? { notation: 'compact', maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  );
}

/** A number with so many significant digits. */
export function number(value: Figure, digits = 4): string {
  return shown(value, { maximumSignificantDigits: digits });
}

/** A share as per cent: 0.0425 is 4.25 %. */
export function percent(value: Figure, digits = 3): string {
  return shown(value, { style: 'percent', maximumSignificantDigits: digits });
}

/** Money, without a currency: the service knows none. */
export function money(value: Figure): string {
  return shown(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** Milliseconds: 0.412 ms, 12 ms, 1.2 s. */
export function milliseconds(value: Figure): string {
  if (value === null || value === undefined) return DASH;
  return value < 1000 ? `${number(value, 3)} ms` : `${number(value / 1000, 3)} s`;
}

export function bytes(value: Figure): string {
  if (value === null || value === undefined) return DASH;
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1);
  const unit = { style: 'unit', unit: units[step], maximumSignificantDigits: 3 } as const;
  return numberFormat(unit).format(value / 1000 ** step);
}

/** A moment, by the clock of the reader. */
export function moment(value: string | number | Date | null | undefined): string {
  if (value === null || value === undefined) return DASH;
  return new Date(value).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** How long ago a moment is: 3 minutes ago. @param now milliseconds of the epoch */
export function ago(value: string | number | Date, now: number): string {
  const seconds = (new Date(value).getTime() - now) / 1000;
  const steps = [
    ['second', 60],
    ['minute', 60],
    ['hour', 24],
    ['day', 365],
  ] as const;
  let amount = seconds;
  for (const [unit, most] of steps) {
    if (Math.abs(amount) < most) return relative.format(Math.round(amount), unit);
    amount /= most;
  }
  return relative.format(Math.round(amount), 'year');
}

/** The time of day of a moment, to the second, by the clock of the reader. */
export function clock(value: number): string {
  return new Date(value).toLocaleTimeString();
}
