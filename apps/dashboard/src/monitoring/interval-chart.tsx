/* Figures with their intervals, one below the other: what monitoring has most of. */
import { useMemo } from 'react';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { number } from '../shell/format.js';

export interface IntervalRow {
  readonly name: string;
  readonly value: number | null;
  /** null: without an end. */
  readonly low: number | null;
  readonly high: number | null;
  readonly tone?: 'good' | 'warn' | 'bad' | undefined;
}

/** Pixels of a row, and of the axis below. */
const ROW = 26;
const AXIS = 44;

/** Pixels for names, which are cut where they are longer: the tables have them whole. */
export const labelWidth = (): number => (window.innerWidth < 700 ? 120 : 230);

/** What is drawn: intervals may be much wider than what they are about, which then is all that counts. */
function domainOf(rows: readonly IntervalRow[], reference: number): { min: number; max: number } {
  const values = rows.flatMap(({ value }) => (value === null ? [] : [value]));
  const [least, most] = [Math.min(reference, ...values), Math.max(reference, ...values)];
  const room = Math.max(most - least, 0.1 * Math.abs(reference), 1e-9);
  const ends = rows.flatMap(({ low, high }) => [low ?? -Infinity, high ?? Infinity]);
  const low = Math.max(Math.min(least, ...ends), least - room);
  const high = Math.min(Math.max(most, ...ends), most + room);
  const margin = 0.04 * (high - low);
  return { min: low - margin, max: high + margin };
}

/** A line with a dot, drawn by hand: ECharts has no series for it. */
function drawRow({ accent, good, warn, bad }: Palette, rows: readonly IntervalRow[], at: Domain) {
  const draw: CustomSeriesRenderItem = (params, api) => {
    const row = rows[params.dataIndex];
    const tone = { good, warn, bad }[row.tone ?? ('none' as never)] ?? accent;
    const place = (value: number) => api.coord([value, api.value(1)]);
    const [x1, y] = place(Math.max(row.low ?? at.min, at.min));
    const [x2] = place(Math.min(row.high ?? at.max, at.max));
    const line = { stroke: tone, lineWidth: 3, opacity: 0.55 };
    const dot =
      row.value === null
        ? []
        : [
            {
              type: 'circle' as const,
              shape: { cx: place(row.value)[0], cy: y, r: 5 },
              style: { fill: tone },
            },
          ];
    return {
      type: 'group',
      children: [{ type: 'line', shape: { x1, y1: y, x2, y2: y }, style: line }, ...dot],
    } as never;
  };
  return draw;
}

type Domain = ReturnType<typeof domainOf>;

/**
 * Rows of dots with intervals and a line to hold them against.
 * @param label what it shows, in a sentence with its figures
 * @param onPress called with the place of the row that was pressed
 */
export function IntervalChart({
  label,
  rows,
  reference,
  format = (value) => number(value, 3),
  onPress,
}: {
  readonly label: string;
  readonly rows: readonly IntervalRow[];
  readonly reference: number;
  readonly format?: (value: number) => string;
  readonly onPress?: (row: number) => void;
}) {
  const option = useMemo(() => {
    const domain = domainOf(rows, reference);
    return (colours: Palette): EChartsOption => ({
      grid: { left: 4, right: 20, top: 8, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'item',
        formatter: (params) => {
          const { name, value, low, high } = rows[(params as { dataIndex: number }).dataIndex];
          const ends = [low, high].map((end) => (end === null ? 'any' : format(end)));
          return `${name}\n${value === null ? '–' : format(value)} (${ends.join(' to ')})`;
        },
      },
      xAxis: {
        ...{ type: 'value', ...domain, ...axisLooks(colours) },
        axisLabel: {
          ...axisLooks(colours).axisLabel,
          formatter: format,
          showMinLabel: false,
          showMaxLabel: false,
        },
      },
      yAxis: {
        ...{ type: 'category', inverse: true, data: rows.map(({ name }) => name) },
        ...axisLooks(colours),
        splitLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colours.text, width: labelWidth(), overflow: 'truncate', interval: 0 },
      },
      series: [
        {
          ...{ type: 'custom', renderItem: drawRow(colours, rows, domain), clip: true },
          data: rows.map(({ value }, i) => [value ?? reference, i]),
          ...(onPress === undefined && { cursor: 'default' }),
          markLine: {
            ...{ silent: true, symbol: 'none', label: { show: false } },
            lineStyle: { color: colours.textSoft, type: 'dashed' },
            data: [{ xAxis: reference }],
          },
        },
      ],
    });
  }, [rows, reference, format, onPress]);
  return (
    <Chart
      label={label}
      option={option}
      height={rows.length * ROW + AXIS}
      {...(onPress && { onClick: ({ dataIndex }) => onPress(dataIndex) })}
    />
  );
}
