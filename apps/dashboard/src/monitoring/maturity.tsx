import { useMemo } from 'react';
import type { EChartsOption } from 'echarts';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, moment, percent } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { Table } from '../shell/table.js';
import { NoOutcomes, Told, useSummary } from './reports.js';
import type { Place } from './question.js';
import { range } from './words.js';

type Summary = Schemas['OutcomeSummaryAnswer'];

/** How the clicks of a day grow with its age, and what is kept. */
export function Maturity({ go }: { readonly go: (change: Place) => void }) {
  const query = useSummary();
  return (
    <Told query={query} what="how days grow">
      {(summary) =>
        summary.first_day === null ? (
          <NoOutcomes go={go} />
        ) : (
          <div className="stack">
            <Kept summary={summary} />
            <Growth maturity={summary.maturity} />
          </div>
        )
      }
    </Told>
  );
}

function Kept({ summary }: { readonly summary: Summary }) {
  const { store, first_day, last_day } = summary;
  const figures = [
    { name: 'Days', value: `${first_day} to ${last_day}`, note: 'first and last with outcomes' },
    {
      name: 'Open outcomes',
      value: count(summary.open),
      note: `${count(summary.restated)} told again`,
    },
    {
      ...{ name: 'Closed outcomes', value: count(summary.closed) },
      note: `summed to ${count(summary.cells)} cells`,
    },
    {
      ...{ name: 'Clicks', value: count(summary.clicks) },
      note: `of ${count(summary.impressions)} impressions; ${count(summary.predicted_clicks)} predicted`,
    },
    {
      ...{ name: 'Store', value: store.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL' },
      note: store.available
        ? 'can be used'
        : `cannot be used${store.last_error ? `: ${store.last_error.reason}, ${moment(store.last_error.at)}` : ''}`,
    },
  ];
  return (
    <div className="figures">
      {figures.map(({ name, value, note }) => (
        <div key={name} className="panel figure">
          <span className="soft">{name}</span>
          <span className={name === 'Days' ? 'value days' : 'value'}>{value}</span>
          <span className="soft">{note}</span>
        </div>
      ))}
    </div>
  );
}

/** Ages after which nothing grows any more tell nothing. */
const LEAST_AGES = 7;

function Growth({ maturity }: { readonly maturity: Summary['maturity'] }) {
  const shown = useMemo(() => {
    const last = maturity.findLastIndex(({ share }) => Math.abs(share - 1) > 0.001);
    return maturity.slice(0, Math.max(LEAST_AGES, last + 3));
  }, [maturity]);
  const option = useMemo(() => growthOption(shown), [shown]);
  const mature = maturity.findLastIndex(({ share }) => Math.abs(share - 1) > 0.02) + 1;
  return (
    <section className="panel stack" aria-labelledby="growth">
      <h2 id="growth">How days mature</h2>
      {maturity.length === 0 ? (
        <Empty title="Nothing is known yet of how days grow">
          <p>
            It is learnt from figures that are told again on a later day: send each report anew for
            a few days, with what came since. Until then days are taken as they are.
          </p>
          <pre>node apps/trainer/dist/main.js outcomes report.csv</pre>
        </Empty>
      ) : (
        <>
          <p>
            {mature === 0
              ? 'A day has its clicks on the day itself, within 2 %.'
              : `A day has its clicks, within 2 %, from ${mature} ${mature === 1 ? 'day' : 'days'} after it on. Younger days are shaded in the charts, and what is expected of them is corrected by this curve.`}
          </p>
          <Chart
            label={`Share of its clicks that a day has by age in days: ${shown.map(({ age, share }) => `${age}: ${percent(share)}`).join(', ')}.`}
            option={option}
          />
          <details>
            <summary>Figures by age</summary>
            <Table
              caption="Share of its clicks that a day has, by age"
              rows={maturity}
              keyOf={({ age }) => age}
              columns={[
                {
                  name: 'Days after',
                  isNumber: true,
                  cell: ({ age }) => age,
                  sortBy: ({ age }) => age,
                },
                {
                  name: 'Share',
                  isNumber: true,
                  cell: ({ share }) => percent(share, 4),
                  sortBy: ({ share }) => share,
                },
                {
                  ...{ name: 'Interval', isNumber: true },
                  cell: ({ lower, upper }) => range(lower, upper, (end) => percent(end, 4)),
                },
              ]}
            />
          </details>
        </>
      )}
    </section>
  );
}

function growthOption(shown: Summary['maturity']) {
  const ages = shown.map(({ age }) => age);
  const least = Math.min(...shown.map(({ lower }) => lower));
  return (colours: Palette): EChartsOption => ({
    grid: { left: 8, right: 24, top: 16, bottom: 28, containLabel: true },
    tooltip: {
      formatter: (params) => {
        const { age, share, lower, upper } =
          shown[(params as unknown as { dataIndex: number }[])[0].dataIndex];
        return `${age} days after: ${percent(share, 4)}\n${range(lower, upper, (end) => percent(end, 4))}`;
      },
    },
    xAxis: {
      ...{ type: 'category', data: ages, boundaryGap: false, ...axisLooks(colours) },
      ...{ name: 'days after the day of the impressions', nameLocation: 'middle', nameGap: 28 },
    },
    yAxis: {
      ...{
        type: 'value',
        min: Math.max(0, Math.floor(least * 20) / 20 - 0.05),
        ...axisLooks(colours),
      },
      axisLabel: { ...axisLooks(colours).axisLabel, formatter: (value: number) => percent(value) },
    },
    series: [
      {
        ...{ type: 'line', stack: 'band', silent: true, symbol: 'none', lineStyle: { opacity: 0 } },
        data: shown.map(({ lower }) => lower),
      },
      {
        ...{ type: 'line', stack: 'band', silent: true, symbol: 'none', lineStyle: { opacity: 0 } },
        areaStyle: { color: colours.accent, opacity: 0.25 },
        data: shown.map(({ lower, upper }) => upper - lower),
      },
      {
        ...{ type: 'line', symbolSize: 7, color: colours.accent, lineStyle: { width: 2 } },
        data: shown.map(({ share }) => share),
      },
    ],
  });
}
