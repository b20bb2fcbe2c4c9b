import { useMemo, useState } from 'react';
import type { Schemas } from '../api/client.js';
import { Select, TextField } from '../shell/controls.js';
import { count } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { Table } from '../shell/table.js';
import { clicksColumns, factorColumn } from './columns.js';
import { IntervalChart } from './interval-chart.js';
import { Causes } from './overview.js';
import { PlaceLink } from './place-link.js';
import { type Place, questionOf } from './question.js';
import { NoOutcomes, Told, useSegments } from './reports.js';
import { SegmentDetail } from './segment-detail.js';
import { isOff, missWords } from './words.js';

type SegmentsReport = Schemas['SegmentsAnswer'];
type Segment = Schemas['SegmentCalibrationAnswer'];

interface ViewProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

/** Every part of the traffic: which are off, because of which, and what that costs. */
export function Segments({ place, go }: ViewProps) {
  const query = useSegments(questionOf(place));
  return (
    <Told query={query} what="the segments">
      {(report) =>
        report.segments.length === 0 ? (
          <NoOutcomes go={go} />
        ) : (
          <div className="stack">
            {place.segment !== undefined && (
              <SegmentDetail
                key={place.segment}
                segment={place.segment}
                report={report}
                place={place}
                go={go}
              />
            )}
            <section className="panel" aria-labelledby="by-money">
              <h2 id="by-money">What costs most</h2>
              {report.by_money.length === 0 ? (
                <p className="notice good">No segment is off by more than chance.</p>
              ) : (
                <Causes causes={report.by_money} />
              )}
              <Others report={report} shown={place.segment} />
            </section>
            <All report={report} place={place} go={go} />
          </div>
        )
      }
    </Told>
  );
}

/** Segments that are off as well, most of them only because a cause lies in them. */
function Others({
  report,
  shown,
}: {
  readonly report: SegmentsReport;
  readonly shown: string | undefined;
}) {
  const { explained } = report;
  if (explained.length === 0) return null;
  return (
    <details>
      <summary>{explained.length} others are off because of these</summary>
      <Table
        caption="Other segments that are off, and because of which"
        rows={explained}
        keyOf={({ segment }) => segment}
        columns={[
          {
            name: 'Segment',
            cell: ({ segment }) => (
              <PlaceLink to={{ segment }} isShown={segment === shown}>
                <bdi>{segment}</bdi>
              </PlaceLink>
            ),
            sortBy: ({ segment }) => segment,
          },
          { name: 'Since', cell: ({ since }) => since, sortBy: ({ since }) => since },
          factorColumn,
          {
            name: 'Because of',
            cell: ({ because_of }) => because_of ?? 'none of those named',
            sortBy: ({ because_of }) => because_of,
          },
        ]}
      />
    </details>
  );
}

const ANY = '(any)';
const MOST_DRAWN = 24;

/** All segments of one feature, to be searched and sorted. */
function All({ report, place, go }: ViewProps & { readonly report: SegmentsReport }) {
  const [search, setSearch] = useState('');
  const { segments, looked_at, model_version } = report;
  const features = [
    ...new Set(segments.flatMap(({ parts }) => parts.map(({ feature }) => feature))),
  ];
  const wanted = segments.filter(
    ({ segment, parts }) =>
      (place.feature === undefined || parts.some(({ feature }) => feature === place.feature)) &&
      segment.toLocaleLowerCase().includes(search.toLocaleLowerCase()),
  );
  return (
    <section className="panel stack" aria-labelledby="all-segments">
      <h2 id="all-segments">All segments</h2>
      <p className="soft">
        {`${count(looked_at.single)} of one feature and ${count(looked_at.pairs)} of two were looked at, all together with the chance of a false find that is set above. Version ${model_version ?? 'unknown'}.`}
      </p>
      <div className="toolbar">
        <Select
          label="Feature"
          choices={[ANY, ...features].map((id) => ({ id, name: id === ANY ? 'Any' : id }))}
          value={place.feature ?? ANY}
          onChange={(id) => go({ feature: id === ANY ? undefined : id })}
        />
        <TextField label="Search" type="search" value={search} onChange={setSearch} />
      </div>
      {wanted.length === 0 ? (
        <Empty title="No segment has this name">
          <p>Search for less of it, or choose another feature.</p>
        </Empty>
      ) : (
        <Drawn segments={wanted} go={go} shown={place.segment} />
      )}
    </section>
  );
}

/** How surely a segment is off. */
const sureness = ({ log_e_value }: Segment): number => log_e_value;

function Drawn({
  segments,
  go,
  shown,
}: {
  readonly segments: readonly Segment[];
  readonly go: ViewProps['go'];
  readonly shown: string | undefined;
}) {
  const drawn = useMemo(
    () => [...segments].sort((a, b) => sureness(b) - sureness(a)).slice(0, MOST_DRAWN),
    [segments],
  );
  const rows = useMemo(
    () =>
      drawn.map((row) => ({
        ...{ name: row.segment, value: row.factor, low: row.lower, high: row.upper },
        tone: row.off ? ('bad' as const) : undefined,
      })),
    [drawn],
  );
  const off = segments.filter((segment) => segment.off).length;
  return (
    <>
      <IntervalChart
        label={`Observed over expected clicks of ${rows.length} segments, the surest first; ${off} of ${segments.length} are off. The table below has the figures.`}
        rows={rows}
        reference={1}
        onPress={(row) => go({ segment: drawn[row].segment })}
      />
      <Table
        caption="All segments with observed and expected clicks"
        rows={segments}
        most={50}
        keyOf={({ segment }) => segment}
        columns={[
          {
            name: 'Segment',
            cell: ({ segment }) => (
              <PlaceLink to={{ segment }} isShown={segment === shown}>
                <bdi>{segment}</bdi>
              </PlaceLink>
            ),
            sortBy: ({ segment }) => segment,
          },
          ...clicksColumns,
          {
            name: 'Judgement',
            cell: (row) => (
              <span className={`chip ${row.off ? 'bad' : isOff(row) ? 'warn' : 'good'}`}>
                {row.off
                  ? missWords(row.factor)
                  : isOff(row)
                    ? 'off by itself, not among all'
                    : 'as expected'}
              </span>
            ),
            sortBy: (row) => Number(row.off),
          },
        ]}
      />
    </>
  );
}
