/* One version: what can be done with it, and its parts, each with an address of its own. */
import { useEffect, useRef } from 'react';
import { Link } from '@tanstack/react-router';
import { answer, client } from '../api/client.js';
import { Select } from '../shell/controls.js';
import { moment } from '../shell/format.js';
import { Empty, Shown } from '../shell/states.js';
import { AdminButton } from './admin.js';
import { type Models, useCard, usePlace, type Version } from './asked.js';
import { warningsOf } from './card.js';
import { Compared } from './compared.js';
import { EvaluationOf } from './evaluation.js';
import { Learned } from './learned.js';
import { Report } from './report.js';
import { Ends } from './serving.js';
import { TrialOf } from './trial.js';
import { TryButton } from './try.js';
import { Chips } from './versions.js';

const parts = [
  { id: 'evaluation', name: 'How good it is' },
  { id: 'difference', name: 'Difference' },
  { id: 'learned', name: 'What it learned from' },
  { id: 'trial', name: 'Trial' },
  { id: 'report', name: 'Report' },
] as const;

export function OneVersion({
  name,
  models,
  tried,
}: {
  readonly name: string;
  readonly models: Models;
  readonly tried: ReadonlyMap<string, boolean>;
}) {
  const version = models.versions.find((v) => v.version === name);
  const [place] = usePlace();
  const part = parts.find(({ id }) => id === place.part)?.id ?? 'evaluation';
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever follows a link to a version is to be there, not where the link was.
  useEffect(() => heading.current?.focus(), [name]);
  return (
    <>
      <nav aria-label="Way back" className="models-back">
        <Link to="/models" search={{}}>
          ← All versions
        </Link>
      </nav>
      {version === undefined ? (
        <Empty title="There is no such version">
          <p>{`${name} is not in the registry: it may have been pruned.`}</p>
        </Empty>
      ) : (
        <>
          <section className="panel stack" aria-labelledby="version">
            <h2 id="version" tabIndex={-1} ref={heading} className="models-version">
              {name}
            </h2>
            <div className="models-name">
              <Chips version={version} models={models} />
              {version.tags.map((tag) => (
                <span key={tag} className="models-tag">
                  {tag}
                </span>
              ))}
              <span className="soft">trained {moment(version.created_at)}</span>
            </div>
            {version.refused !== null && (
              <p className="notice bad">{`It was refused when it was to be served: ${version.refused}.`}</p>
            )}
            <Actions version={version} models={models} />
          </section>
          <nav aria-label="Parts of the version" className="models-parts">
            {parts.map(({ id, name: label }) => (
              <Link
                key={id}
                to="/models"
                search={{ ...place, version: name, part: id }}
                aria-current={id === part ? 'page' : undefined}
              >
                {label}
              </Link>
            ))}
          </nav>
          <Part {...{ part, version, models, tried }} />
        </>
      )}
    </>
  );
}

function Actions({ version, models }: { readonly version: Version; readonly models: Models }) {
  const { version: name } = version;
  if (models.current === name && models.serving === name) {
    return <p className="soft">It answers requests now. Promote or try another version instead.</p>;
  }
  const path = { version: name };
  const promote = async () => {
    const { serving } = await answer(
      client.POST('/models/{version}/promote', { params: { path } }),
    );
    return `${serving ?? name} serves now.`;
  };
  return (
    <div className="toolbar">
      <AdminButton name="Promote" title={`Promote ${name}`} seen={models} act={promote}>
        {(now) => (
          <>
            <p>
              <b>{name}</b> will answer all requests, instead of <b>{now.current ?? 'none'}</b>
              {now.current !== null && ', to which one can roll back'}.
            </p>
            <Ends now={now} becomes={name} />
          </>
        )}
      </AdminButton>
      {models.current !== name && (
        <TryButton models={models} role="gated" version={name} name="Try…" />
      )}
    </div>
  );
}

function Part({
  part,
  version,
  models,
  tried,
}: {
  readonly part: (typeof parts)[number]['id'];
  readonly version: Version;
  readonly models: Models;
  readonly tried: ReadonlyMap<string, boolean>;
}) {
  if (part === 'report') return <Report version={version.version} />;
  if (part === 'trial') {
    if (tried.has(version.version)) return <TrialOf version={version.version} models={models} />;
    return (
      <section className="panel">
        <Empty title="It had no gated trial">
          <p>A gated canary grows by itself while outcomes speak for it. “Try…” begins one.</p>
        </Empty>
      </section>
    );
  }
  if (version.created_at === null) {
    return (
      <section className="panel">
        <Empty title="Its card cannot be read">
          <p>{version.refused ?? 'It says nothing of use.'}</p>
        </Empty>
      </section>
    );
  }
  return <CardPart part={part} version={version.version} models={models} />;
}

function CardPart({
  part,
  version,
  models,
}: {
  readonly part: 'evaluation' | 'difference' | 'learned';
  readonly version: string;
  readonly models: Models;
}) {
  const card = useCard(version);
  const [place, go] = usePlace();
  const others = models.versions.filter((v) => v.version !== version && v.created_at !== null);
  const usual = models.serving === version ? models.previous : models.serving;
  const other =
    others.find((v) => v.version === (place.with ?? usual))?.version ?? others[0]?.version;
  return (
    <Shown query={card} what="the card">
      {(data) => (
        <>
          {part !== 'difference' &&
            warningsOf(data).map((warning) => (
              <p key={warning} className="notice warn">
                {warning}
              </p>
            ))}
          {part === 'evaluation' && <EvaluationOf card={data} />}
          {part === 'learned' && <Learned card={data} />}
          {part === 'difference' && (
            <section className="panel stack" aria-labelledby="difference">
              <h2 id="difference">Difference</h2>
              {other === undefined ? (
                <Empty title="There is nothing to compare it with">
                  <p>This is the only version whose card can be read.</p>
                </Empty>
              ) : (
                <>
                  <Select
                    label="Compare with"
                    choices={others.map((v) => ({ id: v.version, name: nameOf(v, models) }))}
                    value={other}
                    onChange={(id) => go({ with: id })}
                  />
                  <Compared version={version} card={data} other={other} />
                </>
              )}
            </section>
          )}
        </>
      )}
    </Shown>
  );
}

const nameOf = ({ version }: Version, { serving, previous }: Models) =>
  version === serving
    ? `${version} (current)`
    : version === previous
      ? `${version} (previous)`
      : version;
