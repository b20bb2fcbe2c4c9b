import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { number, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { Assumptions, chance, Figure, Name, Outside, SaveAnswer, signed } from './answer-parts.js';
import type { Question } from './asking.js';
import { labelOf } from './columns.js';
import { LiveTest } from './live-test.js';
import { markAt } from './pictures.js';

type Answer = Schemas['CompareAnswer'];

function nameOf(question: Question, i: number): string {
  const place = question.places[i];
  return question.filled.rows[place].cells.id ?? `row ${place + 1}`;
}

/** Two placements against each other: their CTRs as far as they are known, and a test that would tell. */
export function ComparisonAnswer({ answer, question }: { answer: Answer; question: Question }) {
  const { a, b, chance_b_better, relative_uplift, level, uplift } = answer;
  const names = [nameOf(question, 0), nameOf(question, 1)] as const;
  const isB = chance_b_better >= 0.5;
  return (
    <div className="stack">
      {answer.warnings.map((warning) => (
        <p key={warning} className="notice warn">
          {warning}
        </p>
      ))}
      <div className="grid small panel">
        <Figure
          name="Better"
          value={`${isB ? 'B' : 'A'}: ${names[isB ? 1 : 0]}`}
          note={`with a chance of ${chance(isB ? chance_b_better : 1 - chance_b_better)}`}
        />
        <Figure
          name="B against A"
          value={signed(relative_uplift.value)}
          note={`${percent(level)} interval: ${signed(relative_uplift.interval.low)} to ${signed(relative_uplift.interval.high)}`}
        />
        <Figure
          name="In clicks of 1,000 impressions"
          value={number(1000 * uplift.difference, 3)}
          note={`${number(1000 * uplift.interval.low, 3)} to ${number(1000 * uplift.interval.high, 3)}`}
        />
      </div>
      <div className="panel stack">
        <div className="heading">
          <h2>CTR, as far as it is known</h2>
          <SaveAnswer name="comparison" headings={headings} rows={() => linesOf(answer, names)} />
        </div>
        <DensityPicture answer={answer} names={names} />
        <p className="soft">
          Drawn as normal curves as wide as the intervals: where they overlap, either may be better.
        </p>
        <Table
          caption="The two placements"
          rows={[a, b]}
          keyOf={(_row, i) => i}
          columns={[
            {
              name: 'Placement',
              cell: (one) => (
                <>
                  {one === a ? 'A: ' : 'B: '}
                  <Name>{names[one === a ? 0 : 1]}</Name> <Outside features={one.extrapolated} />
                </>
              ),
            },
            { name: 'CTR', cell: (one) => percent(one.predicted_ctr), isNumber: true },
            {
              name: `${percent(level)} interval`,
              cell: ({ interval: { low, high } }) => `${percent(low)} – ${percent(high)}`,
              isNumber: true,
            },
          ]}
        />
      </div>
      <div className="grid">
        <Parts answer={answer} />
        <LiveTest answer={answer} question={question} names={names} />
      </div>
      <div className="panel">
        <Assumptions of={answer} />
      </div>
    </div>
  );
}

const headings = ['what', 'name', 'value', 'low', 'high', 'chance_above_zero'];

const linesOf = (answer: Answer, names: readonly [string, string]) => [
  ['ctr_a', names[0], answer.a.predicted_ctr, answer.a.interval.low, answer.a.interval.high],
  ['ctr_b', names[1], answer.b.predicted_ctr, answer.b.interval.low, answer.b.interval.high],
  ...(['uplift', 'placement_effect', 'volume_effect'] as const).map((what) => {
    const { difference, interval, chance_above_zero } = answer[what];
    return [what, '', difference, interval.low, interval.high, chance_above_zero];
  }),
  ...answer.parts.map(({ feature, difference }) => ['part', feature, difference]),
  ...(answer.live_test
    ? [['live_test_impressions_per_arm', '', answer.live_test.impressions_per_arm]]
    : []),
];

/** Half of a normal law lies within this many deviations (Abramowitz and Stegun 1964, 26.2.23). */
export function reachOf(level: number): number {
  const t = Math.sqrt(-2 * Math.log((1 - level) / 2));
  const over = 2.515517 + t * (0.802853 + t * 0.010328);
  return t - over / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

const POINTS = 160;

function DensityPicture({ answer, names }: { answer: Answer; names: readonly [string, string] }) {
  const { a, b, level } = answer;
  const option = useMemo(() => {
    const arms = [a, b].map(({ predicted_ctr: mean, interval: { low, high } }) => {
      // The lower end stops at 0, the upper one is always as far as it should be.
      const deviation = Math.max((high - mean) / reachOf(level), (mean - low) / reachOf(level));
      return { mean, deviation: Math.max(deviation, mean * 1e-4, 1e-9) };
    });
    const from = Math.max(0, Math.min(...arms.map(({ mean, deviation }) => mean - 4 * deviation)));
    const to = Math.max(...arms.map(({ mean, deviation }) => mean + 4 * deviation));
    const xs = Array.from({ length: POINTS + 1 }, (_, i) => from + ((to - from) * i) / POINTS);
    return (colours: Palette) => ({
      xAxis: {
        type: 'value' as const,
        min: from,
        max: to,
        ...axisLooks(colours),
        axisLabel: {
          ...axisLooks(colours).axisLabel,
          showMinLabel: false,
          showMaxLabel: false,
          formatter: (value: number) => percent(value, 3),
        },
      },
      yAxis: { type: 'value' as const, show: false },
      grid: { left: 8, right: 24, top: 56, bottom: 8, containLabel: true },
      tooltip: { show: false },
      series: arms.map(({ mean, deviation }, i) => ({
        type: 'line' as const,
        name: `${'AB'[i]}: ${names[i]}`,
        symbol: 'none',
        lineStyle: { width: 2 },
        areaStyle: { opacity: 0.2 },
        data: xs.map((x) => [x, Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / deviation]),
        markLine: markAt(mean, percent(mean), colours.series[i]),
      })),
      legend: {
        top: 0,
        textStyle: { color: colours.text, width: 220, overflow: 'truncate' as const },
      },
    });
  }, [a, b, level, names]);
  const told = [a, b].map(
    ({ predicted_ctr, interval }, i) =>
      `${'AB'[i]} ${percent(predicted_ctr)}, ${percent(interval.low)} to ${percent(interval.high)}`,
  );
  return (
    <Chart label={`Densities of the two CTRs: ${told.join('; ')}.`} option={option} height={260} />
  );
}

/** What each feature that differs does. */
function Parts({ answer }: { answer: Answer }) {
  const { parts } = answer;
  const option = useMemo(
    () => (colours: Palette) => ({
      grid: { left: 8, right: 24, top: 8, bottom: 8, containLabel: true },
      legend: { show: false },
      xAxis: {
        type: 'value' as const,
        ...axisLooks(colours),
        axisLabel: {
          ...axisLooks(colours).axisLabel,
          formatter: (value: number) => percent(value, 2),
        },
      },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...axisLooks(colours),
        data: parts.map(({ feature }) => labelOf(feature)),
      },
      tooltip: { valueFormatter: (value: unknown) => signed(Number(value)) },
      series: [
        {
          type: 'bar' as const,
          name: 'B less A',
          barMaxWidth: 22,
          data: parts.map(({ difference }) => ({
            value: difference,
            itemStyle: { color: difference >= 0 ? colours.good : colours.bad },
          })),
        },
      ],
    }),
    [parts],
  );
  const told = parts.map(({ feature, difference }) => `${labelOf(feature)} ${signed(difference)}`);
  return (
    <div className="panel stack">
      <h2>What makes the difference</h2>
      {parts.length === 0 ? (
        <p>Nothing differs.</p>
      ) : (
        <Chart
          label={`B's CTR less A's, by what differs: ${told.join(', ')}.`}
          option={option}
          height={50 + 34 * parts.length}
        >
          <p className="soft">{`${told.join(', ')}: points of CTR that add up to ${signed(answer.uplift.difference)}.`}</p>
        </Chart>
      )}
    </div>
  );
}
