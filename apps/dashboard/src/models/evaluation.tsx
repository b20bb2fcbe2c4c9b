/* How good a version is on rows that it did not see: metrics, simpler predictions, calibration by segment. */
import { useCallback } from 'react';
import type { EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, number, percent } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { figure, Table, type Column } from '../shell/table.js';
import {
  type Baseline,
  type Card,
  type Evaluation,
  measured,
  type Metric,
  metrics,
  type Segment,
} from './card.js';
import { within } from './difference.js';

export function EvaluationOf({ card }: { readonly card: Card }) {
  const { held_out, baselines = [], segments = [] } = card;
  if (held_out === undefined) {
    return (
      <section className="panel">
        <Empty title="It was never judged">
          <p>
            <code>adscale evaluate</code> judges a version by data with known clicks.
          </p>
        </Empty>
      </section>
    );
  }
  return (
    <div className="grid">
      <section className="panel stack" aria-labelledby="metrics">
        <h2 id="metrics">On rows that it did not see</h2>
        <p className="soft">
          {`${count(held_out.rows)} rows with ${count(held_out.impressions)} impressions and ${count(held_out.clicks)} clicks. Intervals hold 95 times in 100.`}
        </p>
        <Table
          caption="Metrics with intervals"
          columns={metricColumns(card)}
          rows={metrics.filter((metric) => measured(metric, card) !== undefined)}
          keyOf={({ id }) => id}
        />
      </section>
      <section className="panel stack" aria-labelledby="baselines">
        <h2 id="baselines">Beside simpler predictions</h2>
        <p className="soft">
          Normalised entropy of the same rows, and by how much this version’s differs: below 0 it is
          better.
        </p>
        <Table
          caption="Simpler predictions of the same rows"
          columns={baselineColumns}
          rows={baselines}
          keyOf={({ name }) => name}
        />
        <Coverage evaluation={held_out} />
      </section>
      <Reliability evaluation={held_out} />
      {segments.length > 0 && <Segments segments={segments} />}
    </div>
  );
}

const metricColumns = (card: Card): Column<Metric>[] => [
  {
    name: 'Metric',
    cell: ({ name, means }) => (
      <div className="models-some wide">
        {name}
        <div className="soft">{means}</div>
      </div>
    ),
  },
  {
    name: 'Value',
    cell: (metric) => {
      const figure = measured(metric, card);
      return (
        <>
          {number(figure?.value)}
          <div className="soft models-line">{within(figure?.ends, (value) => number(value))}</div>
        </>
      );
    },
    isNumber: true,
  },
];

function Wide({ children }: { readonly children: string }) {
  return <span className="models-some wide">{children}</span>;
}

const baselineColumns: readonly Column<Baseline>[] = [
  { name: 'Prediction', cell: ({ description }) => <Wide>{description}</Wide> },
  { name: 'Entropy', cell: ({ normalised_entropy: entropy }) => number(entropy), isNumber: true },
  {
    name: 'This version less it',
    cell: ({ forest_less_baseline: { difference, interval } }) => {
      const [low, high] = interval;
      const isBetter = high !== null && high < 0;
      const isWorse = low !== null && low > 0;
      return (
        <>
          {number(difference, 3)} {isBetter && <span className="chip good">better</span>}
          {isWorse && <span className="chip bad">worse</span>}
          <div className="soft models-line">{within(interval, (value) => number(value, 3))}</div>
        </>
      );
    },
    isNumber: true,
  },
];

/** How often intervals of predictions hold what they should. */
function Coverage({ evaluation: { coverage = [] } }: { readonly evaluation: Evaluation }) {
  if (coverage.length === 0) return null;
  return (
    <p>
      Its intervals hold{' '}
      {coverage
        .map(({ level, share }) => `${percent(share)} of the rows at ${percent(level)}`)
        .join(', ')}
      .
    </p>
  );
}

