import { Button, NumberField, Select } from '../shell/controls.js';
import { percent } from '../shell/format.js';
import { Comparison } from './compare.js';
import { Curves } from './curves.js';
import type { Running } from './running.js';
import { EXPOSURE, Side, USUAL_EXPOSURE, useScenario, type SideOf } from './scenario.js';
import { isNumber, type Card } from './schema.js';
import { TakeAway, useCurl } from './share.js';
import { LEVELS, linkTo, useAsking, type Asking, type Change } from './state.js';

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
