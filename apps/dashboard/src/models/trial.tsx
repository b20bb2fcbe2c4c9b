/* A gated trial: where it stands, the evidence of each test against its bound, and how it came there. */
import { answer, client } from '../api/client.js';
import { ago, count, moment, number } from '../shell/format.js';
import { Empty, Shown } from '../shell/states.js';
import { figure, Table, type Column } from '../shell/table.js';
import { AdminButton } from './admin.js';
import { type Evidence, isOpen, type Models, type Trial, useTrial } from './asked.js';
import { EvidenceChart } from './evidence-chart.js';
import { VersionLink } from './link.js';

export function TrialOf({
  version,
  models,
}: {
  readonly version: string;
  readonly models: Models;
}) {
  const trial = useTrial(version);
  return (
    <section className="panel stack" aria-labelledby="trial">
      <h2 id="trial">Trial behind the gate</h2>
      <Shown query={trial} what="the trial">
        {(data) => <Told trial={data} models={models} />}
      </Shown>
    </section>
  );
}

const states: Readonly<Record<string, readonly [name: string, look: string]>> = {
  running: ['running', ''],
  held: ['held by an operator', 'warn'],
  promoting: ['being promoted', 'good'],
  aborting: ['being taken off', 'bad'],
  ending: ['ending', 'warn'],
  promoted: ['promoted', 'good'],
  aborted: ['aborted', 'bad'],
  ended: ['ended', 'warn'],
};

function Told({ trial, models }: { readonly trial: Trial; readonly models: Models }) {
  const { version, current, status, percent, evidence, history } = trial;
  const [name, look] = states[status] ?? [status, ''];
  return (
    <>
      <p>
        <VersionLink version={version} part="trial" />{' '}
        <span className={`chip ${look}`}>{name}</span> beside <VersionLink version={current} />,{' '}
        {isOpen(trial) ? `answering ${percent} % of the requests` : 'not on trial any more'}.
      </p>
      <Steps trial={trial} />
      <p className="models-words">
        {isOpen(trial) ? 'The last look: ' : 'Decided by this: '}
        {trial.words}.{' '}
        <span className="soft">
          {trial.looked_at === null
            ? 'It is looked at soon after outcomes come.'
            : `Looked at ${ago(trial.looked_at, Date.now())}; ${count(trial.looks)} looks had news.`}
        </span>
      </p>
      {isOpen(trial) && <Orders trial={trial} models={models} />}
      {!evidence?.impressions && isOpen(trial) && (
        <Empty title="No outcomes yet">
          <p>
            Tests of clicks begin when outcomes come: <code>POST /outcomes</code>, or{' '}
            <code>adscale outcomes</code> with what a platform reports.
          </p>
        </Empty>
      )}
      {evidence && <EvidenceOf evidence={evidence} />}
      <EvidenceChart trial={trial} />
      <h3>What happened</h3>
      <ol className="models-history">
        {history.map((event, i) => (
          <Event key={i} event={event} />
        ))}
      </ol>
    </>
  );
}

/** The steps of the gate, and how far the present one has come. */
function Steps({ trial }: { readonly trial: Trial }) {
  const { gate, percent, status, since } = trial;
  const steps = gate.steps ?? [];
  const isDone = (step: number) => status === 'promoted' || step < percent;
  const hours = (Date.now() - new Date(since).getTime()) / 3_600_000;
  return (
    <>
      <ol className="models-steps" aria-label="Steps of the gate">
        {steps.map((step) => {
          const isNow = isOpen(trial) && step === percent;
          const state = isNow ? 'now' : isDone(step) ? 'done' : 'to come';
          return (
            <li key={step} data-state={state} aria-current={isNow ? 'step' : undefined}>
              <b>{step} %</b>
              <span>{step === 100 && !isNow ? `promotion, ${state}` : state}</span>
            </li>
          );
        })}
      </ol>
      {isOpen(trial) && (
        <p className="soft">
          {`This step began ${moment(since)}. It lasts until it has ${leastOf(gate, hours)}.`}
        </p>
      )}
    </>
  );
}

/** What a step takes at least. */
function leastOf(gate: Trial['gate'], hours: number): string {
  const parts = [`${count(gate.least_clicks)} clicks`];
  if (gate.least_answers) parts.push(`${count(gate.least_answers)} answers`);
  if (gate.least_hours) {
    parts.push(
      `${number(gate.least_hours)} hours, of which ${Math.max(0, hours).toFixed(1)} are over`,
    );
  }
  return parts.join(' and ');
}

const orders = {
  hold: ['Hold', 'stays at its share, unless evidence has it go back.', 'is held'],
  resume: ['Resume', 'grows again while outcomes speak for it.', 'grows again'],
  promote: ['Promote now', 'answers all requests, whatever the evidence.', 'serves'],
  abort: ['Abort', 'answers no requests any more, whatever the evidence.', 'is taken off'],
} as const;
type Order = keyof typeof orders;

