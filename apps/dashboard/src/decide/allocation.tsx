import { useMemo } from 'react';
import type { CustomSeriesOption, CustomSeriesRenderItem } from 'echarts';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, money, number, percent } from '../shell/format.js';
import { figure, type Column, Table } from '../shell/table.js';
import { Assumptions, clickColumns, Figure, placementColumn, SaveAnswer } from './answer-parts.js';
import type { Question } from './asking.js';
import { Frontier } from './frontier.js';
import { MOST_PICTURED, namesOnAxis } from './pictures.js';

type Answer = Schemas['AllocateAnswer'];
type Allocated = Answer['allocations'][number];

/** How a budget is split, what stops it, and what more money would bring. */
export function AllocationAnswer({ answer, question }: { answer: Answer; question: Question }) {
  const { allocations, total, currency, level, objective, shadow_price } = answer;
  const isValue = objective === 'value';
  const what = isValue ? 'value' : 'clicks';
  const { equal_split, proportional } = answer.compared_with;
  return (
    <div className="stack">
      {total.unspent > 0 && (
        <p className="notice warn">
          {`${money(total.unspent)} ${currency} are left${total.unspent_because ? `: ${total.unspent_because}` : ''}.`}
        </p>
      )}
      <div className="grid small panel">
        <Figure
          name="Clicks to expect"
          value={count(total.expected_clicks)}
          note={`${percent(level)} interval: ${count(total.clicks.low)} to ${count(total.clicks.high)}`}
        />
        {isValue && <Figure name={`Value, ${currency}`} value={money(total.expected_value)} />}
        <Figure
          name={`Spent, ${currency}`}
          value={money(total.spent)}
          note={`of ${money(total.budget)}`}
        />
        <Figure
          name="Shadow price"
          value={number(shadow_price, 4)}
          note={`${what} that one more ${currency} would add${shadow_price === 0 ? ': none, the budget is not what binds' : ''}.`}
        />
        <Figure
          name="Against an equal split"
          value={`+${percent(equal_split.gain)}`}
          note={`+${percent(proportional.gain)} against one in proportion to worth`}
        />
      </div>
      <div className="panel stack">
        <h2>{`Spend of each placement, ${currency}`}</h2>
        <SpendPicture answer={answer} question={question} />
        <p className="soft">
          Bars are the spend; the marks are the least and the most that may be spent.
          {allocations.length > MOST_PICTURED &&
            ` The ${MOST_PICTURED} that get most, of ${allocations.length}; the table has all.`}
        </p>
      </div>
      <Frontier answer={answer} question={question} />
      <div className="panel stack">
        <div className="heading">
          <h2>Placements</h2>
          <SaveAnswer name="allocation" headings={headings} rows={() => allocations.map(lineOf)} />
        </div>
        <Table
          caption="The split of the budget"
          columns={columnsOf(answer)}
          rows={allocations}
          keyOf={(_row, i) => i}
        />
        <p className="soft">{`Method ${answer.method}; nothing is better by more than ${percent(answer.optimality_gap, 2)}.`}</p>
        <Assumptions of={answer} />
      </div>
    </div>
  );
}

const limits = {
  floor: 'at the least',
  cap: 'at the most',
  inventory: 'no more impressions',
} as const;

function columnsOf({ currency, objective }: Answer): Column<Allocated>[] {
  return [
    placementColumn,
    figure(`Spend, ${currency}`, ({ spend }) => spend, money),
    {
      name: 'Limit',
      cell: ({ at_limit }) =>
        at_limit && <span className="chip">{limits[at_limit as keyof typeof limits]}</span>,
      sortBy: ({ at_limit }) => at_limit,
    },
    ...clickColumns,
    ...(objective === 'value'
      ? [figure(`Value, ${currency}`, ({ expected_value }: Allocated) => expected_value, money)]
      : []),
  ];
}

const headings = [
  ...['id', 'spend', 'at_limit', 'impressions', 'predicted_ctr', 'expected_clicks'],
  ...['expected_value', 'extrapolated'],
];

const lineOf = (one: Allocated) => [
  ...[one.id, one.spend, one.at_limit, one.impressions, one.predicted_ctr, one.expected_clicks],
  ...[one.expected_value, one.extrapolated.join('; ')],
];

interface Cell {
  readonly floor?: number;
  readonly cap?: number;
}

function SpendPicture({ answer, question }: { answer: Answer; question: Question }) {
  const shown = useMemo(() => {
    const cells = question.body.cells as readonly Cell[];
    return answer.allocations
      .map((allocated, i) => ({ ...allocated, limits: cells[i] ?? {} }))
      .sort((a, b) => b.spend - a.spend)
      .slice(0, MOST_PICTURED);
  }, [answer, question]);
  const option = useMemo(
    () => (colours: Palette) => ({
      grid: { left: 8, right: 24, top: 8, bottom: 8, containLabel: true },
      legend: { show: false },
      xAxis: {
        type: 'value' as const,
        ...axisLooks(colours),
        axisLabel: { ...axisLooks(colours).axisLabel, formatter: (value: number) => count(value) },
      },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...axisLooks(colours),
        ...namesOnAxis(colours),
        data: shown.map(({ id }) => id),
      },
      tooltip: { valueFormatter: (value: unknown) => money(Number(value)) },
      series: [
        {
          type: 'bar' as const,
          name: 'Spend',
          barMaxWidth: 22,
          data: shown.map(({ spend }) => spend),
        },
        limitMarks(
          shown.map(({ limits: { floor, cap } }) => [floor, cap] as const),
          colours,
        ),
      ],
    }),
    [shown],
  );
  const told = shown.slice(0, 6).map(({ id, spend }) => `${id} ${money(spend)}`);
  const label = `Spend of each placement: ${told.join(', ')}${shown.length > 6 ? ', and more in the table below' : ''}.`;
  return <Chart label={label} option={option} height={60 + shown.length * 28} />;
}

/** A mark across the bar at each limit that was said. */
function limitMarks(
  ends: readonly (readonly [floor: number | undefined, cap: number | undefined])[],
  { warn, bad }: Palette,
): CustomSeriesOption {
  const renderItem: CustomSeriesRenderItem = (_params, api) => {
    const [x, y] = api.coord([api.value(1), api.value(0)]);
    const isCap = api.value(2) === 1;
    return {
      type: 'line',
      shape: { x1: x, y1: y - 12, x2: x, y2: y + 12 },
      style: { stroke: isCap ? bad : warn, lineWidth: 3, fill: undefined },
    };
  };
  const data = ends.flatMap(([floor, cap], i) => [
    ...(floor !== undefined && floor > 0 ? [[i, floor, 0]] : []),
    ...(cap !== undefined ? [[i, cap, 1]] : []),
  ]);
  return {
    type: 'custom',
    name: 'limits',
    renderItem,
    data,
    encode: { x: 1, y: 0 },
    z: 5,
    silent: true,
    tooltip: { show: false },
  };
}
