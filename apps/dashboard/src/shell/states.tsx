/* What a view shows when it has nothing to show: every page uses these, so that they look and read alike. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { answer, client } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import { Button } from './controls.js';
import { askForKey } from './key-dialog.js';

/** While an answer is on its way; nothing is shown for the first moment, so that quick answers do not flicker. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="state loading" role="status">
      <span className="spinner" aria-hidden="true" />
      Loading {what}…
    </div>
  );
}

/** Nothing there yet, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="state empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** Something went wrong: what, which values, and what to do next. */
export function Failure({
  problem,
  retry,
}: {
  readonly problem: Problem;
  readonly retry?: () => void;
}) {
  if (problem.wantsKey) return <NoPermission problem={problem} />;
  const isOffline = problem.code === 'OFFLINE';
  return (
    <div className={isOffline ? 'state offline' : 'state failure'} role="alert">
      <h3>{isOffline ? 'No connection to the service' : problem.message}</h3>
      {isOffline && <p>What is shown may be old. It goes on by itself once the service answers.</p>}
      <FieldErrors problem={problem} />
      {problem.retryAfter !== undefined && <p>It asks to wait {problem.retryAfter} s.</p>}
      {!isOffline && <p className="soft">{`Code ${problem.code}, status ${problem.status}.`}</p>}
      {retry && <Button onPress={retry}>Try again</Button>}
    </div>
  );
}

/** The values that the service would not take, each with the reason. */
export function FieldErrors({ problem }: { readonly problem: Problem }) {
  if (problem.errors.length === 0) return null;
  return (
    <ul className="field-errors">
      {problem.errors.map(({ field, message }, i) => (
        <li key={i}>
          <code>{field}</code>: {message}
        </li>
      ))}
    </ul>
  );
}

/** A key is missing, wrong, or lacks the scope; or there are none, and then nobody may change anything. */
export function NoPermission({ problem }: { readonly problem: Problem }) {
  if (problem.code === 'ADMIN_CLOSED') return <NoKeys />;
  return (
    <div className="state no-permission" role="alert">
      <h3>{problem.status === 401 ? 'The service asks for a key' : 'This key may not do that'}</h3>
      <p>{problem.message}</p>
      {problem.status === 403 && <KeyInUse />}
      <Button variant="primary" onPress={() => askForKey()}>
        {problem.status === 401 ? 'Enter a key' : 'Use another key'}
      </Button>
    </div>
  );
}

/** The command that starts the service with a key that may administer. @param settings more of them, as `TRAINER=on` */
export function StartWithKey({ settings = '' }: { readonly settings?: string }) {
  return (
    <pre tabIndex={0} aria-label="Command that starts the service with a key">
      {`KEY=$(openssl rand -hex 24); echo "$KEY"
${settings}API_KEYS="ops:predict+outcomes+admin:$(printf %s "$KEY" | sha256sum | cut -d' ' -f1)" npm start`}
    </pre>
  );
}

/** What to do where the service has no keys: any one here would be of no use. */
function NoKeys() {
  return (
    <div className="state no-permission" role="alert">
      <h3>This service has no keys, so nobody may change it</h3>
      <p>
        Everybody who reaches it may predict. To open administration, start it with a key of scope{' '}
        <code>admin</code>, and enter that key here:
      </p>
      <StartWithKey />
    </div>
  );
}

/** Whose key is in use, and what it may do. */
export function useWhoami() {
  return useQuery({ queryKey: ['whoami'], queryFn: () => answer(client.GET('/whoami')) });
}

/** What the key may do that may not do this. */
function KeyInUse() {
  const { data } = useWhoami();
  if (data === undefined || data.key === null) return null;
  const scopes = data.scopes.length === 1 ? 'scope' : 'scopes';
  return <p>{`The one in use, ${data.key}, has the ${scopes} ${data.scopes.join(' and ')}.`}</p>;
}

/**
 * Shows what a query gave, or the state that it is in. Data that was there before goes on being shown while a
 * newer answer fails, with the failure above it.
 */
export function Shown<T>({
  query,
  what,
  children,
}: {
  readonly query: UseQueryResult<T>;
  /** Completes "Loading …". */
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}) {
  const failure = query.error && (
    <Failure problem={asProblem(query.error)} retry={() => void query.refetch()} />
  );
  if (query.data === undefined) return failure ?? <Loading what={what} />;
  return (
    <>
      {failure}
      {children(query.data)}
    </>
  );
}

/** Whether the browser says that there is a network. */
export function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
    };
  }, []);
  return online;
}
