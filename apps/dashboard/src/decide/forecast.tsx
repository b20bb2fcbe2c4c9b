import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { Problem } from '../api/problem.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, money, number, percent } from '../shell/format.js';
import { type Column, Table } from '../shell/table.js';
import {
  Assumptions,
  Figure,
  Name,
  Outside,
  SaveAnswer,
  SeriesState,
  useSeries,
} from './answer-parts.js';
import type { Question } from './asking.js';
import { band, MOST_PICTURED, namesOnAxis, whiskers } from './pictures.js';

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
    {
      name: 'Placement',
      cell: ({ id, extrapolated }) => (
        <>
          <Name>{id}</Name> <Outside features={extrapolated} />
        </>
      ),
      sortBy: ({ id }) => id,
    },
    {
      name: 'Impressions',
      cell: ({ impressions }) => count(impressions),
      sortBy: ({ impressions }) => impressions,
      isNumber: true,
    },
    {
      name: 'CTR',
      cell: ({ predicted_ctr }) => percent(predicted_ctr),
      sortBy: ({ predicted_ctr }) => predicted_ctr,
      isNumber: true,
    },
    {
      name: 'Clicks',
      cell: ({ expected_clicks }) => number(expected_clicks, 4),
      sortBy: ({ expected_clicks }) => expected_clicks,
      isNumber: true,
    },
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

const MOST_POINTS = 10;
/** Above it the fan is asked for only if somebody wants it. */
const UNASKED_ROWS = 200;

interface FanPlan {
  readonly names: readonly string[];
  readonly levels: readonly number[];
  readonly bodies: readonly unknown[];
  readonly hasDays: boolean;
}

/**
 * What is asked for the fan: the schedule up to each of some days (or entries, where nobody said days), at
 * each of some levels. So every point is what the service says of it, and counts the error that placements
 * share.
 */
export function fanPlan(question: Question, level: number): FanPlan {
  const { schedule, ...rest } = question.body as { schedule: readonly unknown[] };
  const { rows } = question.filled;
  const days = question.places.map((place) => rows[place].cells.day ?? '');
  const hasDays = days.some((day) => day !== '');
  const collator = new Intl.Collator('en', { numeric: true });
  // Entries without a day are counted from the beginning.
  const order = schedule.map((_, i) => i);
  if (hasDays) order.sort((a, b) => collator.compare(days[a], days[b]) || a - b);
  const ends = order.flatMap((entry, i) => {
    const isEnd = !hasDays || i + 1 === order.length || days[order[i + 1]] !== days[entry];
    return isEnd ? [i + 1] : [];
  });
  const points = Math.min(MOST_POINTS, ends.length);
  const chosen = Array.from(
    { length: points },
    (_, p) => ends[Math.round(((p + 1) * ends.length) / points) - 1],
  );
  const levels = [...new Set([0.5, 0.8, level])].sort((a, b) => a - b);
  const bodies = chosen.flatMap((end) => {
    const part = order.slice(0, end).map((entry) => schedule[entry]);
    return levels.map((own) => ({ ...rest, schedule: part, level: own }));
  });
  const nameOf = (end: number) => (hasDays ? days[order[end - 1]] || 'no day' : String(end));
  return { names: chosen.map(nameOf), levels, bodies, hasDays };
}

function Fan({ answer, question }: { answer: Answer; question: Question }) {
  const plan = useMemo(() => fanPlan(question, answer.level), [question, answer]);
  const series = useSeries<Answer>(
    ['fan', question.text, plan.names.join()],
    '/forecast',
    plan.bodies,
    plan.names.length > 1 && question.places.length <= UNASKED_ROWS,
  );
  if (plan.names.length < 2) return null;
  const totals = series.answers?.map((one) => (one instanceof Problem ? undefined : one.total));
  return (
    <div className="panel stack">
      <h2>As it adds up</h2>
      <p className="soft">
        {plan.hasDays
          ? 'Clicks up to the end of each day.'
          : 'Clicks of the first placements of the schedule, more and more of them. Fill in the column Day to see days.'}
      </p>
      <SeriesState series={series} of={plan.bodies.length} what="The fan" />
      {totals?.every((total) => total !== undefined) && <FanPicture plan={plan} totals={totals} />}
    </div>
  );
}

type Total = Answer['total'];

function FanPicture({ plan, totals }: { plan: FanPlan; totals: readonly Total[] }) {
  const { names, levels } = plan;
  const at = (point: number, l: number) => totals[point * levels.length + l];
  const option = useMemo(
    () => (colours: Palette) => ({
      xAxis: {
        type: 'category' as const,
        boundaryGap: false,
        ...axisLooks(colours),
        data: ['', ...names],
      },
      yAxis: { type: 'value' as const, name: 'clicks', ...axisLooks(colours) },
      series: [
        ...levels.toReversed().flatMap((level, i) => {
          const l = levels.length - 1 - i;
          const reaches = names.map((_, p) => totals[p * levels.length + l].clicks);
          const points = [{ low: 0, high: 0 }, ...reaches].map((reach, x) => ({ x, ...reach }));
          return band(`${percent(level)} of the time`, points, colours.series[0], 0.18 + 0.12 * i);
        }),
        {
          type: 'line' as const,
          name: 'expected',
          symbolSize: 6,
          lineStyle: { width: 2 },
          itemStyle: { color: colours.series[0] },
          data: [0, ...names.map((_, p) => totals[p * levels.length].expected_clicks)],
        },
      ],
      legend: {
        top: 0,
        textStyle: { color: colours.text },
        data: ['expected', ...levels.map((level) => `${percent(level)} of the time`)],
      },
    }),
    [names, levels, totals],
  );
  const widest = levels.length - 1;
  const last = at(names.length - 1, widest);
  const label = `Clicks as they add up over ${names.length} steps, to ${count(last.expected_clicks)}, ${percent(levels[widest])} of the time within ${count(last.clicks.low)} and ${count(last.clicks.high)}.`;
  return (
    <Chart label={label} option={option} height={300}>
      <details>
        <summary>The figures of the fan</summary>
        <Table
          caption="Clicks as they add up"
          rows={names.map((name, p) => ({ name, p }))}
          keyOf={({ p }) => p}
          columns={[
            { name: plan.hasDays ? 'Day' : 'Placements', cell: ({ name }) => <Name>{name}</Name> },
            {
              name: 'Expected',
              cell: ({ p }) => number(at(p, 0).expected_clicks, 5),
              isNumber: true,
            },
            ...levels.map((level, l) => ({
              name: `${percent(level)} of the time`,
              cell: ({ p }: { p: number }) =>
                `${number(at(p, l).clicks.low, 5)} – ${number(at(p, l).clicks.high, 5)}`,
              isNumber: true,
            })),
          ]}
        />
      </details>
    </Chart>
  );
}
