import type { Schemas } from '../api/client.js';
import { count, moment, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { Alerts } from './alerts.js';
import { clicksColumns, factorColumn } from './columns.js';
import { DaysCharts } from './days-chart.js';
import { PlaceLink } from './place-link.js';
import { type Place, questionOf } from './question.js';
import { NoOutcomes, Told, useOverview, useYouth } from './reports.js';
import { Signs } from './signs.js';
import { factorWords, gainWords, isOff, missWords, range, worthWords } from './words.js';

export type Report = Schemas['MonitoringAnswer'];
export type Cause = Schemas['CauseAnswer'];

interface ViewProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

/** What is wrong, how much it costs, since when, and how each day went. */
export function Overview({ place, go }: ViewProps) {
  const query = useOverview(questionOf(place));
  return (
    <Told query={query} what="what came of the predictions">
      {(report) => <Judged report={report} go={go} />}
    </Told>
  );
}

function Judged({ report, go }: { readonly report: Report; readonly go: ViewProps['go'] }) {
  const youth = useYouth();
  const alerts = <Alerts alerts={report.alerts} deliveries={report.deliveries} />;
  if (report.overall.rows === 0) {
    return (
      <>
        <NoOutcomes go={go} />
        {report.alerts.length > 0 && alerts}
      </>
    );
  }
  return (
    <div className="stack">
      <Figures report={report} />
      <section className="panel" aria-labelledby="findings">
        <h2 id="findings">What is found</h2>
        <Findings report={report} />
        <Causes causes={report.causes} />
      </section>
      <section className="panel" aria-labelledby="days">
        <h2 id="days">Observed against predicted</h2>
        <DaysCharts days={report.days} youth={youth} what="all traffic" />
      </section>
      <div className="grid">
        {alerts}
        <Signs signs={report.signs} reference={report.reference} />
      </div>
      <Versions report={report} />
    </div>
  );
}

interface Shown {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: 'good' | 'bad';
}

/** The figures that one looks at first. */
function Figures({ report }: { readonly report: Report }) {
  const { overall, causes, days, left_out } = report;
  // Causes may lie in one another, so what they cost does not add up.
  const [dearest] = causes
    .filter(({ gain }) => gain.money !== null)
    .sort((a, b) => Math.abs(b.gain.money!.value) - Math.abs(a.gain.money!.value));
  const firing = report.alerts.filter(({ state }) => state === 'firing').length;
  const figures: readonly Shown[] = [
    {
      ...{ name: 'Clicks / expected', value: factorWords(overall).split(' ')[0] },
      note: `${range(overall.lower, overall.upper, (end) => end.toFixed(3))}: ${missWords(overall.factor)}`,
      tone: isOff(overall) ? 'bad' : 'good',
    },
    {
      ...{ name: 'Clicks', value: count(overall.clicks) },
      note: `${count(overall.expected)} expected of ${count(overall.impressions)} impressions`,
    },
    {
      name: 'What matters most',
      value: causes.length === 0 ? 'nothing' : gainWords(dearest?.gain.money?.value),
      note:
        dearest?.segment ??
        (causes.length > 0 ? 'Say above what a click is worth' : 'no cause is named'),
    },
    {
      ...{ name: 'Alerts', value: count(firing), tone: firing > 0 ? 'bad' : 'good' },
      note: firing === 0 ? 'none is open' : 'open',
    },
    {
      ...{ name: 'Days', value: count(days.length) },
      note:
        left_out.days > 0
          ? `${count(left_out.days)} young ones left out`
          : `${report.from} to ${report.to}`,
    },
  ];
  return (
    <div className="figures">
      {figures.map(({ name, value, note, tone }) => (
        <div key={name} className="panel figure">
          <span className="soft">{name}</span>
          <span className="value">{value}</span>
          <span className={tone ? `note ${tone}` : 'soft'}>{note}</span>
        </div>
      ))}
    </div>
  );
}

/** Sentences of the service: causes and warnings. */
function Findings({
  report: { findings, made_at, alpha, kept_share },
}: {
  readonly report: Report;
}) {
  return (
    <>
      {findings.length === 0 ? (
        <p className="notice good">
          Nothing is off by more than chance: clicks come as the models expect them, in all segments
          that were looked at.
        </p>
      ) : (
        <ul className="findings">
          {findings.map((words) => (
            <li key={words} className="notice warn">
              {words}
            </li>
          ))}
        </ul>
      )}
      <p className="soft">
        Judged {moment(made_at)}. One may look at any time: of a model that is right, something is
        found once in {count(1 / alpha)} over its life.
        {kept_share < 1 && ` Segments were looked at in ${percent(kept_share)} of the records.`}
      </p>
    </>
  );
}

/** The fewest segments that explain what is off, what costs most first. */
export function Causes({ causes }: { readonly causes: readonly Cause[] }) {
  if (causes.length === 0) return null;
  return (
    <>
      <h3>Causes, and what they explain</h3>
      <Table
        caption="Causes: the fewest segments that explain what is off"
        rows={causes}
        keyOf={({ segment }) => segment}
        columns={[
          {
            name: 'Segment',
            cell: ({ segment }) => (
              <PlaceLink to={{ view: 'segments', segment }}>
                <bdi>{segment}</bdi>
              </PlaceLink>
            ),
            sortBy: ({ segment }) => segment,
          },
          {
            name: 'Since',
            cell: ({ since }) => <span className="nowrap">{since}</span>,
            sortBy: ({ since }) => since,
          },
          factorColumn,
          {
            name: 'Clicks',
            isNumber: true,
            cell: ({ gain: { clicks } }) =>
              `${count(clicks.value)} (${range(clicks.lower, clicks.upper, count)})`,
            sortBy: ({ gain }) => gain.clicks.value,
          },
          {
            name: 'Money',
            isNumber: true,
            cell: ({ gain }) => (gain.money === null ? 'unknown' : worthWords(gain.money)),
            sortBy: ({ gain }) => gain.money?.value,
          },
          {
            name: 'Explains',
            cell: ({ explains }) => (
              <div className="explains">
                {explains.length === 0 ? '–' : <Explained names={explains} />}
              </div>
            ),
          },
        ]}
      />
    </>
  );
}

const SHOWN = 3;

export function Explained({ names }: { readonly names: readonly string[] }) {
  if (names.length <= SHOWN) return <>{names.join(', ')}</>;
  return (
    <details>
      <summary>
        {names.slice(0, SHOWN).join(', ')} and {names.length - SHOWN} more
      </summary>
      {names.slice(SHOWN).join(', ')}
    </details>
  );
}

function Versions({ report }: { readonly report: Report }) {
  return (
    <section className="panel" aria-labelledby="versions">
      <h2 id="versions">Versions of the model</h2>
      <Table
        caption="Observed against expected by version of the model"
        rows={report.models}
        keyOf={({ model_version }) => model_version}
        columns={[
          {
            name: 'Version',
            cell: ({ model_version }) => (
              <PlaceLink to={{ model: model_version }}>{model_version}</PlaceLink>
            ),
            sortBy: ({ model_version }) => model_version,
          },
          ...clicksColumns,
          {
            name: 'Judgement',
            cell: (row) => (
              <span className={`chip ${isOff(row) ? 'bad' : 'good'}`}>
                {isOff(row) ? missWords(row.factor) : 'as expected'}
              </span>
            ),
          },
        ]}
      />
    </section>
  );
}
