import { answer, client, type Schemas } from '../api/client.js';
import { moment, percent } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { figure, Table } from '../shell/table.js';
import { Experiment } from './experiment.js';
import { PlaceLink } from './place-link.js';
import type { Place } from './question.js';
import { Register } from './register.js';
import { Told, useAnswer } from './reports.js';

type Listed = Schemas['ExperimentAnswer'];

interface ViewProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

const MOST_LISTED = 1000;

/** Tests of arms: what each says now, and a new one. */
export function Experiments({ place, go }: ViewProps) {
  const query = useAnswer(['experiments'], (signal) =>
    answer(client.GET('/experiments', { params: { query: { limit: MOST_LISTED } }, signal })),
  );
  return (
    <Told query={query} what="experiments">
      {({ experiments }) => (
        <div className="stack">
          {place.experiment !== undefined && (
            <Experiment key={place.experiment} id={place.experiment} go={go} />
          )}
          <section className="panel stack" aria-labelledby="experiments">
            <div className="title">
              <h2 id="experiments">Experiments</h2>
              <Register onRegistered={(id) => go({ experiment: id })} />
            </div>
            {experiments.length === 0 ? (
              <Empty title="No experiment is registered">
                <p>
                  An experiment compares arms, such as two buttons, by the outcomes that name them.
                  One may look at it at any time: its intervals hold at all looks together.
                </p>
              </Empty>
            ) : (
              <List experiments={experiments} shown={place.experiment} />
            )}
          </section>
        </div>
      )}
    </Told>
  );
}

function List({
  experiments,
  shown,
}: {
  readonly experiments: readonly Listed[];
  readonly shown: string | undefined;
}) {
  return (
    <Table
      caption="Experiments, the newest first"
      rows={experiments}
      most={50}
      keyOf={({ id }) => id}
      columns={[
        {
          name: 'Experiment',
          cell: ({ id, name }) => (
            <PlaceLink to={{ experiment: id }} isShown={id === shown}>
              <bdi>{name}</bdi>
            </PlaceLink>
          ),
          sortBy: ({ name }) => name,
        },
        { name: 'Arms', cell: ({ arms }) => arms.map(({ name }) => name).join(', ') },
        figure<Listed>('Least uplift', ({ uplift }) => uplift, percent),
        figure<Listed>('Planned impressions', ({ size }) => size?.impressions),
        {
          name: 'Since',
          cell: ({ created_at }) => moment(created_at),
          sortBy: (row) => row.created_at,
        },
        {
          name: 'State',
          cell: ({ finished_at, winner }) =>
            finished_at === null ? (
              <span className="chip">running</span>
            ) : (
              <span className="chip good">
                {winner === null ? 'finished' : `finished: ${winner}`}
              </span>
            ),
          sortBy: ({ finished_at }) => finished_at ?? '',
        },
      ]}
    />
  );
}
