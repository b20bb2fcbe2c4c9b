import type { Schemas } from '../api/client.js';
import { ago, moment } from '../shell/format.js';
import { PlaceLink } from './place-link.js';
import { gainWords } from './words.js';

type Alert = Schemas['AlertAnswer'];

/** Alerts that are open, then those that ended this week, each in words. */
export function Alerts({
  alerts,
  deliveries,
}: {
  readonly alerts: readonly Alert[];
  readonly deliveries: Schemas['DeliveriesAnswer'];
}) {
  return (
    <section className="panel" aria-labelledby="alerts">
      <h2 id="alerts">Alerts</h2>
      {alerts.length === 0 && (
        <p className="soft">None is open, and none ended in the last seven days.</p>
      )}
      <ul className="alerts">
        {alerts.map((alert) => (
          <Told key={alert.id} alert={alert} />
        ))}
      </ul>
      <Deliveries deliveries={deliveries} />
    </section>
  );
}

function Told({ alert }: { readonly alert: Alert }) {
  const { state, kind, title, facts, started_at, last_seen_at, resolved_at, reason } = alert;
  const isOpen = state === 'firing';
  const money = typeof facts.money === 'number' ? facts.money : undefined;
  return (
    <li>
      <p>
        <span className={`chip ${isOpen ? 'bad' : 'good'}`}>{isOpen ? 'open' : 'resolved'}</span>{' '}
        {title}
      </p>
      <p className="soft">
        {`Raised ${ago(started_at, Date.now())}, ${moment(started_at)}. `}
        {isOpen
          ? `Last found ${moment(last_seen_at)}.`
          : `Over since ${moment(resolved_at)}${reason === null ? '.' : `: ${reason}`}`}
        {money !== undefined && ` ${isOpen ? 'At stake' : 'It came to'}: ${gainWords(money)}.`}
        {` Version ${alert.model_version}.`}
      </p>
      {kind === 'segment' && (
        <PlaceLink to={{ view: 'segments', segment: alert.name }}>Look at this segment</PlaceLink>
      )}
    </li>
  );
}

function Deliveries({ deliveries }: { readonly deliveries: Schemas['DeliveriesAnswer'] }) {
  const { waiting, abandoned, last_reason } = deliveries;
  if (waiting === 0 && abandoned === 0) return null;
  return (
    <p className="notice warn">
      {`Messages to ALERT_WEBHOOK_URL: ${waiting} wait, ${abandoned} were given up after a day.`}
      {last_reason !== null && ` The latest was not taken: ${last_reason}.`}
    </p>
  );
}
