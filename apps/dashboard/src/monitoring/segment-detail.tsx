import type { Schemas } from '../api/client.js';
import { count } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { segmentDays } from './cells.js';
import { DaysCharts } from './days-chart.js';
import { DetailPanel } from './detail-panel.js';
import { Explained } from './overview.js';
import { PlaceLink } from './place-link.js';
import { type Place, questionOf } from './question.js';
import { Told, useAnswer, useOverview, useYouth } from './reports.js';
import { factorWords, missWords, range, worthWords } from './words.js';

interface DetailProps {
  readonly segment: string;
  readonly report: Schemas['SegmentsAnswer'];
  readonly place: Place;
  readonly go: (change: Place) => void;
}

/** One segment: what it is, why it is off, and how its days went. */
export function SegmentDetail({ segment, report, place, go }: DetailProps) {
  const cause = report.causes.find((one) => one.segment === segment);
  const explained = report.explained.find((one) => one.segment === segment);
  const single = report.segments.find((one) => one.segment === segment);
  const known = cause ?? explained ?? single;
  return (
    <DetailPanel title={segment} what="segment" onClose={() => go({ segment: undefined })}>
      {known === undefined ? (
        <Empty title="There is no such segment in these days">
          <p>
            It may be one of another version or of other days. All that there are are listed below.
          </p>
        </Empty>
      ) : (
        <>
          <p>
            {missWords(known.factor)}: {count(known.clicks)} came, {count(known.expected)} were
            expected; {factorWords(known)}.
          </p>
          <Why cause={cause} explained={explained} />
          {report.model_version !== null && (
            <Days parts={known.parts} report={report} place={place} name={segment} />
          )}
        </>
      )}
    </DetailPanel>
  );
}

/** Whether it is a cause, off because of one, or not off at all. */
function Why({
  cause,
  explained,
}: {
  readonly cause: Schemas['CauseAnswer'] | undefined;
  readonly explained: Schemas['ExplainedAnswer'] | undefined;
}) {
  const told = cause ?? explained;
  if (told === undefined) return <p className="notice good">It is not off by more than chance.</p>;
  const { clicks, money: worth } = told.gain;
  return (
    <>
      <p>
        {`Since ${told.since}: ${count(clicks.value)} clicks (${range(clicks.lower, clicks.upper, count)})`}
        {worth && `, ${worthWords(worth)}`}.
      </p>
      {cause && (
        <div>
          {cause.explains.length === 0 ? (
            'It is a cause by itself and explains no other.'
          ) : (
            <>
              It is a cause. Without it these would not be off: <Explained names={cause.explains} />
            </>
          )}
        </div>
      )}
      {explained && (
        <p>
          {'It is off because of '}
          {explained.because_of === null ? (
            'none of the causes that are named.'
          ) : (
            <PlaceLink to={{ segment: explained.because_of }}>
              <bdi>{explained.because_of}</bdi>
            </PlaceLink>
          )}
        </p>
      )}
    </>
  );
}

function Days({
  parts,
  report,
  place,
  name,
}: Pick<DetailProps, 'report' | 'place'> & {
  readonly parts: readonly Schemas['PartAnswer'][];
  readonly name: string;
}) {
  const overview = useOverview(questionOf(place));
  const youth = useYouth();
  const spread = overview.data?.day_variance ?? 0;
  const { from, to, model_version } = report;
  const query = useAnswer(
    ['segment', name, from, to, model_version, spread],
    (signal) => segmentDays(parts, { from, to, version: model_version!, spread }, signal),
    overview.isFetched,
  );
  return (
    <Told query={query} what="the days of this segment">
      {({ days, cells, isCut }) =>
        days.length === 0 ? (
          <p className="soft">No outcomes of it were found in {count(cells)} cells.</p>
        ) : (
          <>
            {isCut && (
              <p className="notice warn">
                Only the first {count(cells)} cells were read. Choose fewer days to see all.
              </p>
            )}
            <DaysCharts
              days={days}
              youth={youth}
              what={name}
              intervals="Here they are 95 % for each day by itself, by chance and by what days differ anyway; what is found above holds at all times."
            />
          </>
        )
      }
    </Told>
  );
}
