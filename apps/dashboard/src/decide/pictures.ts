/* Parts that the pictures of several decisions are made of. Names are data: ECharts draws them, as text. */
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import type { Palette } from '../charts/chart.js';

/** From a low to a high end, at a place of the other axis. */
export type Reach = readonly [low: number, high: number];

const CAP = 4;

/**
 * Lines with ends over bars: an interval each.
 * @param isAcross along the horizontal axis; otherwise along the vertical one
 */
export function whiskers(
  name: string,
  reaches: readonly Reach[],
  { text }: Palette,
  isAcross: boolean,
): CustomSeriesOption {
  const renderItem: CustomSeriesRenderItem = (_params, api) => {
    const place = api.value(0);
    const at = (value: number) => api.coord(isAcross ? [value, place] : [place, value]);
    const [x1, y1] = at(Number(api.value(1)));
    const [x2, y2] = at(Number(api.value(2)));
    const style = { stroke: text, lineWidth: 1.5, fill: undefined };
    const line = (from: [number, number], to: [number, number]) => ({
      type: 'line' as const,
      shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
      style,
    });
    const [dx, dy] = isAcross ? [0, CAP] : [CAP, 0];
    return {
      type: 'group',
      children: [
        line([x1, y1], [x2, y2]),
        line([x1 - dx, y1 - dy], [x1 + dx, y1 + dy]),
        line([x2 - dx, y2 - dy], [x2 + dx, y2 + dy]),
      ],
    };
  };
  return {
    type: 'custom',
    name,
    renderItem,
    data: reaches.map(([low, high], i) => [i, low, high]),
    encode: isAcross ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    z: 5,
    silent: true,
    tooltip: { show: false },
  };
}

/** A band between two lines: a line that is not seen, and on it the way to the upper one, filled. */
export function band(
  name: string,
  points: readonly { readonly x: number | string; readonly low: number; readonly high: number }[],
  colour: string,
  opacity: number,
  stack = name,
) {
  const looks = { type: 'line' as const, symbol: 'none', lineStyle: { opacity: 0 }, silent: true };
  return [
    { ...looks, name: `${name}, low`, stack, data: points.map(({ x, low }) => [x, low]) },
    {
      ...looks,
      name,
      stack,
      data: points.map(({ x, low, high }) => [x, high - low]),
      areaStyle: { color: colour, opacity },
      itemStyle: { color: colour, opacity: Math.min(1, opacity * 2) },
    },
  ].map((series) => ({ ...series, tooltip: { show: false }, stackStrategy: 'all' as const }));
}

/** Names of an axis, cut where there is no room. */
export const namesOnAxis = ({ text }: Palette, width = 130) => ({
  axisLabel: { color: text, width, overflow: 'truncate' as const, hideOverlap: false, interval: 0 },
  axisTick: { show: false },
});

/** As many as a picture shows; the table has all. */
export const MOST_PICTURED = 30;

/** A dashed line at a value of the horizontal axis; where the other one runs down, its start is on top. */
export const markAt = (
  value: number,
  says: string,
  colour: string,
  position: 'start' | 'end' = 'end',
) => ({
  symbol: 'none',
  silent: true,
  // Values are shares as often as not: the line belongs at the value, and not at its first two digits.
  precision: 12,
  lineStyle: { color: colour, type: 'dashed' as const },
  label: { color: colour, formatter: () => says, rotate: 0, position },
  data: [{ xAxis: value }],
});
