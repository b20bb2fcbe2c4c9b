import { useMemo, useState } from 'react';
import { answer, client, type Schemas } from '../api/client.js';
import { ConfirmButton } from '../shell/confirm.js';
import { Select } from '../shell/controls.js';
import { count, moment, number, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { Assumptions } from './decision.js';
import { DetailPanel } from './detail-panel.js';
import { ExperimentHistory } from './experiment-history.js';
import { IntervalChart } from './interval-chart.js';
import type { Place } from './question.js';
import { Told, useAnswer } from './reports.js';
import { range } from './words.js';

type Judged = Schemas['JudgedExperimentAnswer'];
type Result = Schemas['ResultAnswer'];

/** One experiment: what its outcomes say now, how that came about, and its end. */
export function Experiment({
  id,
  go,
}: {
  readonly id: string;
  readonly go: (change: Place) => void;
}) {
  const query = useAnswer(['experiment', id], (signal) =>
    answer(client.GET('/experiments/{id}', { params: { path: { id } }, signal })),
  );
  return (
    <DetailPanel
      title={query.data?.name ?? 'Experiment'}
      what="experiment"
      onClose={() => go({ experiment: undefined })}
    >
      <Told query={query} what="what it says">
        {(judged) => <Shown judged={judged} />}
      </Told>
    </DetailPanel>
  );
}

const tones: Record<Result['decision'], string> = {
  ...{ broken: 'bad', winner: 'good', control: 'good', alike: 'good' },
  ...{ undecided: 'warn', running: '' },
};

function Shown({ judged }: { readonly judged: Judged }) {
  const { result, finished_at, winner, created_at, size } = judged;
  const state =
    finished_at === null
      ? `Running since ${moment(created_at)}.`
      : `Finished ${moment(finished_at)}${winner === null ? '' : `; ${winner} goes on`}.`;
  return (
    <>
      <div>
        <p>
          <span className={`chip ${tones[result.decision]}`}>{result.decision}</span> {state}
        </p>
        {result.words.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <Reached result={result} size={size} />
      <Arms judged={judged} />
      <ExperimentHistory judged={judged} />
      <UnknownArms arms={result.unknown_arms} />
      <Labels judged={judged} />
      <Assumptions sentences={result.assumptions} />
      {finished_at === null && <Finish judged={judged} />}
    </>
  );
}

/** How much of what was planned is there. */
function Reached({ result, size }: { readonly result: Result; readonly size: Judged['size'] }) {
  const sum = `${count(result.impressions)} impressions on ${result.days} ${result.days === 1 ? 'day' : 'days'}`;
  if (size === null || result.reached === null) {
    return (
      <p className="soft">{sum}. No size was planned: nobody said what CTR the control has.</p>
    );
  }
  return (
    <div>
      <label className="soft" htmlFor="reached">
        {`${sum}: ${percent(result.reached)} of the ${count(size.impressions)} that finding the least uplift takes, looked at all the time (${count(size.impressions_per_arm_fixed)} an arm if looked at once).`}
      </label>
      <progress id="reached" max={1} value={Math.min(1, result.reached)} />
    </div>
  );
}

function Arms({ judged: { result, significance } }: { readonly judged: Judged }) {
  const others = useMemo(() => result.arms.filter((arm) => arm.against_control), [result]);
  const rows = useMemo(
    () =>
      others.map(({ name, against_control: told }) => ({
        ...{ name, value: told!.ratio, low: told!.interval.low, high: told!.interval.high },
        tone: toneOf(told!),
      })),
    [others],
  );
  return (
    <>
      <h3>Each arm against the control, {result.arms[0].name}</h3>
      <IntervalChart
        label={`CTR of each arm over that of the control: ${others.map(({ name, against_control: told }) => `${name} ${number(told!.ratio, 3)} (${range(told!.interval.low, told!.interval.high)})`).join('; ')}.`}
        rows={rows}
        reference={1}
      />
      <Table
        caption="Arms of the experiment"
        rows={result.arms}
        keyOf={({ name }) => name}
        columns={[
          { name: 'Arm', cell: ({ name }) => name },
          {
            name: 'Share (planned)',
            isNumber: true,
            cell: ({ share, planned_share }) => `${percent(share)} (${percent(planned_share)})`,
          },
          { name: 'Impressions', isNumber: true, cell: ({ impressions }) => count(impressions) },
          { name: 'Clicks', isNumber: true, cell: ({ clicks }) => count(clicks) },
          { name: 'CTR', isNumber: true, cell: ({ ctr }) => percent(ctr) },
          {
            name: 'Of the control’s CTR',
            isNumber: true,
            cell: ({ against_control: told }) =>
              told
                ? `${number(told.ratio, 4)} (${range(told.interval.low, told.interval.high)})`
                : 'control',
          },
          {
            name: 'Evidence (e-value)',
            isNumber: true,
            cell: ({ against_control: told }) => (told ? number(told.e_value, 3) : ''),
          },
          {
            name: 'Differs',
            cell: ({ against_control: told }) =>
              told && (
                <span className={`chip ${told.found ? 'good' : ''}`}>
                  {told.found ? 'beyond chance' : 'not shown'}
                </span>
              ),
          },
        ]}
      />
      <p className="soft">
        {`Intervals hold at whatever time one looks. An e-value of ${count(1 / significance)} is as good as a significance of ${significance}.`}
      </p>
    </>
  );
}

function toneOf(told: Schemas['ArmComparisonAnswer']): 'good' | 'bad' | undefined {
  if (!told.found) return undefined;
  return (told.ratio ?? 1) > 1 ? 'good' : 'bad';
}

function UnknownArms({ arms }: { readonly arms: Result['unknown_arms'] }) {
  if (arms.length === 0) return null;
  return (
    <div className="notice warn">
      <p>Outcomes name arms that the experiment does not have. They count nowhere:</p>
      <ul>
        {arms.map(({ label, impressions, clicks }) => (
          <li key={label}>
            <bdi>{label}</bdi>: {count(impressions)} impressions, {count(clicks)} clicks
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What outcomes of each arm are to say. */
function Labels({ judged }: { readonly judged: Judged }) {
  return (
    <details open={judged.result.impressions === 0}>
      <summary>How outcomes are told of it</summary>
      <p>
        Outcomes count for an arm if their <code>arm</code> is its label:
      </p>
      <ul>
        {judged.arms.map(({ name, label }) => (
          <li key={name}>
            {name}: <code>{label}</code>
          </li>
        ))}
      </ul>
      <pre>{`{"prediction_id": "…", "impressions": 1000, "clicks": 51, "arm": "${judged.arms[1].label}"}`}</pre>
    </details>
  );
}

const NONE = '(none)';

function Finish({ judged }: { readonly judged: Judged }) {
  const { id, arms, result } = judged;
  const [chosen, setChosen] = useState<string>();
  const winner = chosen ?? result.best ?? NONE;
  const finish = () =>
    answer(
      client.POST('/experiments/{id}/finish', {
        params: { path: { id } },
        body: winner === NONE ? {} : { winner },
      }),
    );
  return (
    <div className="toolbar">
      <Select
        label="Goes on"
        choices={[
          { id: NONE, name: 'None of them' },
          ...arms.map(({ name }) => ({ id: name, name })),
        ]}
        value={winner}
        onChange={setChosen}
      />
      <ConfirmButton name="Finish" title={`Finish “${judged.name}”`} act={finish} isDanger>
        <p>
          Outcomes of later days will not count any more, and it cannot be taken up again.{' '}
          {winner === NONE ? 'No arm is said to go on.' : `${winner} is said to go on.`} What is
          served does not change.
        </p>
        {result.decision === 'running' && (
          <p className="notice warn">Nothing is decided yet: {result.words[0]}</p>
        )}
      </ConfirmButton>
    </div>
  );
}
