/* Observed against predicted, day by day: clicks, and their ratio with its interval. */
import { useMemo } from 'react';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, number } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { clicksColumns } from './columns.js';
import type { Youth } from './reports.js';
import { factorWords, isOff } from './words.js';

export interface Day {
  readonly day: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly expected: number;
  readonly factor: number | null;
  readonly lower: number;
  readonly upper: number | null;
}

/** Days that still grow, shaded from edge to edge. */
function youngDays(days: readonly Day[], { isYoung }: Youth, { warn }: Palette) {
  const draw: CustomSeriesRenderItem = ({ coordSys, dataIndex }, api) => {
    if (!isYoung(days[dataIndex].day)) return null;
    const { y, height } = coordSys as unknown as { y: number; height: number };
    const [middle] = api.coord([dataIndex, 0]);
    const [width] = api.size!([1, 0]) as number[];
    const shape = { x: middle - width / 2, y, width, height };
    return { type: 'rect', shape, style: { fill: warn, opacity: 0.16 } };
  };
  return {
    ...{ type: 'custom' as const, name: STILL_GROWING, renderItem: draw, silent: true, z: 0 },
    ...{ data: days.map((_day, i) => [i, 0]), itemStyle: { color: warn, opacity: 0.4 } },
    tooltip: { show: false },
    encode: { x: 0 },
  };
}

const STILL_GROWING = 'still growing';
const dayLabel = (day: string): string => day.slice(5);

function clicksOption(days: readonly Day[], youth: Youth) {
  return (colours: Palette): EChartsOption => ({
    legend: {
      top: 0,
      textStyle: { color: colours.text },
      data: ['observed', 'expected', STILL_GROWING],
    },
    tooltip: {
      formatter: (params) => {
        const { day, clicks, expected } = days[(params as unknown as Hovered)[0].dataIndex];
        const young = youth.isYoung(day)
          ? `
${STILL_GROWING}`
          : '';
        return `${day}
${count(clicks)} observed
${count(expected)} expected${young}`;
      },
    },
    xAxis: {
      ...{ type: 'category', data: days.map(({ day }) => day), ...axisLooks(colours) },
      axisLabel: { ...axisLooks(colours).axisLabel, formatter: dayLabel },
    },
    yAxis: {
      ...{ type: 'value', ...axisLooks(colours) },
      axisLabel: { ...axisLooks(colours).axisLabel, formatter: (value: number) => count(value) },
    },
    series: [
      youngDays(days, youth, colours) as never,
      {
        ...{ name: 'observed', type: 'bar', data: days.map(({ clicks }) => clicks) },
        itemStyle: { color: colours.series[0], opacity: 0.75 },
      },
      {
        ...{ name: 'expected', type: 'line', data: days.map(({ expected }) => expected) },
        ...{ symbol: 'diamond', symbolSize: 6, color: colours.series[1] },
        lineStyle: { type: 'dashed', color: colours.series[1] },
      },
    ],
  });
}

/** What the pointer is over. */
type Hovered = readonly { readonly dataIndex: number }[];

