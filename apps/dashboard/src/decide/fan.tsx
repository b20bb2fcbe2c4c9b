/* Clicks of a schedule as they add up, with bands that are wider the surer one wants to be. */
import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { Problem } from '../api/problem.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { count, number, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { Name, SeriesState, useSeries } from './answer-parts.js';
import type { Question } from './asking.js';
import { band } from './pictures.js';

type Answer = Schemas['ForecastAnswer'];

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
function fanPlan(question: Question, level: number): FanPlan {
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

export function Fan({ answer, question }: { answer: Answer; question: Question }) {
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
