import type { CSSProperties } from 'react';
import type { PlacementRecord } from '../api/client.js';
import { number, percent } from '../shell/format.js';
import type { Why } from './asking.js';

/** Of more contributions than these, the least are shown as one. */
const MOST_BARS = 12;

interface Bar {
  readonly name: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** How the prediction comes about: from the average, each feature moves it to the left or to the right. */
export function Waterfall({
  why,
  names,
  record,
  beside,
}: {
  readonly why: Why;
  readonly names: readonly string[];
  readonly record: PlacementRecord;
  /** Another explanation that is drawn on the same scale. */
  readonly beside: Why | undefined;
}) {
  const isMargin = why.scale !== 'prediction';
  const bars = barsOf(why, names, record);
  const others = beside === undefined ? [] : barsOf(beside, names, record);
  const [least, most] = reachOf([...bars, ...others], why.base);
  const share = (at: number) => (at - least) / (most - least || 1);
  const shown = (at: number) => (isMargin ? number(at, 4) : percent(at, 4));
  const end = bars.length > 0 ? bars[bars.length - 1].to : why.base;
  return (
    <table className="wi-waterfall">
      <caption className="soft">
        {isMargin
          ? 'What each feature adds, on the scale that the trees add up on (log-odds).'
          : 'From the average of the training data, what knowing each feature adds to the CTR.'}
      </caption>
      <tbody>
        <Total name="Average" text={shown(why.base)} at={share(why.base)} />
        {bars.map(({ name, value, from, to }, i) => (
          <tr key={i}>
            <th scope="row">
              <bdi className="wi-name">{name}</bdi> <bdi className="soft">{value}</bdi>
            </th>
            <td aria-hidden="true">
              <span
                className={to < from ? 'wi-bar less' : 'wi-bar more'}
                style={spanOf(share(from), share(to))}
              />
            </td>
            <td className="number">{signed(to - from, isMargin)}</td>
          </tr>
        ))}
        <Total name="Prediction" text={shown(end)} at={share(end)} />
      </tbody>
    </table>
  );
}

function Total({
  name,
  text,
  at,
}: {
  readonly name: string;
  readonly text: string;
  readonly at: number;
}) {
  return (
    <tr className="wi-total">
      <th scope="row">{name}</th>
      <td aria-hidden="true">
        <span className="wi-bar mark" style={{ left: `${100 * at}%` }} />
      </td>
      <td className="number">{text}</td>
    </tr>
  );
}

const spanOf = (from: number, to: number): CSSProperties => ({
  left: `${100 * Math.min(from, to)}%`,
  width: `${100 * Math.abs(to - from)}%`,
});

/** A difference between two CTRs: in points, for it is no share of anything. */
export function points(value: number): string {
  const text = `${number(Math.abs(100 * value), 3)} points`;
  return value === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** A contribution with its sign: per cent of impressions, or on the margin. */
export function signed(value: number, isMargin = false): string {
  const text = isMargin ? number(Math.abs(value), 3) : percent(Math.abs(value), 3);
  if (value === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

function barsOf(why: Why, names: readonly string[], record: PlacementRecord): Bar[] {
  const order = names.map((_, g) => g);
  const isLong = order.length > MOST_BARS;
  // As in the schema, so that nothing jumps while a slider moves; of many, the greatest.
  if (isLong) order.sort((a, b) => Math.abs(why.values[b]) - Math.abs(why.values[a]));
  const first = isLong ? order.slice(0, MOST_BARS - 1) : order;
  let at = why.base;
  const add = (name: string, value: string, moved: number): Bar => {
    const from = at;
    at += moved;
    return { name, value, from, to: at };
  };
  const bars = first.map((g) => add(names[g], valueOf(record, names[g]), why.values[g]));
  if (isLong) {
    const rest = order.slice(MOST_BARS - 1);
    const sum = rest.reduce((total, g) => total + why.values[g], 0);
    bars.push(add(`${rest.length} others`, '', sum));
  }
  if (why.scale === 'prediction' && why.calibration !== 0) {
    bars.push(add('calibration', '', why.calibration));
  }
  return bars;
}

function valueOf(record: PlacementRecord, name: string): string {
  if (!Object.hasOwn(record, name)) return '';
  const value = record[name];
  return typeof value === 'number' ? number(value, 6) : String(value ?? '');
}

/** The ends of the picture, rounded outwards so that they stay where they are while a slider moves a little. */
function reachOf(bars: readonly Bar[], base: number): [number, number] {
  const all = [base, ...bars.flatMap(({ from, to }) => [from, to])];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const step = 10 ** Math.floor(Math.log10(most - least || Math.abs(base) || 1)) / 2;
  return [Math.floor(least / step) * step, Math.ceil(most / step) * step];
}
