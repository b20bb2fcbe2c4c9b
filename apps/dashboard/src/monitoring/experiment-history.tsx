/* How an experiment came to say what it says: intervals and evidence day by day. */
import { useMemo, useState } from 'react';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import { answer, client, type Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { Select } from '../shell/controls.js';
import { count, number } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { Told, useAnswer } from './reports.js';
import { range } from './words.js';

type Judged = Schemas['JudgedExperimentAnswer'];
type History = Schemas['ExperimentHistoryAnswer'];

/** A day of one arm. */
interface Point {
  readonly day: string;
  readonly decision: string;
  readonly impressions: number;
  readonly ratio: number | null;
  readonly low: number;
  readonly high: number | null;
  readonly evidence: number | null;
}

export function ExperimentHistory({ judged }: { readonly judged: Judged }) {
  const { id, result } = judged;
  const query = useAnswer(['experiment-history', id], (signal) =>
    answer(client.GET('/experiments/{id}/history', { params: { path: { id } }, signal })),
  );
  if (result.impressions === 0) return null;
  return (
    <Told query={query} what="how it came about">
      {(history) => <Days history={history} judged={judged} />}
    </Told>
  );
}

function Days({ history, judged }: { readonly history: History; readonly judged: Judged }) {
  const others = judged.arms.slice(1).map(({ name }) => name);
  const [arm, setArm] = useState(others[0]);
  const points = useMemo(() => pointsOf(history, arm), [history, arm]);
  const intervals = useMemo(() => intervalsOption(points), [points]);
  const evidence = useMemo(
    () => evidenceOption(points, 1 / judged.significance),
    [points, judged.significance],
  );
  const last = points.at(-1);
  if (last === undefined) return null;
  return (
    <>
      <div className="title">
        <h3>How that came about</h3>
        {others.length > 1 && (
          <Select
            label="Arm"
            choices={others.map((id) => ({ id, name: id }))}
            value={arm}
            onChange={setArm}
          />
        )}
      </div>
      <div className="grid">
        <div>
          <p className="soft">CTR of {arm} over that of the control, with its interval</p>
          <Chart
            label={`Ratio of the CTR of ${arm} to that of the control by day; on ${last.day} ${number(last.ratio, 4)} (${range(last.low, last.high)}).`}
            option={intervals}
            height={200}
          />
        </div>
        <div>
          <p className="soft">Evidence that they differ (e-value); dashed: enough for one arm</p>
          <Chart
            label={`Evidence that ${arm} differs from the control by day; on ${last.day} an e-value of ${number(last.evidence, 3)}.`}
            option={evidence}
            height={200}
          />
        </div>
      </div>
      <details>
        <summary>Figures by day</summary>
        <Table
          caption={`What the outcomes of ${arm} said by day`}
          rows={points}
          keyOf={({ day }) => day}
          columns={[
            { name: 'Up to', cell: ({ day }) => day, sortBy: ({ day }) => day },
            { name: 'Impressions', isNumber: true, cell: ({ impressions }) => count(impressions) },
            {
              name: 'Ratio',
              isNumber: true,
              cell: ({ ratio, low, high }) => `${number(ratio, 4)} (${range(low, high)})`,
            },
            { name: 'E-value', isNumber: true, cell: (point) => number(point.evidence, 3) },
            { name: 'Decision', cell: ({ decision }) => decision },
          ]}
        />
      </details>
    </>
  );
}

function pointsOf({ days }: History, name: string): Point[] {
  return days.flatMap(({ day, decision, impressions, arms }) => {
    const told = arms.find((arm) => arm.name === name)?.against_control;
    if (told === undefined) return [];
    const { low, high } = told.interval;
    return [{ day, decision, impressions, ratio: told.ratio, low, high, evidence: told.e_value }];
  });
}

function axes(points: readonly Point[], colours: Palette) {
  return {
    grid: { left: 8, right: 16, top: 12, bottom: 8, containLabel: true },
    xAxis: {
      ...{ type: 'category' as const, data: points.map(({ day }) => day), ...axisLooks(colours) },
      axisLabel: { ...axisLooks(colours).axisLabel, formatter: (day: string) => day.slice(5) },
    },
  };
}

/** Ratios beyond these are not drawn: early intervals are as wide as nothing is known. */
const [LEAST, MOST] = [0.25, 4];

function intervalsOption(points: readonly Point[]) {
  const latest = points.slice(-Math.ceil(points.length / 2));
  const ends = latest.flatMap(({ low, high, ratio }) => [low, high ?? MOST, ratio ?? 1]);
  const min = Math.max(LEAST, Math.min(1, ...ends) - 0.02);
  const max = Math.min(MOST, Math.max(1, ...ends) + 0.02);
  return (colours: Palette): EChartsOption => {
    const draw: CustomSeriesRenderItem = (params, api) => {
      const { low, high } = points[params.dataIndex];
      const [x, y1] = api.coord([params.dataIndex, Math.max(low, min)]);
      const [, y2] = api.coord([params.dataIndex, Math.min(high ?? max, max)]);
      const style = { stroke: colours.accent, lineWidth: 5, opacity: 0.4 };
      return { type: 'line', shape: { x1: x, y1, x2: x, y2 }, style };
    };
    return {
      ...axes(points, colours),
      tooltip: {
        formatter: (params) => {
          const { day, ratio, low, high } =
            points[(params as unknown as { dataIndex: number }[])[0].dataIndex];
          return `${day}\n${number(ratio, 4)} (${range(low, high)})`;
        },
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
        {
          ...{ type: 'custom', renderItem: draw, clip: true },
          data: points.map(({ ratio }, i) => [i, ratio ?? 1]),
        },
        {
          ...{
            type: 'line',
            symbolSize: 7,
            color: colours.accent,
            data: points.map(({ ratio }) => ratio),
          },
          markLine: {
            ...{ silent: true, symbol: 'none', label: { show: false } },
            lineStyle: { color: colours.textSoft, type: 'dashed' },
            data: [{ yAxis: 1 }],
          },
        },
      ],
    };
  };
}

function evidenceOption(points: readonly Point[], enough: number) {
  // What is more than a number can hold is drawn at the top.
  const evidence = points.map((point) => Math.min(point.evidence ?? 1e12, 1e12));
  return (colours: Palette): EChartsOption => ({
    ...axes(points, colours),
    legend: { show: false },
    tooltip: { valueFormatter: (value) => number(value as number, 3) },
    yAxis: {
      ...{ type: 'log', logBase: 10, ...axisLooks(colours) },
      ...{ min: ({ min }) => Math.min(0.1, min), max: ({ max }) => Math.max(10 * enough, max) },
      axisLabel: {
        ...axisLooks(colours).axisLabel,
        ...{ formatter: (value: number) => number(value, 2), showMaxLabel: false },
      },
    },
    series: [
      {
        ...{
          type: 'line',
          name: 'e-value',
          symbolSize: 7,
          color: colours.series[2],
          data: evidence,
        },
        markLine: {
          ...{ silent: true, symbol: 'none', label: { show: false } },
          lineStyle: { color: colours.good, type: 'dashed' },
          data: [{ yAxis: enough }],
        },
      },
    ],
  });
}
