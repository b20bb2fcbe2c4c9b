import { useMemo } from 'react';
import { clock, milliseconds, number, percent } from '../shell/format.js';
import { type Feed, type Frame, history } from './feed.js';
import type { Window } from './history.js';
import { meanCtr, type Metrics, readCtr } from './metrics.js';
import { Spark, windowName } from './spark.js';

const rate = (value: number | null) => number(value, 3);
const share = (value: number | null) => percent(value);

/** The figures that one looks at first: the service's own for the window, and how they moved on this page. */
export function Figures({
  feed,
  latest,
  window,
  metrics,
}: {
  readonly feed: Feed;
  readonly latest: Frame;
  readonly window: Window;
  readonly metrics: Metrics | undefined;
}) {
  const { stats, moment } = latest;
  const figures = stats.windows[window];
  const during = windowName(window);
  const lines = useMemo(() => {
    const points = (field: Parameters<typeof history.read>[0]) =>
      history.read(field, window, moment);
    return {
      rates: [
        { name: 'Requests', points: points('requests') },
        { name: 'Predictions', points: points('predictions') },
      ],
      latency: [
        { name: '99 % within', points: points('p99') },
        { name: 'Half within', points: points('p50') },
      ],
      hits: [{ name: 'Hit rate', points: points('hitRate') }],
    };
  }, [window, moment]);
  const asked = metrics?.moment ?? moment;
  const ctr = useMemo(
    () => [{ name: 'Average', points: readCtr(window, moment) }],
    [window, moment, asked],
  );
  const mean = meanCtr(window, moment);
  const none = figures.requests === 0;
  const common = { window, until: moment };
  return (
    <section aria-label="Figures" className="stack">
      <div className="sparks">
        <Spark
          {...common}
          title="Requests and predictions"
          figure={`${rate(figures.requests_per_second)} /s`}
          note={`requests, and ${rate(figures.predictions_per_second)} predictions a second, in ${during}`}
          lines={lines.rates}
          shown={rate}
        />
        <Spark
          {...common}
          title="Latency"
          figure={none ? '–' : milliseconds(figures.latency_ms.p99)}
          note={
            none
              ? `no requests in ${during}`
              : `or less for 99 % of requests in ${during}; ${milliseconds(figures.latency_ms.p50)} for half`
          }
          lines={lines.latency}
          shown={milliseconds}
        />
        <Spark
          {...common}
          title="Answered from the cache"
          figure={percent(figures.hit_rate)}
          note={
            figures.hit_rate === null ? `nothing looked up in ${during}` : `of lookups in ${during}`
          }
          lines={lines.hits}
          shown={share}
          most={1}
        />
        <Spark
          {...common}
          title="Average predicted CTR"
          figure={percent(mean ?? stats.average_predicted_ctr)}
          note={
            mean === undefined
              ? 'since the service started; on this page by ten seconds'
              : `of predictions seen in ${during}; ${percent(stats.average_predicted_ctr)} since the service started`
          }
          lines={ctr}
          shown={share}
        />
      </div>
      {feed.since !== undefined && <HistoryNote since={feed.since} />}
    </section>
  );
}

function HistoryNote({ since }: { readonly since: number }) {
  return (
    <p className="soft">
      {`Lines begin when this page was opened (${clock(since)}); large figures are the service’s own and reach further back. Latency is of the minute before each moment. Nothing is kept when the tab is closed.`}
    </p>
  );
}
