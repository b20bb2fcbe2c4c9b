// What the suites print: Markdown that can be pasted into a README as it is.

/** A Markdown table: the first column left, the others right. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Three significant digits, without an exponent. */
export function short(x) {
  if (!Number.isFinite(x)) return '–';
  if (x === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(x))));
  return digits === 0 ? Math.round(x).toLocaleString('en-GB') : x.toFixed(Math.min(12, digits));
}

/** Median and, of several runs, min–max. */
export function shown({ median, min, max, runs }, unit = short) {
  return runs === 1 ? unit(median) : `${unit(median)} (${unit(min)}–${unit(max)})`;
}

/** Seconds a unit as units a second. */
export function perSecond({ median, min, max, runs }) {
  return { median: 1 / median, min: 1 / max, max: 1 / min, runs };
}

/** A duration in the unit that suits it. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds >= 1) return `${short(seconds)} s`;
  if (seconds >= 1e-3) return `${short(seconds * 1e3)} ms`;
  if (seconds >= 1e-6) return `${short(seconds * 1e6)} µs`;
  return `${short(seconds * 1e9)} ns`;
}

/** How many a second, with k or M. */
export function rate(n) {
  if (!Number.isFinite(n)) return '–';
  if (n >= 1e6) return `${short(n / 1e6)} M`;
  if (n >= 1e3) return `${short(n / 1e3)} k`;
  return short(n);
}

/** `× 12.3`: how often `ours` goes into `theirs`. */
export function times(theirs, ours) {
  return `× ${short(theirs / ours)}`;
}

/** Rows and counts; past a million millions as a power of ten. */
export function count(n) {
  if (n > 1e12) return `1e${Math.round(Math.log10(n))}`;
  return n.toLocaleString('en-GB');
}
