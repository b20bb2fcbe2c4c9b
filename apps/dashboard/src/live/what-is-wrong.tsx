import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answer, client, type Schemas } from '../api/client.js';
import type { Feed } from './feed.js';
import { findingsOf } from './findings.js';
import type { Metrics } from './metrics.js';
import type { Finding } from './traffic.js';

/** Milliseconds between two looks at what changes by the minute. */
const SLOW_MS = 30_000;

/** What is wrong, in words, or that nothing is. */
export function WhatIsWrong({
  feed,
  models,
  metrics,
}: {
  readonly feed: Feed;
  readonly models: Schemas['ModelsAnswer'] | undefined;
  readonly metrics: Metrics | undefined;
}) {
  const monitoring = useQuery({
    queryKey: ['live', 'monitoring'],
    queryFn: () => answer(client.GET('/monitoring')),
    // Asked only where outcomes are kept: elsewhere the answer is an error that says so.
    enabled: metrics?.isStoreUp === true,
    refetchInterval: SLOW_MS,
  }).data;
  const aborted = metrics?.trial?.status === 'aborted' ? metrics.trial.version : undefined;
  const trial = useQuery({
    queryKey: ['live', 'trial', aborted],
    queryFn: () =>
      answer(client.GET('/models/{version}/trial', { params: { path: { version: aborted! } } })),
    enabled: aborted !== undefined,
  }).data;
  const findings = findingsOf({
    feed,
    ...(models && { models }),
    ...(metrics && { metrics }),
    ...(monitoring && { monitoring }),
    ...(trial && { trial }),
  });
  return (
    <section className="panel wrong" aria-labelledby="wrong">
      <h2 id="wrong" className="sr-only">
        What is wrong
      </h2>
      <p role="status" className="sr-only">
        {findings.length === 0 ? 'Nothing is wrong.' : `Wrong: ${titles(findings)}.`}
      </p>
      {findings.length === 0 ? (
        <p className="nothing">
          <span className="chip good">✓</span> Nothing is wrong.{' '}
          <span className="soft">
            Errors, latency, cache, processes, models and alerts are looked at every second.
          </span>
        </p>
      ) : (
        <ul>
          {findings.map((finding, i) => (
            <Item key={i} finding={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

const titles = (findings: readonly Finding[]) => findings.map(({ title }) => title).join('; ');

function Item({ finding: { tone, title, detail, advice, page } }: { readonly finding: Finding }) {
  return (
    <li>
      <span className={`chip ${tone}`}>{tone === 'bad' ? 'Wrong' : 'Check'}</span>
      <div>
        <strong>{title}</strong>
        <p>{detail}</p>
        <p className="soft">
          {advice}{' '}
          {page && <Link to={page}>{page === '/models' ? 'To Models' : 'To Monitoring'}</Link>}
        </p>
      </div>
    </li>
  );
}