/** Days whose interval is without end are drawn to the edge. */
function factorsOption(days: readonly Day[], youth: Youth) {
  const ends = days.flatMap(({ lower, upper, factor }) => [lower, upper ?? 1, factor ?? 1]);
  const min = Math.max(0, Math.min(1, ...ends) - 0.02);
  const max = Math.min(3, Math.max(1, ...ends) + 0.02);
  return (colours: Palette): EChartsOption => {
    const draw: CustomSeriesRenderItem = (params, api) => {
      const { lower, upper } = days[params.dataIndex];
      const [x, y1] = api.coord([params.dataIndex, Math.max(lower, min)]);
      const [, y2] = api.coord([params.dataIndex, Math.min(upper ?? max, max)]);
      const stroke = isOff(days[params.dataIndex]) ? colours.bad : colours.series[0];
      return {
        type: 'line',
        shape: { x1: x, y1, x2: x, y2 },
        style: { stroke, lineWidth: 4, opacity: 0.45 },
      };
    };
    return {
      legend: { show: false },
      grid: { left: 8, right: 16, top: 12, bottom: 8, containLabel: true },
      tooltip: {
        formatter: (params) => {
          const [{ dataIndex }] = params as unknown as Hovered;
          const young = youth.isYoung(days[dataIndex].day) ? `\n${STILL_GROWING}` : '';
          return `${days[dataIndex].day}\n${factorWords(days[dataIndex])}${young}`;
        },
      },
      xAxis: {
        ...{ type: 'category', data: days.map(({ day }) => day), ...axisLooks(colours) },
        axisLabel: { ...axisLooks(colours).axisLabel, formatter: dayLabel },
      },
      yAxis: {
        ...{ type: 'value', min, max, ...axisLooks(colours) },
        axisLabel: {
          ...axisLooks(colours).axisLabel,
          ...{
            formatter: (value: number) => number(value, 3),
            showMinLabel: false,
            showMaxLabel: false,
          },
        },
      },
      series: [
        youngDays(days, youth, colours) as never,
        {
          ...{ type: 'custom', name: 'interval', renderItem: draw, clip: true },
          data: days.map(({ factor }, i) => [i, factor ?? 1]),
        },
        {
          ...{ type: 'line', name: 'observed / expected', data: days.map(({ factor }) => factor) },
          ...{ symbolSize: 6, color: colours.series[0] },
          markLine: {
            ...{ silent: true, symbol: 'none', label: { show: false } },
            lineStyle: { color: colours.textSoft, type: 'dashed' },
            data: [{ yAxis: 1 }],
          },
        } as never,
      ],
    };
  };
}

const growing: Record<Youth['known'], string> = {
  learnt: 'Shaded days still grow: what is expected of them is corrected by how days grew so far.',
  nothing:
    'Nothing is known yet of how days grow, so that days are taken as they are; it is learnt from figures that are told again later.',
  hidden:
    'How days grow is not told to this key, which takes the scope outcomes: only today is shaded.',
};

/** Both charts and the table of the same figures. @param what whose days these are, such as `all traffic` */
export function DaysCharts({
  days,
  youth,
  what,
  intervals = 'They hold at all times together.',
}: {
  readonly days: readonly Day[];
  readonly youth: Youth;
  readonly what: string;
  /** A sentence on the intervals of the ratio. */
  readonly intervals?: string;
}) {
  const clicks = useMemo(() => clicksOption(days, youth), [days, youth]);
  const factors = useMemo(() => factorsOption(days, youth), [days, youth]);
  const off = days.filter(isOff).length;
  const [first, last] = [days[0], days[days.length - 1]];
  return (
    <div className="stack">
      <h3>Clicks a day</h3>
      <Chart
        label={`Clicks of ${what} by day from ${first.day} to ${last.day}: observed and expected. The table below has the figures.`}
        option={clicks}
        height={220}
      />
      <h3>Observed clicks / expected clicks</h3>
      <Chart
        label={`Observed over expected clicks of ${what} by day, with intervals: ${off} of ${days.length} days are off. Last: ${factorWords(last)} on ${last.day}.`}
        option={factors}
        height={200}
      />
      <p className="soft">
        Bars are intervals; red ones leave out 1, the dashed line: that day is off. {intervals}{' '}
        {growing[youth.known]}
      </p>
      <details>
        <summary>Figures by day</summary>
        <DaysTable days={days} youth={youth} what={what} />
      </details>
    </div>
  );
}

function DaysTable({
  days,
  youth,
  what,
}: {
  readonly days: readonly Day[];
  readonly youth: Youth;
  readonly what: string;
}) {
  return (
    <Table
      caption={`Observed and expected clicks of ${what} by day`}
      rows={days}
      keyOf={({ day }) => day}
      columns={[
        {
          name: 'Day',
          cell: ({ day }) => (
            <>
              <span className="nowrap">{day}</span>{' '}
              {youth.isYoung(day) && <span className="chip warn">still growing</span>}
            </>
          ),
          sortBy: ({ day }) => day,
        },
        ...clicksColumns,
      ]}
    />
  );
}
