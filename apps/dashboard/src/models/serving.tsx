/* What answers requests now, what is tried beside it, and the way back. */
import type { ReactNode } from 'react';
import { answer, client } from '../api/client.js';
import { percent } from '../shell/format.js';
import { AdminButton } from './admin.js';
import type { Models } from './asked.js';
import { VersionLink } from './link.js';
import { TryButton } from './try.js';

export function Serving({ models }: { readonly models: Models }) {
  const { serving, current, previous, canary, shadow } = models;
  const refusal = models.versions.find(({ version }) => version === current)?.refused;
  return (
    <section className="panel stack" aria-labelledby="serving">
      <h2 id="serving">What answers now</h2>
      {serving !== current && (
        <p className="notice bad" role="alert">
          {current === null
            ? 'The registry names no current version.'
            : `The registry wants ${current} served, and this service could not: ${refusal ?? 'it has not loaded it yet'}.`}{' '}
          {serving === null ? 'No version answers.' : `${serving} goes on answering.`}
        </p>
      )}
      <div className="grid small">
        <Role name="Current" version={serving} none="No version answers.">
          {serving !== null && (
            <p className="soft">
              {`Answers ${percent(1 - (canary?.percent ?? 0) / 100)} of /predict_ctr, and all other requests.`}
            </p>
          )}
        </Role>
        <Role name="Previous" version={previous} none="No version served before this one.">
          {previous !== null && <RollBack models={models} previous={previous} />}
        </Role>
        <Role name="Canary" version={canary?.version ?? null} none="None is tried.">
          {canary ? (
            <>
              {share(canary.percent, 'of /predict_ctr are answered by it.')}
              <TakeOff models={models} role="canary" />
            </>
          ) : (
            <TryButton models={models} role="gated" name="Try a canary…" />
          )}
        </Role>
        <Role name="Shadow" version={shadow?.version ?? null} none="None is compared.">
          {shadow ? (
            <>
              {share(shadow.percent, 'of the answers are compared with its own.')}
              <TakeOff models={models} role="shadow" />
            </>
          ) : (
            <TryButton models={models} role="shadow" name="Compare a shadow…" />
          )}
        </Role>
      </div>
    </section>
  );
}

const share = (value: number, of: string) => (
  <p className="soft">
    {percent(value / 100)} {of}
  </p>
);

function Role({
  name,
  version,
  none,
  children,
}: {
  readonly name: string;
  readonly version: string | null;
  readonly none: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="models-role" role="group" aria-label={name}>
      <h3>{name}</h3>
      {version === null ? <p className="soft">{none}</p> : <VersionLink version={version} />}
      {children}
    </div>
  );
}

function RollBack({ models, previous }: { readonly models: Models; readonly previous: string }) {
  const act = async () => {
    const { serving } = await answer(client.POST('/models/rollback'));
    return `${serving ?? previous} serves again.`;
  };
  return (
    <AdminButton name="Roll back" seen={models} act={act} isDanger>
      {(now) => (
        <>
          <p>
            <b>{now.previous ?? 'No version'}</b> will answer requests again, instead of{' '}
            <b>{now.current ?? 'none'}</b>.
          </p>
          <Ends now={now} becomes={now.previous} />
        </>
      )}
    </AdminButton>
  );
}

/** What else ends when another version becomes current. */
export function Ends({
  now: { canary, shadow },
  becomes,
}: {
  readonly now: Models;
  readonly becomes: string | null;
}) {
  return (
    <>
      {canary && (
        <p>
          {canary.version === becomes
            ? 'It is the canary now, and is not on trial any more then.'
            : `The canary is ${canary.version} at ${canary.percent} %; a gated trial of it ends by that.`}
        </p>
      )}
      {shadow?.version === becomes && <p>It is the shadow now, and is no longer then.</p>}
    </>
  );
}

function TakeOff({
  models,
  role,
}: {
  readonly models: Models;
  readonly role: 'canary' | 'shadow';
}) {
  const act = async () => {
    await answer(
      role === 'canary' ? client.DELETE('/models/canary') : client.DELETE('/models/shadow'),
    );
    return `No ${role} is tried any more.`;
  };
  const name = `Take the ${role} off`;
  return (
    <AdminButton name={name} seen={models} act={act} isDanger>
      {(now) => (
        <p>
          <b>{now[role]?.version ?? 'No version'}</b>{' '}
          {role === 'canary'
            ? `answers ${now.canary?.percent ?? 0} % of the requests now; ${now.current ?? 'the current version'} will answer all of them. A gated trial ends by that.`
            : 'will not be compared with answers any more. Answers do not change.'}
        </p>
      )}
    </AdminButton>
  );
}
