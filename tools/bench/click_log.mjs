/*
 * A click log of any size, made by the engine that keeps it: one SELECT that ClickHouse (of 2018 and of
 * today) and DuckDB take word for word and answer with the same rows, to the bit.
 *
 *   number ──mix──▶ a draw a column ──▶ placement, position, device, hour, bid ──▶ chance ──▶ clicked
 *
 * Draws are whole numbers below the prime P, mixed by arithmetic whose products stay below 2^62, so that
 * no engine overflows or rounds: multiply and add, square, multiply and add, all modulo P. Columns are
 * made of them by + and * on doubles and by comparisons, which IEEE 754 leaves no freedom. 300
 * placements of unequal traffic, each in one position; bids of two thousand million values.
 */

const P = 2_147_483_647;
const DRAWS = ['placement', 'device', 'hour', 'bid', 'click'];

/** The columns of the table in ClickHouse's types. DuckDB takes its own from the SELECT. */
export const columns =
  'placement String, position String, device String, hour UInt8, bid Float64, clicked UInt8';

/** A whole number in 1 … P − 1, from a seed and two places: xorshift, on the 53 bits that numbers have. */
function constant(seed, draw, place) {
  let x = BigInt(seed) * 1_000_003n + BigInt(draw) * 101n + BigInt(place) + 1n;
  for (let round = 0; round < 4; round++) {
    x = (x * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    x ^= x >> 29n;
  }
  return Number(x % BigInt(P - 1)) + 1;
}

/** SQL of the draw of a column, a whole number in 0 … P − 1, from the row's number. */
function draw(seed, name) {
  const at = (place) => constant(seed, DRAWS.indexOf(name), place);
  const first = `((number * ${at(0)} + ${at(1)}) % ${P})`;
  const squared = `(${first} * ${first} % ${P})`;
  const second = `((${squared} * ${at(2)} + number % ${P} * ${at(3)}) % ${P})`;
  return `(${second} * ${second} % ${P})`;
}

/** From a draw to [0, 1). */
const share = (name) => `(cast(draw_${name} as double) / ${P}.0)`;

/**
 * SQL of rows `from` to `from + rows`, `numbers` being the engine's own relation of these numbers, with
 * the column `number`.
 * @param {{seed: number, numbers: string}} log
 */
function selectOf({ seed, numbers }) {
  const draws = DRAWS.map((name) => `${draw(seed, name)} AS draw_${name}`).join(', ');
  // Cubed, so that the first placements have most of the traffic, and the first bids.
  const cubed = (name) => `${share(name)} * ${share(name)} * ${share(name)}`;
  const drawn =
    `SELECT cast(floor(300.0 * ${cubed('placement')}) as Int64) AS place, ` +
    `draw_device % 100 AS device_of_100, cast(draw_hour % 24 as UInt8) AS hour, ` +
    `0.05 + 4.95 * ${cubed('bid')} AS bid, ${share('click')} AS chance ` +
    `FROM (SELECT ${draws} FROM ${numbers}) AS draws`;
  const position = `CASE place % 3 WHEN 0 THEN 'top' WHEN 1 THEN 'side' ELSE 'bottom' END`;
  const device = `CASE WHEN device_of_100 < 55 THEN 'mobile' WHEN device_of_100 < 90 THEN 'desktop' ELSE 'tablet' END`;
  const odds = [
    `CASE place % 3 WHEN 0 THEN 0.06 WHEN 1 THEN 0.03 ELSE 0.015 END`,
    `CASE WHEN device_of_100 < 55 THEN 1.25 WHEN device_of_100 < 90 THEN 0.9 ELSE 0.7 END`,
    `CASE WHEN hour < 7 THEN 0.7 WHEN hour < 18 THEN 1.0 ELSE 1.3 END`,
    `CASE WHEN bid < 0.5 THEN 0.8 WHEN bid < 2.0 THEN 1.0 ELSE 1.2 END`,
    // Each placement has its own quality, from 0.5 to 1.5.
    `(0.5 + cast(place * 7919 % 300 as double) / 300.0)`,
  ].join(' * ');
  return (
    `SELECT concat('p', cast(place as String)) AS placement, ${position} AS position, ` +
    `${device} AS device, hour, bid, ` +
    `cast(CASE WHEN chance < ${odds} THEN 1 ELSE 0 END as UInt8) AS clicked ` +
    `FROM (${drawn}) AS drawn`
  );
}

/** Rows `from` to `from + rows`, as ClickHouse makes them. */
export function inClickHouse(seed, from, rows) {
  return selectOf({ seed, numbers: `numbers(${from}, ${rows})` });
}

/** The same rows, as DuckDB makes them. */
export function inDuckDb(seed, from, rows) {
  const numbers = `(SELECT range AS number FROM range(${from}, ${from + rows})) AS numbers`;
  return selectOf({ seed, numbers });
}

/**
 * SQL of what must be alike wherever the rows lie: counts, and sums that are exact, by placement.
 * Both engines take it.
 */
export function checkOf(table) {
  return (
    `SELECT placement, position, device, count(*) AS shown, sum(clicked) AS clicks, ` +
    `sum(hour) AS hours, min(bid) AS least, max(bid) AS most, ` +
    `sum(cast(floor(bid * 4194304.0) as Int64)) AS bids ` +
    `FROM ${table} GROUP BY placement, position, device ORDER BY placement, position, device`
  );
}
