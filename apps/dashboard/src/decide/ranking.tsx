import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { percent } from '../shell/format.js';
import { figure, type Column, Table } from '../shell/table.js';
import { Assumptions, chance, Figure, placementColumn, price, SaveAnswer } from './answer-parts.js';
import type { Question } from './asking.js';
import { markAt, MOST_PICTURED, namesOnAxis, whiskers } from './pictures.js';

type Answer = Schemas['RankAnswer'];
type Ranked = Answer['candidates'][number];

/** Who is worth most: bars of value in their order, each with its interval, and what to bid. */
export function RankingAnswer({ answer, question }: { answer: Answer; question: Question }) {
  const { candidates, currency, level } = answer;
  const floor = Number(question.body.floor_ecpm) || undefined;
  const [best] = candidates;
  const worth = candidates.filter(({ worth_winning }) => worth_winning).length;
  const sure = best.chance_above_next;
  return (
    <div className="stack">
      <div className="grid small panel">
        <Figure
          name="Worth most"
          value={best.id}
          {...(sure !== undefined && {
            note: `Better than the next with a chance of ${chance(sure)}.`,
          })}
        />
        <Figure
          name={`Value of 1,000 impressions, ${currency}`}
          value={price(best.ecpm)}
          note={`${percent(level)} interval: ${price(best.ecpm_interval.low)} to ${price(best.ecpm_interval.high)}`}
        />
        <Figure
          name="Bid at most"
          value={`${price(best.max_bid_cpc)} a click`}
          note={`or ${price(best.max_bid_cpm)} for 1,000 impressions`}
        />
        {(floor !== undefined || worth < candidates.length) && (
          <Figure
            name="Worth winning"
            value={`${worth} of ${candidates.length}`}
            note="At their floor or above."
          />
        )}
      </div>
      <div className="panel stack">
        <h2>Value of a thousand impressions</h2>
        <RankingPicture answer={answer} floor={floor} />
        {candidates.length > MOST_PICTURED && (
          <p className="soft">{`The best ${MOST_PICTURED} of ${candidates.length}; the table has all.`}</p>
        )}
      </div>
      <div className="panel stack">
        <div className="heading">
          <h2>In order</h2>
          <SaveAnswer name="ranking" headings={headings} rows={() => candidates.map(lineOf)} />
        </div>
        <Table
          caption="Placements by the value of a thousand impressions"
          columns={columnsOf(answer, currency)}
          rows={candidates}
          keyOf={({ rank }) => rank}
        />
        <Assumptions of={answer} />
      </div>
    </div>
  );
}

function columnsOf({ level, candidates }: Answer, currency: string): Column<Ranked>[] {
  const hasFloor = candidates.some(({ chance_above_floor }) => chance_above_floor !== undefined);
  return [
    { name: 'Rank', cell: ({ rank }) => rank, sortBy: ({ rank }) => rank, isNumber: true },
    placementColumn,
    figure('CTR', ({ predicted_ctr }) => predicted_ctr, percent),
    figure(`eCPM, ${currency}`, ({ ecpm }) => ecpm, price),
    {
      name: `${percent(level)} interval`,
      cell: ({ ecpm_interval: { low, high } }) => `${price(low)} – ${price(high)}`,
      isNumber: true,
    },
    figure('Bid a click', ({ max_bid_cpc }) => max_bid_cpc, price),
    figure('Bid per 1,000', ({ max_bid_cpm }) => max_bid_cpm, price),
    figure('Better than the next', ({ chance_above_next }) => chance_above_next, chance),
    ...(hasFloor
      ? [
          {
            name: 'Worth winning',
            cell: ({ worth_winning, chance_above_floor }: Ranked) => (
              <span className={`chip ${worth_winning ? 'good' : 'bad'}`}>
                {`${worth_winning ? 'yes' : 'no'}, ${chance(chance_above_floor)}`}
              </span>
            ),
            sortBy: ({ chance_above_floor }: Ranked) => chance_above_floor,
          },
        ]
      : []),
  ];
}

const headings = [
  ...['rank', 'id', 'predicted_ctr', 'ecpm', 'ecpm_low', 'ecpm_high', 'max_bid_cpc', 'max_bid_cpm'],
  ...['worth_winning', 'chance_above_floor', 'chance_above_next', 'extrapolated'],
];

const lineOf = (one: Ranked) => [
  ...[one.rank, one.id, one.predicted_ctr, one.ecpm, one.ecpm_interval.low, one.ecpm_interval.high],
  ...[one.max_bid_cpc, one.max_bid_cpm, one.worth_winning, one.chance_above_floor],
  ...[one.chance_above_next, one.extrapolated.join('; ')],
];

function RankingPicture({ answer, floor }: { answer: Answer; floor: number | undefined }) {
  const shown = useMemo(() => answer.candidates.slice(0, MOST_PICTURED), [answer]);
  const option = useMemo(
    () => (colours: Palette) => ({
      grid: { left: 8, right: 24, top: 20, bottom: 8, containLabel: true },
      legend: { show: false },
      xAxis: { type: 'value' as const, ...axisLooks(colours) },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...axisLooks(colours),
        ...namesOnAxis(colours),
        data: shown.map(({ id, rank }) => `${rank}. ${id}`),
      },
      series: [
        {
          type: 'bar' as const,
          name: 'eCPM',
          barMaxWidth: 22,
          data: shown.map(({ ecpm, worth_winning }) => ({
            value: ecpm,
            itemStyle: { opacity: worth_winning ? 1 : 0.4 },
          })),
          ...(floor !== undefined && {
            markLine: markAt(floor, 'floor', colours.bad, 'start'),
          }),
        },
        whiskers(
          'interval',
          shown.map(({ ecpm_interval: { low, high } }) => [low, high] as const),
          colours,
          true,
        ),
      ],
    }),
    [shown, floor],
  );
  const label = `Value of a thousand impressions: ${shown
    .slice(0, 5)
    .map(({ id, ecpm }) => `${id} ${price(ecpm)}`)
    .join(', ')}${shown.length > 5 ? ', and more in the table below' : ''}.`;
  return <Chart label={label} option={option} height={60 + shown.length * 28} />;
}
