import { useMemo, useState } from 'react';
import type { Schemas } from '../api/client.js';
import { Problem } from '../api/problem.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { TextField } from '../shell/controls.js';
import { count, money, number } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { SeriesState, useSeries } from './answer-parts.js';
import type { Question } from './asking.js';
import { band, markAt } from './pictures.js';

type Answer = Schemas['AllocateAnswer'];

/** Budgets that are asked for beside the one that was, as shares of it. */
const SHARES = [0.25, 0.5, 0.75, 1.25, 1.5, 2, 3];
/** Above it the frontier is asked for only if somebody wants it. */
const UNASKED_ROWS = 100;

function budgetsAround({ total, currency }: Answer): number[] {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const unit = 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
  const budgets = SHARES.map((share) => Math.round(total.budget * share * unit) / unit);
  return [...new Set(budgets)].filter((budget) => budget > 0 && budget !== total.budget);
}

interface Point {
  readonly budget: number;
  readonly gets: number;
  readonly low: number;
  readonly high: number;
  readonly spent: number;
  readonly price: number;
}

function pointOf(answer: Answer): Point {
  const { total, objective, shadow_price } = answer;
  const gets = objective === 'value' ? (total.expected_value ?? 0) : total.expected_clicks;
  const { low, high } = objective === 'value' ? { low: gets, high: gets } : total.clicks;
  return { budget: total.budget, gets, low, high, spent: total.spent, price: shadow_price };
}

/** What other budgets would get: each point is an allocation of its own. */
export function Frontier({ answer, question }: { answer: Answer; question: Question }) {
  const budgets = useMemo(() => budgetsAround(answer), [answer]);
  const series = useSeries<Answer>(
    ['frontier', question.text],
    '/allocate',
    budgets.map((budget) => ({ ...question.body, budget })),
    question.places.length <= UNASKED_ROWS,
  );
  const points = useMemo(() => {
    const others = series.answers?.flatMap((one) => (one instanceof Problem ? [] : [pointOf(one)]));
    return others && [pointOf(answer), ...others].sort((a, b) => a.budget - b.budget);
  }, [series.answers, answer]);
  const refused = series.answers?.find((one) => one instanceof Problem);
  const what = answer.objective === 'value' ? 'value' : 'clicks';
  return (
    <div className="panel stack">
      <h2>{`Frontier: what other budgets would get, in ${what}`}</h2>
      <SeriesState series={series} of={budgets.length} what="The frontier" />
      {refused && (
        <p className="notice warn">{`Not every budget can be split so: ${refused.message}`}</p>
      )}
      {points && points.length > 1 && (
        <>
          <FrontierPicture points={points} now={answer.total.budget} what={what} />
          <Wanted points={points} what={what} currency={answer.currency} />
        </>
      )}
    </div>
  );
}

interface PictureProps {
  readonly points: readonly Point[];
  readonly now: number;
  readonly what: string;
}

function FrontierPicture({ points, now, what }: PictureProps) {
  const option = useMemo(
    () => (colours: Palette) => ({
      xAxis: {
        type: 'value' as const,
        name: 'budget',
        nameLocation: 'middle' as const,
        nameGap: 24,
        min: 'dataMin' as const,
        max: 'dataMax' as const,
        ...axisLooks(colours),
        axisLabel: { ...axisLooks(colours).axisLabel, formatter: (value: number) => count(value) },
      },
      yAxis: { type: 'value' as const, name: what, scale: true, ...axisLooks(colours) },
      grid: { left: 8, right: 24, top: 32, bottom: 24, containLabel: true },
      legend: { show: false },
      tooltip: { valueFormatter: (value: unknown) => number(Number(value), 5) },
      series: [
        ...band(
          'interval',
          points.map(({ budget, low, high }) => ({ x: budget, low, high })),
          colours.series[0],
          0.2,
        ),
        {
          type: 'line' as const,
          name: what,
          symbolSize: 7,
          itemStyle: { color: colours.series[0] },
          data: points.map(({ budget, gets }) => [budget, gets]),
          markLine: markAt(now, 'your budget', colours.textSoft),
        },
      ],
    }),
    [points, now, what],
  );
  const told = points.map(({ budget, gets }) => `${count(budget)} gets ${count(gets)}`);
  return (
    <Chart label={`${what} by budget: ${told.join(', ')}.`} option={option} height={280}>
      <details>
        <summary>The figures of the frontier</summary>
        <Table
          caption="What other budgets would get"
          rows={points}
          keyOf={({ budget }) => budget}
          columns={[
            { name: 'Budget', cell: ({ budget }) => money(budget), isNumber: true },
            { name: 'Spent', cell: ({ spent }) => money(spent), isNumber: true },
            { name: `Expected ${what}`, cell: ({ gets }) => number(gets, 6), isNumber: true },
            { name: 'Shadow price', cell: ({ price }) => number(price, 4), isNumber: true },
          ]}
        />
      </details>
    </Chart>
  );
}

/** The other way around: the budget that a goal takes, between the points that were asked for. */
function Wanted({
  points,
  what,
  currency,
}: {
  readonly points: readonly Point[];
  readonly what: string;
  readonly currency: string;
}) {
  const [text, setText] = useState('');
  const goal = Number(text);
  const budget = text.trim() === '' ? undefined : budgetFor(points, goal);
  const hint =
    budget === undefined
      ? `How many are needed: the budget that takes is read off the frontier.`
      : Number.isNaN(budget)
        ? `The frontier has ${count(points[0].gets)} to ${count(points.at(-1)!.gets)}.`
        : `About ${money(budget)} ${currency}.`;
  return (
    <div className="fields">
      <TextField
        label={`Budget for so many ${what}`}
        value={text}
        onChange={setText}
        hint={<span role="status">{hint}</span>}
      />
    </div>
  );
}

/** Between two points in proportion; NaN outside of them. */
export function budgetFor(points: readonly Pick<Point, 'budget' | 'gets'>[], goal: number): number {
  const after = points.findIndex(({ gets }) => gets >= goal);
  if (after === 0 && points[0].gets === goal) return points[0].budget;
  if (after <= 0) return NaN;
  const [from, to] = [points[after - 1], points[after]];
  return from.budget + ((to.budget - from.budget) * (goal - from.gets)) / (to.gets - from.gets);
}
