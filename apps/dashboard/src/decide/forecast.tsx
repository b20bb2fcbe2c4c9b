import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, money, number, percent } from '../shell/format.js';
import { type Column, Table } from '../shell/table.js';
import { Assumptions, clickColumns, Figure, placementColumn, SaveAnswer } from './answer-parts.js';
import type { Question } from './asking.js';
import { Fan } from './fan.js';
import { MOST_PICTURED, namesOnAxis, whiskers } from './pictures.js';

type Answer = Schemas['ForecastAnswer'];
type Line = Answer['placements'][number];

/** What a schedule will bring: in all, as it adds up, and placement by placement. */
export function ForecastAnswer({ answer, question }: { answer: Answer; question: Question }) {
  const { placements, total, currency, level } = answer;
  const { click_noise, model_error } = total.variance;
  return (
    <div className="stack">
      <div className="grid small panel">
        <Figure
          name="Clicks to expect"
          value={count(total.expected_clicks)}
          note={`${percent(level)} interval: ${count(total.clicks.low)} to ${count(total.clicks.high)}`}
        />
        <Figure
          name="CTR of all"
          value={percent(total.expected_ctr)}
          note={`of ${count(total.impressions)} impressions`}
        />
        {total.cost && (
          <Figure
            name={`Cost, ${currency}`}
            value={money(total.cost.expected)}
            note={
              total.cost.low === total.cost.high
                ? 'whatever the clicks are'
                : `${percent(level)} interval: ${money(total.cost.low)} to ${money(total.cost.high)}`
            }
          />
        )}
        {total.cost_per_click !== undefined && (
          <Figure
            name={`Cost of a click, ${currency}`}
            value={number(total.cost_per_click, 3)}
            note={`${number(total.cost_per_thousand, 3)} for 1,000 impressions`}
          />
        )}
        <Figure
          name="Doubt that more data would lessen"
          value={percent(model_error, 2)}
          note={`is the error of the model; ${percent(click_noise, 2)} is the chance of clicks`}
        />
      </div>
      <Fan answer={answer} question={question} />
      <div className="panel stack">
        <h2>Clicks of each placement</h2>
        <PlacementsPicture answer={answer} />
        {placements.length > MOST_PICTURED && (
          <p className="soft">{`The first ${MOST_PICTURED} of ${placements.length}; the table has all.`}</p>
        )}
      </div>
      <div className="panel stack">
        <div className="heading">
          <h2>Placements</h2>
          <SaveAnswer name="forecast" headings={headings} rows={() => placements.map(lineOf)} />
        </div>
        <Table
          caption="Forecast of each placement"
          columns={columnsOf(answer)}
          rows={placements}
          keyOf={(_row, i) => i}
        />
        <Assumptions of={answer} />
      </div>
    </div>
  );
}

function columnsOf({ level, currency, placements }: Answer): Column<Line>[] {
  const hasCost = placements.some(({ cost }) => cost !== undefined);
  return [
    placementColumn,
    ...clickColumns,
    {
      name: `${percent(level)} interval`,
      cell: ({ clicks: { low, high } }) => `${number(low, 4)} – ${number(high, 4)}`,
      isNumber: true,
    },
    ...(hasCost
      ? [
          {
            name: `Cost, ${currency}`,
            cell: ({ cost }: Line) => money(cost?.expected),
            sortBy: ({ cost }: Line) => cost?.expected,
            isNumber: true,
          },
        ]
      : []),
  ];
}

const headings = [
  ...['id', 'impressions', 'predicted_ctr', 'observed_ctr_low', 'observed_ctr_high'],
  ...[
    'expected_clicks',
    'clicks_low',
    'clicks_high',
    'cost',
    'cost_low',
    'cost_high',
    'extrapolated',
  ],
];

const lineOf = ({ id, impressions, predicted_ctr, observed_ctr, ...rest }: Line) => [
  ...[id, impressions, predicted_ctr, observed_ctr.low, observed_ctr.high, rest.expected_clicks],
  ...[rest.clicks.low, rest.clicks.high, rest.cost?.expected, rest.cost?.low, rest.cost?.high],
  rest.extrapolated.join('; '),
];

function PlacementsPicture({ answer }: { answer: Answer }) {
  const shown = useMemo(() => answer.placements.slice(0, MOST_PICTURED), [answer]);
  const option = useMemo(
    () => (colours: Palette) => ({
      grid: { left: 8, right: 24, top: 8, bottom: 8, containLabel: true },
      legend: { show: false },
      xAxis: { type: 'value' as const, ...axisLooks(colours) },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...axisLooks(colours),
        ...namesOnAxis(colours),
        data: shown.map(({ id }) => id),
      },
      series: [
        {
          type: 'bar' as const,
          name: 'Clicks',
          barMaxWidth: 22,
          data: shown.map(({ expected_clicks }) => expected_clicks),
        },
        whiskers(
          'interval',
          shown.map(({ clicks: { low, high } }) => [low, high] as const),
          colours,
          true,
        ),
      ],
    }),
    [shown],
  );
  const told = shown
    .slice(0, 5)
    .map(({ id, clicks }) => `${id} ${count(clicks.low)} to ${count(clicks.high)}`);
  const label = `Clicks of each placement, with intervals: ${told.join(', ')}${shown.length > 5 ? ', and more in the table below' : ''}.`;
  return <Chart label={label} option={option} height={60 + shown.length * 28} />;
}
