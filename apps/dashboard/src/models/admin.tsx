/*
 * Buttons for what takes the scope `admin`. Others may have changed what is served since the page was loaded: a
 * dialog asks again when it opens and says what has changed, and again before it acts.
 */
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Problem } from '../api/problem.js';
import { ConfirmButton } from '../shell/confirm.js';
import { Button, Dialog } from '../shell/controls.js';
import { askForKey } from '../shell/key-dialog.js';
import { Loading, StartWithKey, useWhoami } from '../shell/states.js';
import { askModels, type Models, type Rollout, useModels } from './asked.js';

/** Tells the page, and who listens to it, what was done. */
export const Told = createContext<(sentence: string) => void>(() => {});

interface AdminButtonProps {
  readonly name: string;
  readonly title?: string;
  /** What the button says that does it. */
  readonly confirmName?: string;
  /** What is served and tried, as the page shows it. */
  readonly seen: Rollout;
  /** What will change, in sentences, by what is served at that moment. */
  readonly children: (now: Models) => ReactNode;
  /** Does it. @returns a sentence that says what was done */
  readonly act: (now: Models) => Promise<string>;
  readonly isDanger?: boolean;
}

export function AdminButton(props: AdminButtonProps) {
  const { data, isPending } = useWhoami();
  // Until it is known which of the two it is, a press would open a dialog that the other one takes away.
  if (isPending) return <Button isDisabled>{props.name}</Button>;
  if (data === undefined || data.scopes.includes('admin')) return <OpenButton {...props} />;
  return <ClosedButton {...props} />;
}

function OpenButton({ seen, children, act, ...button }: AdminButtonProps) {
  const tell = useContext(Told);
  const queries = useQueryClient();
  const shown = useRef<Rollout>(seen);
  const checked = async () => {
    // What the dialog says at this moment; an answer that comes while this one is awaited was not read.
    const told = shown.current;
    const now = await askModels();
    queries.setQueryData(['models'], now);
    const changes = changesOf(told, now);
    if (changes.length > 0) {
      throw new Problem(409, 'CHANGED', `Nothing was done. ${changes.join(' ')} Look again.`);
    }
    tell(await act(now));
  };
  return (
    <ConfirmButton {...button} act={checked}>
      <AsItIs seen={seen} shown={shown}>
        {children}
      </AsItIs>
    </ConfirmButton>
  );
}

/** What the dialog says, by what is served when it opens; below it, what has changed since it was seen. */
function AsItIs({
  seen,
  shown,
  children,
}: {
  readonly seen: Rollout;
  readonly shown: { current: Rollout };
  readonly children: AdminButtonProps['children'];
}) {
  const [before] = useState(seen);
  const [now, setNow] = useState<Models>();
  const models = useModels();
  const { refetch } = models;
  useEffect(() => {
    let isGone = false;
    void refetch().then(({ data }) => {
      if (!isGone && data) setNow(data);
    });
    return () => void (isGone = true);
  }, [refetch]);
  const latest = now === undefined ? undefined : (models.data ?? now);
  useEffect(() => void (shown.current = latest ?? before), [latest, before, shown]);
  if (latest === undefined) {
    return models.data ? children(models.data) : <Loading what="what is served" />;
  }
  const changes = changesOf(before, latest);
  return (
    <>
      {changes.length > 0 && (
        <div className="notice warn" role="alert">
          <strong>Somebody has changed this meanwhile.</strong>
          {changes.map((change) => (
            <p key={change}>{change}</p>
          ))}
        </div>
      )}
      {children(latest)}
    </>
  );
}

const tried = (trial: Rollout['canary']) =>
  trial ? `${trial.version} at ${trial.percent} %` : 'none';

/** What is served or tried otherwise than before, in sentences. */
export function changesOf(before: Rollout, now: Rollout): string[] {
  const sides = (rollout: Rollout) => [
    ['current version', rollout.current ?? 'none'] as const,
    ['canary', tried(rollout.canary)] as const,
    ['shadow', tried(rollout.shadow)] as const,
  ];
  const later = sides(now);
  return sides(before).flatMap(([name, was], i) => {
    const is = later[i]![1];
    return was === is ? [] : [`The ${name} was ${was}, and is ${is} now.`];
  });
}

/** Says what it takes, and lets one give it. */
function ClosedButton({ name, isDanger = false }: AdminButtonProps) {
  const [isShown, show] = useState(false);
  const { data } = useWhoami();
  const isClosed = data?.keys_needed === false;
  const other = () => {
    show(false);
    askForKey('Give a key with the scope admin. It is kept for this tab only.');
  };
  return (
    <>
      <Button onPress={() => show(true)} variant={isDanger ? 'danger' : 'plain'}>
        {name}
      </Button>
      <Dialog title={name} isOpen={isShown} onClose={() => show(false)}>
        <div className="stack">
          {isClosed ? (
            <HowToOpen />
          ) : (
            <p>
              This takes a key with the scope <code>admin</code>.{' '}
              {data?.key
                ? `The key ${data.key} may only ${data.scopes.join(', ') || 'do nothing'}.`
                : 'No key is in use.'}
            </p>
          )}
          <div className="actions">
            <Button onPress={() => show(false)}>Cancel</Button>
            {!isClosed && (
              <Button variant="primary" onPress={other}>
                {data?.key ? 'Use another key' : 'Enter a key'}
              </Button>
            )}
          </div>
        </div>
      </Dialog>
    </>
  );
}

function HowToOpen() {
  return (
    <>
      <p>
        Administration is closed: this service was started without keys, so nobody may change what
        it serves. Start it with a key of scope <code>admin</code> to open it:
      </p>
      <StartWithKey />
    </>
  );
}
