import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import type { PlacementRecord } from '../api/client.js';
import { Button, NumberField, Select } from '../shell/controls.js';
import { percent } from '../shell/format.js';
import { Headline, Reasons, type Answered } from './answer.js';
import type { CurveQuestion, FiguresQuestion, WhyQuestion } from './asking.js';
import { useColumns, wordPlaces, type RecordColumns } from './columns.js';
import { Comparison } from './compare.js';
import { CurvePanel, type Line } from './curve.js';
import { Fields } from './fields.js';
import { pairsOutside } from './pairs.js';
import { useAsked, type Running } from './running.js';
import {
  isNumber,
  outsideTraining,
  scaleOf,
  startRecord,
  type Card,
  type Scale,
} from './schema.js';
import { TakeAway, useCurl } from './share.js';
import { LEVELS, linkTo, useAsking, type Asking, type Change } from './state.js';

/** The feature that says over how many impressions a CTR will be observed. */
const EXPOSURE = 'impressions';
/** Where no feature says it. */
const USUAL_EXPOSURE = 10_000;

const levels = LEVELS.map((level) => ({ id: String(level), name: percent(level) }));

/** What can be asked of a running model, and what it answers. */
export function Workbench({
  card,
  running,
  isCurrent,
}: {
  readonly card: Card;
  readonly running: Running;
  /** The version is the one that answers requests. */
  readonly isCurrent: boolean;
}) {
  const { asking, refused, change } = useAsking(card);
  const { a, b } = asking;
  const tells = card.schema.features.some((f) => f.name === EXPOSURE && isNumber(f));
  const one = useScenario(card, running, 'a', a, asking, tells);
  const other = useScenario(card, running, 'b', b, asking, tells);
  const sides: SideOf[] = [
    { id: 'a', name: b === undefined ? 'Prediction' : 'A', scenario: one, record: a },
    ...(b === undefined ? [] : [{ id: 'b' as const, name: 'B', scenario: other, record: b }]),
  ];
  return (
    <div className="stack">
      {refused.length > 0 && (
        <div className="notice warn" role="status">
          <p>Not all of this link could be taken:</p>
          <ul>
            {refused.slice(0, 10).map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      <Tools {...{ running, asking, change, isCurrent, tells }} />
      {b !== undefined && (
        <Comparison a={one.answered} b={other.answered} names={running.explained} />
      )}
      <div className={b === undefined ? 'wi-one' : 'wi-two'}>
        {sides.map((side) => (
          <Side
            key={side.id}
            {...{ card, running, side, change }}
            level={asking.level}
            beside={b === undefined ? undefined : sides.find(({ id }) => id !== side.id)}
          />
        ))}
      </div>
      <Curves {...{ card, running, asking, change, sides, tells }} />
    </div>
  );
}

interface SideOf {
  readonly id: 'a' | 'b';
  readonly name: string;
  readonly scenario: Scenario;
  readonly record: PlacementRecord;
}

interface Scenario {
  readonly given: RecordColumns;
  readonly answered: Answered;
}

/** A record, asked. */
function useScenario(
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
  const pairs = useMemo(
    () => pairsOutside(card, running.forest, running.background),
    [card, running],
  );
  const outside = useMemo(() => {
    if (record === undefined || columns === undefined) return [];
    const alone = [...outsideTraining(card, record), ...given.unknown];
    return alone.length > 0 ? alone : pairs(columns);
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
function Side({
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
    (name: string, value: string | number | null | undefined) =>
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

function withValue(
  record: PlacementRecord,
  name: string,
  value: string | number | null | undefined,
): PlacementRecord {
  const next = { ...record };
  if ((value ?? null) === null) delete next[name];
  else next[name] = value!;
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

/** What goes for all of the page. */
function Tools({
  running,
  asking,
  change,
  isCurrent,
  tells,
}: {
  readonly running: Running;
  readonly asking: Asking;
  readonly change: Change;
  readonly isCurrent: boolean;
  readonly tells: boolean;
}) {
  const curl = useCurl();
  const { a, b, level, n } = asking;
  const isBinomial = running.forest.intervals?.noise === 'binomial';
  const exposure = tells || !isBinomial ? undefined : (n ?? USUAL_EXPOSURE);
  const commands = () =>
    [a, ...(b === undefined ? [] : [b])].map((r) => curl(r, level, exposure)).join('\n\n');
  const hint = isCurrent
    ? 'It asks the service the same.'
    : 'It asks the version that serves, which is another than the one shown here.';
  return (
    <div className="toolbar">
      <Select
        label="Interval holds"
        choices={levels}
        value={String(level)}
        onChange={(id) => change(() => ({ level: Number(id) }))}
      />
      {!tells && (
        <NumberField
          label="Impressions"
          minValue={1}
          step={1}
          value={n ?? USUAL_EXPOSURE}
          onChange={(n) => n >= 1 && change(() => ({ n }))}
        />
      )}
      {b === undefined ? (
        <Button onPress={() => change(({ a }) => ({ b: a }))}>Compare with another</Button>
      ) : (
        <>
          <Button onPress={() => change(({ a, b }) => ({ a: b ?? a, b: a }))}>Swap A and B</Button>
          <Button onPress={() => change(() => ({ b: undefined }))}>Remove B</Button>
        </>
      )}
      <TakeAway
        name="Link to this"
        hint="Whoever opens it sees these numbers, whichever version serves then."
        text={() => linkTo(asking, running.version)}
      />
      <TakeAway name="Copy as curl" hint={hint} text={commands} />
    </div>
  );
}

/** The curve of each scenario against one number. It follows a slider when there is time, after the figures. */
function Curves({
  card,
  running,
  asking,
  change,
  sides,
  tells,
}: {
  readonly card: Card;
  readonly running: Running;
  readonly asking: Asking;
  readonly change: Change;
  readonly sides: readonly SideOf[];
  readonly tells: boolean;
}) {
  const { features } = card.schema;
  const numbers = useMemo(() => {
    const places = wordPlaces(card, running);
    return features.filter((feature, f) => isNumber(feature) && !places.has(f));
  }, [card, features, running]);
  const names = [asking.x, 'budget', EXPOSURE, numbers[0]?.name];
  const name = names.find((name) => numbers.some((feature) => feature.name === name));
  const place = features.findIndex((feature) => feature.name === name);
  const scale = useMemo(() => (place < 0 ? undefined : scaleOf(card, place)), [card, place]);
  const shared = { running, scale, name, level: asking.level, tells };
  const a = useCurve('a', sides[0].scenario, shared);
  const b = useCurve('b', sides[1]?.scenario, shared);
  if (name === undefined || scale === undefined) return null;
  const lines = sides.flatMap(({ id, name: title, record }, i): Line[] => {
    const curve = [a, b][i].value;
    if (curve === undefined) return [];
    const set = (value: number) =>
      change((before) => ({ [id]: withValue(before[id] ?? {}, name, value) }));
    return [{ name: title, curve, at: record[name] as number | undefined, set }];
  });
  return (
    <CurvePanel
      {...{ features: numbers, feature: features[place], scale, lines }}
      isTold={card.training?.ranges?.[name]?.minimum !== undefined}
      isOld={a.isOld || b.isOld}
      onFeature={(x) => change(() => ({ x }))}
    />
  );
}

function useCurve(
  id: string,
  scenario: Scenario | undefined,
  {
    running,
    scale,
    name,
    level,
    tells,
  }: {
    readonly running: Running;
    readonly scale: Scale | undefined;
    readonly name: string | undefined;
    readonly level: number;
    readonly tells: boolean;
  },
) {
  const columns = useDeferredValue(scenario?.given.columns);
  const exposure = useDeferredValue(scenario?.answered.exposure);
  const column = running.forest.schema.features.findIndex((feature) => feature.name === name);
  const isExposure = tells && name === EXPOSURE;
  // Where the moving number itself stands does not matter: its slider leaves the curve as it is.
  const others = columns && JSON.stringify(columns.map((x, c) => (c === column ? 0 : x)).join());
  const fixed = isExposure ? undefined : exposure;
  const question = useMemo((): CurveQuestion | undefined => {
    if (columns === undefined || scale === undefined || column < 0) return undefined;
    const { lowest: from, highest: to, isLog } = scale;
    return {
      ...{ kind: 'curve', columns, level, exposure: fixed },
      ...{ column, isExposure, from, to, isLog },
    };
    // By `others`: not by the columns themselves.
  }, [others, fixed, scale, column, isExposure, level]);
  return useAsked(running, `${id} curve`, question);
}