const give = (order: Order) => {
  switch (order) {
    case 'hold':
      return client.POST('/models/canary/hold');
    case 'resume':
      return client.POST('/models/canary/resume');
    case 'promote':
      return client.POST('/models/canary/promote');
    case 'abort':
      return client.POST('/models/canary/abort');
  }
};

function Orders({ trial, models }: { readonly trial: Trial; readonly models: Models }) {
  const shown: Order[] = [trial.status === 'held' ? 'resume' : 'hold', 'promote', 'abort'];
  return (
    <div className="toolbar">
      {shown.map((order) => {
        const [name, change, done] = orders[order];
        const act = async () => {
          const { version } = await answer(give(order));
          return `${version} ${done}.`;
        };
        return (
          <AdminButton
            key={order}
            name={name}
            title={`${name}: ${trial.version}`}
            seen={models}
            act={act}
            isDanger={order === 'abort'}
          >
            {(now) => (
              <p>
                <b>{now.canary?.version ?? 'The canary'}</b>, at {now.canary?.percent ?? 0} % beside{' '}
                <b>{now.current ?? 'none'}</b>, {change}
              </p>
            )}
          </AdminButton>
        );
      })}
    </div>
  );
}

function EvidenceOf({ evidence }: { readonly evidence: Evidence }) {
  const { impressions, clicks, own_clicks, days, dispersion, tests, segments, caution } = evidence;
  return (
    <>
      {caution !== null && <p className="notice warn">{`Not sure enough to grow: ${caution}.`}</p>}
      <p>
        {`${count(impressions)} impressions with ${count(clicks)} clicks of ${count(days)} ${days === 1 ? 'day' : 'days'} judge it, ${count(own_clicks)} of these clicks on its own answers.`}{' '}
        <span className="soft">
          {`Records vary by ${number(dispersion, 3)} times what chance does.`}
        </span>
      </p>
      <Tests tests={tests} />
      {segments.length > 0 && (
        <>
          <h3>Segments that look worse</h3>
          <Table
            caption="Segments that look worse with the canary, strongest evidence first"
            columns={segmentColumns}
            rows={segments}
            keyOf={({ segment }) => segment}
          />
        </>
      )}
    </>
  );
}

/** Evidence of a tenth is the least that is drawn. */
const LEAST = 0.1;

/** Where evidence lies on a scale of powers of ten that has its bound at four fifths. */
export function placeOf(e: number, bound: number): number {
  const place = Math.log(Math.max(e, LEAST) / LEAST) / Math.log(bound / LEAST);
  return Math.min(1, place * 0.8);
}

function Tests({ tests }: { readonly tests: Evidence['tests'] }) {
  return (
    <div className="stack">
      <div>
        <h3>Evidence against it, by test</h3>
        <p className="soft">
          An e-value may be looked at after every outcome. 1 says nothing; at the mark, its bound,
          the canary is taken off. Bars are by powers of ten.
        </p>
      </div>
      <ul className="models-tests">
        {tests.map(({ name, e_value, bound, words }) => (
          <li key={name}>
            <div className="models-test-head">
              <b>{name}</b>
              <span>
                {number(e_value, 3)} <span className="soft">of {number(bound)}</span>
              </span>
            </div>
            <div
              className="models-meter"
              role="meter"
              aria-label={`Evidence of ${name}`}
              aria-valuemin={0}
              aria-valuemax={bound}
              aria-valuenow={Math.min(e_value, bound)}
              aria-valuetext={`e-value ${number(e_value, 3)}, bound ${number(bound)}`}
            >
              <div
                data-beyond={e_value >= bound || undefined}
                style={{ width: `${100 * placeOf(e_value, bound)}%` }}
              />
            </div>
            <p className="soft">{words}</p>
          </li>
        ))}
      </ul>
    </div>
  );
}

const segmentColumns: readonly Column<Evidence['segments'][number]>[] = [
  {
    name: 'Segment',
    cell: ({ segment }) => <span className="models-some wide">{segment}</span>,
    sortBy: ({ segment }) => segment,
  },
  figure(
    'E-value',
    ({ e_value }) => e_value,
    (value) => number(value, 3),
  ),
  figure('Clicks', ({ clicks }) => clicks),
  { name: 'Expected', cell: ({ expected }) => count(expected), isNumber: true },
  {
    name: 'Clicks over expected',
    cell: ({ lower, upper }) => `${number(lower, 3)} to ${number(upper, 3)}`,
    isNumber: true,
  },
  {
    name: 'Over the current version’s',
    cell: ({ current_ratio }) => number(current_ratio, 3),
    isNumber: true,
  },
];

function Event({ event }: { readonly event: Trial['history'][number] }) {
  const { at, event: name, by, percent, words, evidence } = event;
  return (
    <li>
      <div>
        <time dateTime={at}>{moment(at)}</time> <b>{name}</b>{' '}
        <span className="soft">
          by {by === 'gate' ? 'the gate' : 'an operator'}, from then on {percent} %
        </span>
      </div>
      <p>{words}</p>
      {evidence && (
        <details>
          <summary>The evidence then</summary>
          <div className="stack models-more">
            <EvidenceOf evidence={evidence} />
          </div>
        </details>
      )}
    </li>
  );
}
