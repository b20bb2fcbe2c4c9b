import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answer, client } from '../api/client.js';
import { Button, Segments } from '../shell/controls.js';
import { clock } from '../shell/format.js';
import { Failure, Loading } from '../shell/states.js';
import { CtrBy } from './ctr-by.js';
import { type Feed, type Frame, useFeed, useMetrics } from './feed.js';
import { Figures } from './figures.js';
import { FirstVisit, Generated, NoModel } from './first-visit.js';
import { type Window, WINDOWS } from './history.js';
import { Operation } from './operation.js';
import { Versions } from './versions.js';
import { WhatIsWrong } from './what-is-wrong.js';
import './live.css';

const windows = [
  { id: '1m', name: '1 min' },
  { id: '5m', name: '5 min' },
  { id: '1h', name: '1 h' },
] as const;

/** What the service does, by the second. */
export function LivePage() {
  const [isPaused, setPaused] = useState(false);
  const feed = useFeed(isPaused);
  const { window: asked } = useSearch({ strict: false }) as { window?: unknown };
  const window = WINDOWS.find((each) => each === asked) ?? '1m';
  const navigate = useNavigate();
  const look = (id: string) =>
    void navigate({ to: '/live', search: { window: id }, replace: true });
  return (
    <div className="live stack">
      <div className="toolbar head">
        <h1>Live</h1>
        {!feed.problem?.wantsKey && <Beat feed={feed} isPaused={isPaused} />}
        <Segments label="Span of time" choices={windows} value={window} onChange={look} />
        <Button onPress={() => setPaused(!isPaused)}>{isPaused ? 'Go on' : 'Pause'}</Button>
      </div>
      <Body feed={feed} window={window} />
    </div>
  );
}

/** Whether what is shown is of this moment. */
function Beat({ feed, isPaused }: { readonly feed: Feed; readonly isPaused: boolean }) {
  const { latest } = feed;
  const at = latest && clock(latest.moment);
  if (isPaused && at) {
    return (
      <p className="beat">
        <span className="chip warn">Paused</span>{' '}
        <span className="soft">{`shown as at ${at}; what comes is remembered`}</span>
      </p>
    );
  }
  const isLive = feed.state === 'live';
  const name = isLive ? 'Up to date' : feed.isLost ? 'Lost, connecting again…' : 'Connecting…';
  return (
    <p className="beat">
      <span role="status" className={`chip ${isLive ? 'good' : 'warn'}`}>
        {name}
      </span>{' '}
      {at && <span className="soft">{isLive ? at : `last seen ${at}`}</span>}
    </p>
  );
}

function Body({ feed, window }: { readonly feed: Feed; readonly window: Window }) {
  const { latest, problem, state } = feed;
  if (problem?.wantsKey) return <Failure problem={problem} />;
  if (latest === undefined) {
    if (state !== 'live' && problem !== undefined) return <Failure problem={problem} />;
    return <Loading what="what the service does" />;
  }
  return <Alive feed={feed} latest={latest} window={window} />;
}

/** Milliseconds between two looks at which models serve. */
const MODELS_MS = 10_000;

function Alive({
  feed,
  latest,
  window,
}: {
  readonly feed: Feed;
  readonly latest: Frame;
  readonly window: Window;
}) {
  const [isKept, keep] = useState(false);
  const version = latest.stats.model_version;
  const metrics = useMetrics().data;
  const models = useQuery({
    queryKey: ['live', 'models', version],
    queryFn: () => answer(client.GET('/models')),
    refetchInterval: MODELS_MS,
  }).data;
  const isFirst = latest.stats.predictions === 0 || isKept;
  return (
    <>
      <WhatIsWrong feed={feed} models={models} metrics={metrics} />
      {version === null ? (
        <div className="panel">
          <NoModel />
        </div>
      ) : (
        <>
          <Generated version={version} />
          {isFirst && (
            <FirstVisit version={version} keep={() => keep(true)} close={() => keep(false)} />
          )}
        </>
      )}
      <Figures feed={feed} latest={latest} window={window} metrics={metrics} />
      <CtrBy stats={latest.stats} />
      <Versions feed={feed} latest={latest} models={models} />
      <Operation feed={feed} latest={latest} />
    </>
  );
}
