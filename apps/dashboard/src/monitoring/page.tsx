import { useQueryClient } from '@tanstack/react-query';
import { useStream } from '../api/stream.js';
import { Decisions } from './decisions.js';
import { Effectiveness } from './effectiveness.js';
import { Experiments } from './experiments.js';
import { Maturity } from './maturity.js';
import './monitoring.css';
import { Overview, type Report } from './overview.js';
import { PlaceLink } from './place-link.js';
import { type Place, usePlace, type View, views } from './question.js';
import { MONITORING } from './reports.js';
import { Segments } from './segments.js';
import { Toolbar } from './toolbar.js';

const shown: Record<
  View,
  (props: { place: Place; go: (change: Place) => void }) => React.ReactNode
> = {
  overview: Overview,
  segments: Segments,
  effectiveness: Effectiveness,
  experiments: Experiments,
  decisions: Decisions,
  maturity: Maturity,
};

/** Observed against predicted: what is off, what it costs, and what to learn from it. */
export function MonitoringPage() {
  const { place, go } = usePlace();
  const view = place.view ?? 'overview';
  const Shown = shown[view];
  return (
    <div className="stack monitoring">
      <div className="title">
        <h1>Monitoring</h1>
        <News />
      </div>
      <nav className="views" aria-label="Views">
        {views.map(({ id, name }) => (
          <PlaceLink
            key={id}
            to={{
              ...{ view: id === 'overview' ? undefined : id },
              ...{ segment: undefined, experiment: undefined, decision: undefined },
            }}
            isShown={id === view}
          >
            {name}
          </PlaceLink>
        ))}
      </nav>
      <Toolbar place={place} go={go} view={view} />
      <Shown place={place} go={go} />
    </div>
  );
}

/** Asks everything again when outcomes or alerts have come, and says whether it would know. */
function News() {
  const queries = useQueryClient();
  const { state, problem } = useStream<Report>('/monitoring/stream', () => {
    void queries.invalidateQueries({ queryKey: [MONITORING] });
  });
  // What the service refuses, the view says itself.
  if (problem && problem.status >= 400 && problem.status !== 503) return null;
  const words = {
    live: 'Live: new outcomes are shown as they come',
    connecting: 'Connecting…',
    lost: 'Not live: connecting again…',
  };
  return (
    <span role="status" className={`chip ${state === 'live' ? 'good' : 'warn'}`}>
      {words[state]}
    </span>
  );
}
