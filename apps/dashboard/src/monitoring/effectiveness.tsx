import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { Select } from '../shell/controls.js';
import { count, money, percent } from '../shell/format.js';
import { figure, Table } from '../shell/table.js';
import { Change } from './change.js';
import { factorColumn } from './columns.js';
import { IntervalChart } from './interval-chart.js';
import { type Place, questionOf } from './question.js';
import { NoOutcomes, Told, useEffectiveness } from './reports.js';
import { factorWords, isOff, missWords, three } from './words.js';

type Report = Schemas['EffectivenessAnswer'];
type Effect = Schemas['EffectAnswer'];

interface ViewProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

const kinds = [
  { id: 'campaigns', name: 'Campaign', one: 'campaign' },
  { id: 'placements', name: 'Placement', one: 'placement' },
  { id: 'days', name: 'Day', one: 'day' },
] as const;

/** What came of campaigns, placements and days against the forecast, and why the last week differs. */
export function Effectiveness({ place, go }: ViewProps) {
  const query = useEffectiveness(questionOf(place));
  return (
    <Told query={query} what="what came of campaigns">
      {(report) =>
        report.overall.impressions === 0 ? (
          <NoOutcomes go={go} />
        ) : (
          <div className="stack">
            <Effects report={report} place={place} go={go} />
            <div className="grid">
              <Ends title="Best, against the others" rows={report.best} />
              <Ends title="Worst, against the others" rows={report.worst} />
            </div>
            <Change change={report.change} split={place.split} onSplit={(split) => go({ split })} />
          </div>
        )
      }
    </Told>
  );
}

const MOST_DRAWN = 30;

function Effects({ report, place, go }: ViewProps & { readonly report: Report }) {
  const kind = kinds.find(({ id }) => id === place.by) ?? kinds[0];
  const effects = report[kind.id];
  const rows = useMemo(
    () =>
      (kind.id === 'days'
        ? effects.slice(-MOST_DRAWN)
        : [...effects].sort((a, b) => b.impressions - a.impressions).slice(0, MOST_DRAWN)
      ).map((effect) => ({
        ...{ name: effect.value, value: effect.factor, low: effect.lower, high: effect.upper },
        tone: toneOf(effect),
      })),
    [effects, kind],
  );
  const { overall } = report;
  return (
    <section className="panel stack" aria-labelledby="effects">
      <h2 id="effects">Against the forecast</h2>
      <p>
        {`In all ${count(overall.clicks)} clicks of ${count(overall.impressions)} impressions, a CTR of ${percent(overall.ctr)} where ${percent(overall.expected_ctr)} was expected`}
        {overall.spend !== null && `, for ${money(overall.spend)}, ${money(overall.cpc)} a click`}.
      </p>
      <div className="toolbar">
        <Select
          label="By"
          choices={kinds}
          value={kind.id}
          onChange={(by) => go({ by: by === 'campaigns' ? undefined : by })}
        />
      </div>
      <IntervalChart
        label={`Observed over expected clicks by ${kind.one}, with intervals: ${rows.length} of ${effects.length}. The table below has the figures.`}
        rows={rows}
        reference={1}
      />
      <EffectsTable effects={effects} kind={kind.name} />
    </section>
  );
}

const toneOf = (effect: Effect): 'good' | 'bad' | undefined => {
  if (!isOff(effect)) return undefined;
  return effect.lower > 1 ? 'good' : 'bad';
};

function EffectsTable({
  effects,
  kind,
}: {
  readonly effects: readonly Effect[];
  readonly kind: string;
}) {
  return (
    <Table
      caption={`Effectiveness by ${kind.toLowerCase()}`}
      rows={effects}
      most={50}
      keyOf={({ value }) => value}
      columns={[
        { name: kind, cell: ({ value }) => <bdi>{value}</bdi>, sortBy: ({ value }) => value },
        figure<Effect>('Impressions', ({ impressions }) => impressions, count),
        figure<Effect>('Clicks', ({ clicks }) => clicks, count),
        figure<Effect>('Expected', ({ expected }) => expected, count),
        figure<Effect>('CTR', ({ ctr }) => ctr, percent),
        figure<Effect>('Expected CTR', ({ expected_ctr }) => expected_ctr, percent),
        factorColumn,
        figure<Effect>('Best belief', ({ shrunk_factor }) => shrunk_factor, three),
        figure<Effect>('Spend', ({ spend }) => spend, money),
        figure<Effect>('CPC', ({ cpc }) => cpc, money),
      ]}
    />
  );
}

function Ends({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly Schemas['NamedEffectAnswer'][];
}) {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="soft">Chance alone explains how campaigns and placements differ.</p>
      ) : (
        <ol className="ends">
          {rows.map((row) => (
            <li key={`${row.kind} ${row.value}`}>
              <span className="soft">{row.kind}</span> <bdi>{row.value}</bdi>
              {`: ${missWords(row.factor)}, ${factorWords(row)}`}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
