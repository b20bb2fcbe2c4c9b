import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answer, client, type Schemas } from '../api/client.js';
import { Select } from '../shell/controls.js';
import { Empty, Shown } from '../shell/states.js';
import type { Card } from './schema.js';
import { useRunning, type Running } from './running.js';
import { Workbench } from './workbench.js';
import './what-if.css';

/** Milliseconds between looks at which version serves. */
const LOOK_MS = 15_000;

/** What a model says of a placement, and how that moves with it: the model runs in this page. */
export function WhatIfPage() {
  const models = useQuery({
    queryKey: ['what-if-models'],
    queryFn: () => answer(client.GET('/models')),
    refetchInterval: LOOK_MS,
  });
  return (
    <>
      <h1>What if</h1>
      <Shown query={models} what="the models">
        {(listing) => <Versions listing={listing} />}
      </Shown>
    </>
  );
}

function Versions({ listing }: { readonly listing: Schemas['ModelsAnswer'] }) {
  const { version: wanted } = useSearch({ strict: false }) as { version?: unknown };
  const navigate = useNavigate();
  const { versions, serving } = listing;
  const isThere = versions.some(({ version }) => version === wanted);
  const chosen = isThere ? (wanted as string) : (serving ?? versions[0]?.version);
  if (chosen === undefined) return <NoModel />;
  const choose = (version: string) =>
    void navigate({
      to: '/what-if',
      // The one that serves is shown by no name, so that it stays the one that serves.
      search: ((before: object) => ({
        ...before,
        version: version === serving ? undefined : version,
      })) as never,
    });
  return (
    <div className="stack">
      <div className="toolbar">
        <Select
          label="Model"
          choices={versions.map((one) => ({ id: one.version, name: nameOf(one) }))}
          value={chosen}
          onChange={choose}
        />
        <p className="soft">
          The model itself runs in this page: nothing that is tried here is sent, counted or billed.
        </p>
      </div>
      {wanted !== undefined && !isThere && (
        <p className="notice warn" role="status">
          The version of this link is not there any more. This is another, and so are its numbers.
        </p>
      )}
      <Version
        key={chosen}
        version={chosen}
        isLoaded={versions.some(({ version, loaded }) => version === chosen && loaded)}
        isCurrent={chosen === serving}
      />
    </div>
  );
}

const nameOf = ({ version, roles }: Schemas['VersionAnswer']): string =>
  [version, ...roles].join(' · ');

function Version({
  version,
  isLoaded,
  isCurrent,
}: {
  readonly version: string;
  /** It serves or is tried: the service tells more of such. */
  readonly isLoaded: boolean;
  readonly isCurrent: boolean;
}) {
  const card = useQuery({
    queryKey: ['what-if-card', version],
    queryFn: async () => {
      const path = { params: { path: { version } } };
      return (await answer(client.GET('/models/{version}', path))) as unknown as Partial<Card>;
    },
    staleTime: Infinity,
  });
  const running = useRunning(version, isLoaded);
  return (
    <Shown query={card} what="what the model knows">
      {(card) => (
        <Shown query={running} what="the model itself">
          {(running) => <Loaded {...{ card, running, isCurrent }} />}
        </Shown>
      )}
    </Shown>
  );
}

/** A model from elsewhere may have a card without a schema: then its file tells it. */
function Loaded({
  card,
  running,
  isCurrent,
}: {
  readonly card: Partial<Card>;
  readonly running: Running;
  readonly isCurrent: boolean;
}) {
  const whole = useMemo(
    (): Card => ({ ...card, schema: card.schema ?? running.forest.schema }),
    [card, running],
  );
  return <Workbench card={whole} running={running} isCurrent={isCurrent} />;
}

function NoModel() {
  return (
    <Empty title="There is no model yet">
      <p>Train one, on your own data or on generated records; this page goes on by itself:</p>
      <pre tabIndex={0}>adscale train placements.csv</pre>
    </Empty>
  );
}
