import { useCallback, useMemo, useState } from 'react';
import type { PlacementRecord } from '../api/client.js';
import { Button } from '../shell/controls.js';
import { Headline, Reasons, type Answered } from './answer.js';
import type { FiguresQuestion, WhyQuestion } from './asking.js';
import { useColumns, type RecordColumns } from './columns.js';
import { Fields } from './fields.js';
import { useAsked, type Running } from './running.js';
import { outsideTraining, startRecord, type Card, type Value } from './schema.js';
import type { Asking, Change } from './state.js';

/** The feature that says over how many impressions a CTR will be observed. */
export const EXPOSURE = 'impressions';
/** Where no feature says it. */
export const USUAL_EXPOSURE = 10_000;

/** A scenario and where it stands. */
export interface SideOf {
  readonly id: 'a' | 'b';
  readonly name: string;
  readonly scenario: Scenario;
  readonly record: PlacementRecord;
}

export interface Scenario {
  readonly given: RecordColumns;
  readonly answered: Answered;
}

/** A record, asked. */
export function useScenario(
  card: Card,
  running: Running,
  asker: string,
  record: PlacementRecord | undefined,
  { level, n }: Asking,
  tells: boolean,
): Scenario {
  const given = useColumns(card, running, record);
  const { columns } = given;
  const told = record?.[EXPOSURE] as number | undefined;
  const exposure = tells ? told : (n ?? USUAL_EXPOSURE);
  const figuresQuestion = useMemo(
    (): FiguresQuestion | undefined => columns && { kind: 'figures', columns, level, exposure },
    [columns, level, exposure],
  );
  const whyQuestion = useMemo(
    (): WhyQuestion | undefined => columns && { kind: 'why', columns },
    [columns],
  );
  const figures = useAsked(running, `${asker} figures`, figuresQuestion);
  const why = useAsked(running, `${asker} why`, whyQuestion);
  const pairs = useMemo(() => running.trainingPairs(card), [card, running]);
  const outside = useMemo(() => {
    if (record === undefined || columns === undefined) return [];
    const alone = [...outsideTraining(card, record), ...given.unknown];
    return alone.length > 0 ? alone : pairs.outside(columns);
  }, [card, record, columns, given.unknown, pairs]);
  const answered: Answered = {
    ...{ record: record ?? {}, outside, exposure },
    figures: figures.value,
    why: why.value,
    isOld: given.isOld || figures.isOld,
    isWhyOld: given.isOld || why.isOld,
    problem: given.problem ?? figures.problem,
    whyProblem: why.problem,
  };
  return { given, answered };
}

/** A scenario: what is asked, the answer, and why. */
export function Side({
  card,
  running,
  side: { id, name, scenario, record },
  level,
  beside,
  change,
}: {
  readonly card: Card;
  readonly running: Running;
  readonly side: SideOf;
  readonly level: number;
  readonly beside: SideOf | undefined;
  readonly change: Change;
}) {
  const { given, answered } = scenario;
  const set = useCallback(
    (record: PlacementRecord) => change(() => ({ [id]: record })),
    [change, id],
  );
  const onChange = useCallback(
    (name: string, value: Value) =>
      change((before) => ({ [id]: withValue(before[id] ?? {}, name, value) })),
    [change, id],
  );
  const isAlone = beside === undefined;
  const title = isAlone ? 'Predicted CTR' : `${name}: predicted CTR`;
  return (
    <div className="wi-side">
      <Headline title={title} answered={answered} level={level} />
      <section className="panel wi-form" aria-label={isAlone ? 'Placement' : `Placement ${name}`}>
        <Fields {...{ card, record, onChange }} version={running.version} unknown={given.unknown} />
        <div className="actions">
          <Button onPress={() => set(startRecord(card))}>Begin again</Button>
          <TrainingRow {...{ card, running, set }} />
        </div>
      </section>
      <Reasons
        title={isAlone ? 'What makes it so' : `What makes ${name} so`}
        answered={answered}
        names={running.explained}
        lack={running.lack}
        version={running.version}
        beside={beside?.scenario.answered.why}
      />
    </div>
  );
}

/** A record with another value of a feature, or without it. */
export function withValue(record: PlacementRecord, name: string, value: Value): PlacementRecord {
  const next = { ...record };
  if (value === undefined) delete next[name];
  else next[name] = value;
  return next;
}

/** Fills in one of the training rows that the model keeps, which is another each time. */
function TrainingRow({
  card,
  running: { background },
  set,
}: {
  readonly card: Card;
  readonly running: Running;
  readonly set: (record: PlacementRecord) => void;
}) {
  const [next, setNext] = useState(0);
  const rows = background?.rows ?? [];
  const { features } = card.schema;
  // Of words only the statistics are kept.
  if (rows.length === 0 || features.some(({ kind }) => kind === 'word')) return null;
  const fill = () => {
    const row = rows[next % rows.length];
    const values = features.flatMap(({ name, categories }, f) => {
      const value = row[f];
      return value === null ? [] : [[name, categories?.[value] ?? value]];
    });
    set(Object.fromEntries(values) as PlacementRecord);
    setNext(next + 1);
  };
  return <Button onPress={fill}>A training row</Button>;
}
