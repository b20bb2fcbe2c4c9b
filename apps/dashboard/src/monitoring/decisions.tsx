import { useInfiniteQuery } from '@tanstack/react-query';
import { answer, client, type Schemas } from '../api/client.js';
import { Button } from '../shell/controls.js';
import { count, moment } from '../shell/format.js';
import { Empty } from '../shell/states.js';
import { Table } from '../shell/table.js';
import { Decision } from './decision.js';
import { PlaceLink } from './place-link.js';
import { type Place, questionOf } from './question.js';
import { MONITORING, Told } from './reports.js';

type Listed = Schemas['ListedDecisionDto'];

interface ViewProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

/** Of one page of the list. */
const LISTED = 200;

/** Decisions that were kept, and one of them replayed: what was expected, what came, what else could have. */
export function Decisions({ place, go }: ViewProps) {
  const { from, to } = questionOf(place);
  const query = useInfiniteQuery({
    queryKey: [MONITORING, 'decisions', from, to],
    queryFn: ({ pageParam, signal }) => {
      const range = { ...(from && { from }), ...(to && { to }) };
      const page = { limit: LISTED, ...(pageParam !== '' && { after: pageParam }) };
      return answer(client.GET('/decisions', { params: { query: { ...range, ...page } }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  return (
    <div className="stack">
      {place.decision !== undefined && (
        <Decision
          key={place.decision}
          id={place.decision}
          isYoung={place.young === 'count'}
          go={go}
        />
      )}
      <Told query={query as never} what="decisions">
        {({ pages }: { pages: Schemas['DecisionsDto'][] }) => {
          const decisions = pages.flatMap((page) => page.decisions);
          return (
            <section className="panel stack" aria-labelledby="decisions">
              <h2 id="decisions">Decisions that were kept</h2>
              {decisions.length === 0 ? (
                <NoDecisions />
              ) : (
                <List decisions={decisions} shown={place.decision} />
              )}
              {query.hasNextPage && (
                <Button
                  isDisabled={query.isFetchingNextPage}
                  onPress={() => void query.fetchNextPage()}
                >
                  Load more: these are the first {count(decisions.length)}
                </Button>
              )}
            </section>
          );
        }}
      </Told>
    </div>
  );
}

function NoDecisions() {
  return (
    <Empty title="No decisions are kept of these days">
      <p>
        Answers of <code>/rank</code>, <code>/allocate</code> and <code>/forecast</code> are kept
        where the service is told to, and judged once outcomes are in:
      </p>
      <pre>DECISION_LOG=on npm start</pre>
      <p>
        Each answer then carries <code>x-decision-id</code>. Outcomes that have{' '}
        <code>{'"arm": "<decision id>/<entry>"'}</code> count for that entry, others by their
        record.
      </p>
    </Empty>
  );
}

const kinds: Record<Listed['decision'], string> = {
  rank: 'ranking',
  forecast: 'forecast',
  allocate: 'allocation',
};

function List({
  decisions,
  shown,
}: {
  readonly decisions: readonly Listed[];
  readonly shown: string | undefined;
}) {
  return (
    <Table
      caption="Decisions that were kept"
      rows={decisions}
      most={50}
      keyOf={({ id }) => id}
      columns={[
        {
          name: 'Decision',
          cell: ({ id }) => (
            <PlaceLink to={{ decision: id }} isShown={id === shown}>
              {id}
            </PlaceLink>
          ),
        },
        {
          name: 'What',
          cell: ({ decision }) => kinds[decision],
          sortBy: ({ decision }) => decision,
        },
        { name: 'When', cell: ({ at }) => moment(at), sortBy: ({ at }) => at },
        {
          name: 'Version',
          cell: ({ model_version }) => model_version,
          sortBy: (row) => row.model_version,
        },
      ]}
    />
  );
}