function Reliability({ evaluation }: { readonly evaluation: Evaluation }) {
  const bins = evaluation.reliability ?? [];
  const key = JSON.stringify(bins);
  const option = useCallback(
    (palette: Palette) => reliabilityOption(JSON.parse(key), palette),
    [key],
  );
  if (bins.length === 0) return null;
  const worst = bins.filter(({ predicted, low, high }) => predicted < low || predicted > high);
  const label = `Observed against predicted CTR in ${bins.length} groups of rows, from ${percent(bins[0]!.predicted)} predicted and ${percent(bins[0]!.observed)} observed to ${percent(bins.at(-1)!.predicted)} predicted and ${percent(bins.at(-1)!.observed)} observed`;
  return (
    <section className="panel stack" aria-labelledby="reliability">
      <h2 id="reliability">Observed against predicted</h2>
      <p className="soft">
        {worst.length === 0
          ? 'In every group of rows, the predicted CTR is inside the interval of the observed one.'
          : `In ${worst.length} of ${bins.length} groups of rows, the predicted CTR is outside the interval of the observed one.`}
      </p>
      <Chart label={label} option={option} height={280} />
    </section>
  );
}

function reliabilityOption(
  bins: NonNullable<Evaluation['reliability']>,
  palette: Palette,
): EChartsOption {
  const share = (value: number) => percent(value);
  const axis = {
    ...axisLooks(palette),
    type: 'value' as const,
    axisLabel: { ...axisLooks(palette).axisLabel, formatter: share },
  };
  const most = Math.max(...bins.flatMap(({ predicted, high }) => [predicted, high]));
  return {
    tooltip: { trigger: 'axis', valueFormatter: (value) => percent(value as number) },
    xAxis: { ...axis, name: 'predicted', nameLocation: 'middle', nameGap: 28 },
    yAxis: { ...axis, name: 'observed' },
    grid: { left: 8, right: 24, top: 32, bottom: 24, containLabel: true },
    series: [
      {
        name: 'observed',
        type: 'line',
        symbolSize: 8,
        data: bins.map(({ predicted, observed }) => [predicted, observed]),
      },
      {
        name: 'as predicted',
        type: 'line',
        symbol: 'none',
        lineStyle: { type: 'dashed', color: palette.textSoft },
        itemStyle: { color: palette.textSoft },
        data: [
          [0, 0],
          [most, most],
        ],
      },
    ],
  };
}

/** Where one is on a scale on which half as much and twice as much are the ends. */
const placeOf = (ratio: number) =>
  100 * Math.min(1, Math.max(0, (Math.log2(ratio) + SPAN) / (2 * SPAN)));
/** Doublings to either side: 0.29 is a fifth less or a quarter more. */
const SPAN = 0.32;

function Segments({ segments }: { readonly segments: readonly Segment[] }) {
  return (
    <section className="panel stack wide" aria-labelledby="segments">
      <h2 id="segments">Calibration by segment</h2>
      <p className="soft">
        Predicted over observed clicks of held-out rows: 1 is right. Off is what chance does not
        explain, corrected for looking at all of them. The line is the interval, the mark in the
        middle is 1, the ends are a fifth less and a quarter more.
      </p>
      <Table
        caption="Calibration by segment"
        columns={segmentColumns}
        rows={segments}
        keyOf={({ segment }) => segment}
        most={30}
      />
    </section>
  );
}

const segmentColumns: readonly Column<Segment>[] = [
  {
    name: 'Segment',
    cell: ({ segment }) => <Wide>{segment}</Wide>,
    sortBy: ({ segment }) => segment,
  },
  figure('Clicks', ({ clicks }) => clicks),
  figure('Predicted', ({ predicted_clicks }) => predicted_clicks),
  {
    name: 'Ratio',
    cell: ({ calibration_ratio, interval }) => (
      <>
        {number(calibration_ratio, 3)}
        <div className="soft models-line">{within(interval, (value) => number(value, 3))}</div>
      </>
    ),
    sortBy: ({ calibration_ratio }) => calibration_ratio,
    isNumber: true,
  },
  { name: 'Interval', cell: (segment) => <Whisker segment={segment} /> },
  {
    name: 'Off',
    cell: ({ off }) =>
      off === true ? <span className="chip bad">off</span> : off === null ? '?' : '',
    sortBy: ({ off }) => Number(off ?? 0),
  },
];

/** The interval as a line; its figures stand beside it. */
function Whisker({ segment: { interval, calibration_ratio, off } }: { readonly segment: Segment }) {
  const [low, high] = interval;
  if (low === null || high === null || calibration_ratio === null) return null;
  const [left, right] = [placeOf(low), placeOf(high)];
  return (
    <div className="models-whisker" aria-hidden="true" data-off={off || undefined}>
      <i style={{ left: `${left}%`, width: `${Math.max(1, right - left)}%` }} />
      <b style={{ left: `${placeOf(calibration_ratio)}%` }} />
    </div>
  );
}
