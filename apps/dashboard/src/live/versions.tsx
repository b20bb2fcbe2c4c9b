import { Link } from '@tanstack/react-router';
import type { Schemas } from '../api/client.js';
import { count, number, percent } from '../shell/format.js';
import { type Column, Table } from '../shell/table.js';
import type { Feed, Frame } from './feed.js';

type Model = Schemas['ModelAnswer'];
type Ctr = Schemas['CtrAnswer'];

interface Tried {
  readonly model: Model;
  /** What it is for now: `Current`, `Canary, 5 % of the requests`. */
  readonly role: string | undefined;
  /** Predictions of the last minute. */
  readonly fresh: number;
}

/** The models that answer or are compared, side by side, and those that answered before. */
export function Versions({
  feed,
  latest,
  models,
}: {
  readonly feed: Feed;
  readonly latest: Frame;
  readonly models: Schemas['ModelsAnswer'] | undefined;
}) {
  const before = feed.recent[0]?.stats.models ?? [];
  const all = latest.stats.models.map((model): Tried => {
    const old = before.find(({ version }) => version === model.version);
    return {
      model,
      role: roleOf(model.version, models, latest.stats.model_version),
      fresh: counted(model) - (old === undefined ? 0 : counted(old)),
    };
  });
  if (all.length === 0) return null;
  const shown = all.filter(({ role }) => role !== undefined);
  const earlier = all.filter(({ role, model }) => role === undefined && counted(model) > 0);
  const most = Math.max(...shown.flatMap(({ model }) => [most90(model)]), Number.MIN_VALUE);
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">{shown.length > 1 ? 'Models, side by side' : 'The model'}</h2>
      <div className="grid">
        {shown.map((each) => (
          <Card key={each.model.version} {...each} most={most} />
        ))}
      </div>
      {earlier.length > 0 && (
        <details className="earlier">
          <summary>{`Answered before: ${earlier.length}`}</summary>
          <Table
            caption="Models that answered before"
            columns={earlierColumns}
            rows={earlier}
            keyOf={({ model }) => model.version}
          />
        </details>
      )}
      <p className="soft">
        <Link to="/models">Models</Link> has metrics, reports, promotion and trials.
      </p>
    </section>
  );
}

const counted = ({ served, shadow }: Model) => served.predictions + shadow.predictions;
const most90 = ({ served, shadow }: Model) =>
  Math.max(served.predicted_ctr.p90 ?? 0, shadow.predicted_ctr.p90 ?? 0);

function roleOf(
  version: string,
  models: Schemas['ModelsAnswer'] | undefined,
  serving: string | null,
): string | undefined {
  if (version === serving) return 'Current';
  if (version === models?.canary?.version)
    return `Canary, ${number(models.canary.percent)} % of the requests`;
  if (version === models?.shadow?.version)
    return `Shadow of ${number(models.shadow.percent)} % of the requests`;
  return undefined;
}

const earlierColumns: readonly Column<Tried>[] = [
  { name: 'Version', cell: ({ model }) => model.version, sortBy: ({ model }) => model.version },
  {
    name: 'Predictions',
    cell: ({ model }) => count(model.served.predictions),
    sortBy: ({ model }) => model.served.predictions,
    isNumber: true,
  },
  {
    name: 'Average CTR',
    cell: ({ model }) => percent(model.served.predicted_ctr.mean),
    sortBy: ({ model }) => model.served.predicted_ctr.mean,
    isNumber: true,
  },
];

function Card({ model, role, fresh, most }: Tried & { readonly most: number }) {
  const { version, served, shadow } = model;
  const isShadow = shadow.predictions > 0 && served.predictions === 0;
  const { predictions, predicted_ctr } = isShadow ? shadow : served;
  return (
    <article className="panel" aria-label={`${role}: ${version}`}>
      <h3>
        <span className="chip">{role}</span> <code>{version}</code>
      </h3>
      <dl className="facts">
        <div>
          <dt>{isShadow ? 'Compared' : 'Answered'}</dt>
          <dd>{count(predictions)}</dd>
        </div>
        <div>
          <dt>In the last minute</dt>
          <dd>{count(fresh)}</dd>
        </div>
        <div>
          <dt>Average CTR</dt>
          <dd>{percent(predicted_ctr.mean)}</dd>
        </div>
        {shadow.predictions > 0 && (
          <div>
            <dt>Differs from the answers by</dt>
            <dd>
              {`${percent(shadow.mean_difference)} on average, ${percent(shadow.mean_absolute_difference)} in size`}
            </dd>
          </div>
        )}
      </dl>
      {predicted_ctr.p50 !== null && <Spread ctr={predicted_ctr} most={most} />}
    </article>
  );
}

/** Where most predictions lie: a bar from the tenth to the ninetieth per cent, with a mark at the half. */
function Spread({
  ctr: { p10, p50, p90, p99 },
  most,
}: {
  readonly ctr: Ctr;
  readonly most: number;
}) {
  const at = (value: number | null) => `${(100 * (value ?? 0)) / most}%`;
  const words = `80 % of predictions are from ${percent(p10)} to ${percent(p90)}, half of them below ${percent(p50)}; one in a hundred is above ${percent(p99)}.`;
  return (
    <figure className="spread">
      <div className="bar" aria-hidden="true">
        <span className="fill" style={{ left: at(p10), right: `calc(100% - ${at(p90)})` }} />
        <span className="mark" style={{ left: at(p50) }} />
      </div>
      <figcaption className="soft">{words}</figcaption>
    </figure>
  );
}
