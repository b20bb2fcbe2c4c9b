import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.js';
import { count, number, percent } from '../shell/format.js';
import { figure, type Column, Table } from '../shell/table.js';
import { Assumptions, chance, Figure, placementColumn, SaveAnswer } from './answer-parts.js';
import type { Question } from './asking.js';
import { HeatMap } from './heat-map.js';

type Answer = Schemas['OpportunitiesAnswer'];
type Opportunity = Answer['best'][number];
type Weak = Answer['weak'][number];

/** Placements worth more money, worth none, and unknown; and all of them as a map. */
export function OpportunitiesAnswer({ answer, question }: { answer: Answer; question: Question }) {
  const { best, weak, unexplored } = answer;
  const lines = () => [
    ...best.map((one) => lineOf('best', one)),
    ...weak.map((one) => lineOf('weak', one)),
    ...unexplored.map((one) => lineOf('unexplored', one)),
  ];
  return (
    <div className="stack">
      <div className="grid small panel">
        <Figure name="Looked at" value={count(answer.placements)} note="placements" />
        {best.length > 0 && (
          <Figure
            name="Best"
            value={best[0].id}
            note={`CTR ${percent(best[0].predicted_ctr)}, at least ${percent(best[0].interval.low)}`}
          />
        )}
        <Figure
          name="Weak"
          value={question.body.floor_ctr === undefined ? '–' : String(weak.length)}
          note={
            question.body.floor_ctr === undefined
              ? 'Say below which CTR a placement is weak.'
              : `likely below ${percent(Number(question.body.floor_ctr))}`
          }
        />
        <Figure
          name="Unexplored"
          value={String(unexplored.length)}
          note="few training rows, or outside them"
        />
      </div>
      <HeatMap answer={answer} question={question} />
      <Listed title="Best: worth more money" rows={best} level={answer.level}>
        <SaveAnswer name="opportunities" headings={headings} rows={lines} />
      </Listed>
      {weak.length > 0 && (
        <Listed
          title="Weak: worth none"
          rows={weak}
          level={answer.level}
          more={[
            {
              name: 'Chance to be below',
              cell: ({ chance_below_floor }) => chance(chance_below_floor),
              isNumber: true,
            },
            {
              name: 'Why',
              cell: ({ reasons }) => (
                <ul className="reasons">
                  {reasons.map(({ feature, says }) => (
                    <li key={feature}>
                      <bdi>{says}</bdi>
                    </li>
                  ))}
                </ul>
              ),
            },
          ]}
        />
      )}
      {unexplored.length > 0 && (
        <Listed
          title="Unexplored: worth finding out"
          rows={unexplored}
          level={answer.level}
          more={[
            {
              name: 'To find out',
              cell: ({ to_find_out: { impressions, says } }) => (
                <span title={says}>{`${count(impressions)} impressions`}</span>
              ),
              isNumber: true,
            },
          ]}
        />
      )}
      <div className="panel">
        <Assumptions of={answer} />
      </div>
    </div>
  );
}

function Listed<Row extends Opportunity>({
  title,
  rows,
  level,
  more = [],
  children,
}: {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly level: number;
  readonly more?: readonly Column<Row>[];
  readonly children?: ReactNode;
}) {
  const columns: Column<Row>[] = [
    placementColumn,
    figure('CTR', ({ predicted_ctr }) => predicted_ctr, percent),
    {
      name: `${percent(level)} interval`,
      cell: ({ interval: { low, high } }) => `${percent(low)} – ${percent(high)}`,
      isNumber: true,
    },
    {
      name: 'Training rows',
      cell: ({ explored: { training_rows } }) => number(training_rows, 3),
      sortBy: ({ explored: { training_rows } }) => training_rows,
      isNumber: true,
    },
    {
      name: 'Training impressions',
      cell: ({ explored: { training_impressions } }) => count(training_impressions),
      sortBy: ({ explored: { training_impressions } }) => training_impressions,
      isNumber: true,
    },
    ...more,
  ];
  return (
    <div className="panel stack">
      <div className="heading">
        <h2>{title}</h2>
        {children}
      </div>
      <Table caption={title} columns={columns} rows={rows} keyOf={(_row, i) => i} />
    </div>
  );
}

const headings = [
  ...['kind', 'id', 'predicted_ctr', 'low', 'high', 'training_rows', 'training_impressions'],
  ...['impressions_to_find_out', 'chance_below_floor', 'record', 'extrapolated'],
];

const lineOf = (kind: string, one: Opportunity | Weak) => [
  ...[kind, one.id, one.predicted_ctr, one.interval.low, one.interval.high],
  ...[one.explored.training_rows, one.explored.training_impressions, one.to_find_out.impressions],
  'chance_below_floor' in one ? one.chance_below_floor : undefined,
  ...[JSON.stringify(one.record), one.extrapolated.join('; ')],
];
