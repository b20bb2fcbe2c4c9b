import { useCallback } from 'react';
import type { EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { clock } from '../shell/format.js';
import { type Point, type Window, windowSeconds } from './history.js';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A figure with its lines over time. */
export interface SparkProps {
  readonly title: string;
  readonly figure: string;
  /** What the figure is of, and what else there is to say. */
  readonly note: string;
  readonly lines: readonly Line[];
  readonly shown: (value: number | null) => string;
  /** The end of the axis if it is known, such as 1 of a share. */
  readonly most?: number;
  readonly window: Window;
  readonly until: number;
}

export function Spark(props: SparkProps) {
  const { title, figure, note, lines, shown, most, window, until } = props;
  const option = useCallback(
    (palette: Palette): EChartsOption => sparkOption(props, palette),
    // New lines come with every frame; the other properties change with them or with the window.
    [lines, window, until, most, shown],
  );
  return (
    <section className="panel spark" aria-label={title}>
      <h2>{title}</h2>
      <p className="figure">
        <span className="value">{figure}</span>
        <span className="soft">{note}</span>
      </p>
      <Chart label={inWords(title, lines, shown, window)} option={option} height={150} />
    </section>
  );
}

const windowNames: Readonly<Record<Window, string>> = {
  '1m': 'minute',
  '5m': '5 minutes',
  '1h': 'hour',
};

/** `the last minute`, as sentences name it. */
export const windowName = (window: Window): string => `the last ${windowNames[window]}`;

function inWords(
  title: string,
  lines: readonly Line[],
  shown: SparkProps['shown'],
  window: Window,
): string {
  const each = lines.map(({ name, points }) => {
    const values = points.flatMap(([, value]) => (value === null ? [] : [value]));
    if (values.length === 0) return `${name}: nothing yet`;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return `${name}: ${shown(values.at(-1)!)} now, ${shown(least)} to ${shown(most)}`;
  });
  return `${title} on this page in ${windowName(window)}. ${each.join('; ')}.`;
}

function sparkOption(
  { lines, shown, most, window, until }: SparkProps,
  palette: Palette,
): EChartsOption {
  const looks = axisLooks(palette);
  return {
    grid: { left: 4, right: 30, top: lines.length > 1 ? 26 : 8, bottom: 4, containLabel: true },
    legend: {
      ...{ show: lines.length > 1, left: 0, top: 0, itemHeight: 8, itemWidth: 14 },
      textStyle: { color: palette.text },
    },
    tooltip: { valueFormatter: (value) => shown(typeof value === 'number' ? value : null) },
    xAxis: {
      ...looks,
      type: 'time',
      min: until - 1000 * windowSeconds[window],
      max: until,
      splitNumber: 3,
      axisLabel: { ...looks.axisLabel, formatter: window === '1m' ? clock : hourAndMinute },
      axisPointer: { label: { formatter: ({ value }) => clock(Number(value)) } },
    },
    yAxis: {
      ...looks,
      type: 'value',
      min: 0,
      ...(most !== undefined && { max: most }),
      splitNumber: 2,
      axisLabel: { ...looks.axisLabel, formatter: (value: number) => shown(value) },
    },
    series: lines.map(({ name, points }, i) => ({
      name,
      type: 'line',
      data: withDots(points),
      symbol: 'none',
      symbolSize: 5,
      showAllSymbol: true,
      connectNulls: false,
      lineStyle: { width: 2, type: i === 0 ? 'solid' : [5, 3] },
      areaStyle: { opacity: i === 0 && lines.length === 1 ? 0.12 : 0 },
      animation: false,
    })),
  };
}

const hourAndMinute = (moment: number) =>
  new Date(moment).toLocaleTimeString(undefined, { timeStyle: 'short' });

/** Points that have no neighbour would not be seen as a line: these get a dot. */
function withDots(points: readonly Point[]) {
  const isKnown = (point: Point | undefined) => point !== undefined && point[1] !== null;
  return points.map((point, i) => {
    const value = point as [number, number];
    const isAlone = isKnown(point) && !isKnown(points[i - 1]) && !isKnown(points[i + 1]);
    return isAlone ? { value, symbol: 'circle' } : value;
  });
}
