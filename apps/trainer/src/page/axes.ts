import type { CustomSeriesOption, XAXisComponentOption, YAXisComponentOption } from 'echarts';
import { tokens } from './chart.js';

/** What an axis of numbers shows. */
export interface Axis {
  readonly name?: string;
  readonly min?: number;
  readonly max?: number;
  readonly log?: boolean;
  readonly format?: (value: number) => string;
  readonly grid?: boolean;
}

const label = { color: tokens.soft, fontSize: 12 };
const WIDTH_OF_A_LETTER = 6.8;
const lineStyle = { color: tokens.line, width: 1 };

/** A numeric axis; its name stands below, or above if it is vertical. */
function valueAxis({ min, max, log = false, format = String, grid = true }: Axis) {
  // By itself it labels powers of ten only, and both ends.
  const ticks = log && min && max ? { customValues: logTicks(min, max) } : {};
  return {
    type: log ? ('log' as const) : ('value' as const),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    axisLabel: { ...label, formatter: format, hideOverlap: true, ...ticks },
    axisLine: { show: true, lineStyle },
    axisTick: { show: false, ...ticks },
    splitLine: { show: grid, lineStyle },
    minorTick: { show: false },
  };
}

const nameBelow = { nameLocation: 'middle' as const, nameGap: 28, nameTextStyle: label };
const nameAbove = {
  nameLocation: 'end' as const,
  nameGap: 12,
  nameTextStyle: { ...label, align: 'left' as const, padding: [0, 0, 0, -44] },
};

export function xValues(axis: Axis): XAXisComponentOption {
  return { ...valueAxis({ grid: false, ...axis }), name: axis.name ?? '', ...nameBelow };
}

export function yValues(axis: Axis): YAXisComponentOption {
  return { ...valueAxis(axis), name: axis.name ?? '', ...nameAbove };
}

/** Words along the bottom, slanted where they would not fit. */
export function xWords(
  words: readonly string[],
  name: string,
  width: number,
): XAXisComponentOption {
  const slanted = areSlanted(words, width);
  return {
    type: 'category',
    data: [...words],
    name,
    ...nameBelow,
    nameGap: slanted ? 54 : 28,
    axisLabel: {
      ...label,
      interval: 0,
      ...(slanted ? { rotate: 30, width: 76, overflow: 'truncate' as const } : {}),
    },
    axisLine: { show: true, lineStyle },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

function areSlanted(words: readonly string[], width: number): boolean {
  const longest = Math.max(...words.map(({ length }) => length));
  return longest * WIDTH_OF_A_LETTER > (width - plot.left - plot.right) / words.length;
}

/** Words down the side, the first on top. */
export function yWords(words: readonly string[], width: number): YAXisComponentOption {
  return {
    type: 'category',
    data: [...words],
    inverse: true,
    axisLabel: { ...label, color: tokens.ink, width, overflow: 'truncate' as const },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

/** Where the plot lies within its figure. */
export const plot = { left: 56, right: 20, top: 36, bottom: 46 };

/** The same over words along the bottom. */
export function plotOver(words: readonly string[], width: number): typeof plot {
  return areSlanted(words, width) ? { ...plot, bottom: 72 } : plot;
}

type Line = readonly [x: number | string, low: number, high: number];

/** Vertical lines from low to high, such as error bars. */
export function verticals(lines: readonly Line[], colour: string, opacity = 1): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    renderItem: (_, api) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      return {
        type: 'line',
        silent: true,
        shape: { x1: x, y1: low, x2: x, y2: high },
        style: { stroke: colour, lineWidth: 1.25, opacity },
      };
    },
    data: lines.map((line) => [...line]),
    encode: { x: 0, y: [1, 2] },
    z: 2,
  };
}

/** Points of a scatter; `size` in pixels across. */
export function dots(
  data: readonly (readonly [number | string, number])[],
  colour: string,
  size = 6,
  opacity = 1,
) {
  return {
    type: 'scatter' as const,
    silent: true,
    symbolSize: size,
    itemStyle: { color: colour, opacity },
    data: data.map((point) => [...point]),
    z: 3,
  };
}

/** A line through points. */
export function line(
  data: readonly (readonly [number | string, number])[],
  colour: string,
  { width = 2, opacity = 1, dashed = false, step = false } = {},
) {
  return {
    type: 'line' as const,
    silent: true,
    showSymbol: false,
    ...(step ? { step: 'middle' as const } : {}),
    lineStyle: {
      color: colour,
      width,
      opacity,
      type: dashed ? ('dashed' as const) : ('solid' as const),
    },
    data: data.map((point) => [...point]),
    z: 2,
  };
}

/** 1, 2 and 5 times the powers of ten within a range; the powers alone if that is plenty. */
export function logTicks(least: number, most: number): number[] {
  const ticks: number[] = [];
  const steps = Math.log10(most / least) > 3 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= least && tick <= most) ticks.push(tick);
    }
  }
  return ticks;
}

/** A round number at or above a positive one: an axis up to it divides into round steps. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
    (each) => each * power >= value * (1 - 1e-9),
  );
  return Number(((step ?? 10) * power).toPrecision(3));
}
