import { Suspense, useEffect } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { ask } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Button, Select } from './controls.js';
import { askForKey, KeyDialog, useKey } from './key-dialog.js';
import { Loading, useOnline } from './states.js';
import { chooseTheme, useThemeChoice, type ThemeChoice } from './theme.js';

/** The pages, in the order of the navigation. */
export const pages = [
  { path: '/live', name: 'Live' },
  { path: '/what-if', name: 'What if' },
  { path: '/decide', name: 'Decide' },
  { path: '/models', name: 'Models' },
  { path: '/monitoring', name: 'Monitoring' },
  { path: '/data', name: 'Data' },
] as const;

const themes = [
  { id: 'auto', name: 'As the system' },
  { id: 'light', name: 'Light' },
  { id: 'dark', name: 'Dark' },
];

/** What surrounds every page: navigation, theme, key, and whether the service can be reached. */
export function Layout() {
  const theme = useThemeChoice();
  const key = useKey();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const name = pages.find((page) => page.path === path)?.name ?? 'AdScale';
  return (
    <>
      <title>{`${name} · AdScale`}</title>
      <a className="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header className="masthead">
        <span className="brand">AdScale</span>
        <nav aria-label="Pages">
          {pages.map((page) => (
            <Link key={page.path} to={page.path} activeProps={{ 'aria-current': 'page' }}>
              {page.name}
            </Link>
          ))}
        </nav>
        <div className="masthead-tools">
          <a href="docs">API docs</a>
          <Button onPress={() => askForKey()}>{key === undefined ? 'Key…' : 'Key in use'}</Button>
          <Select
            label="Theme"
            choices={themes}
            value={theme}
            onChange={(id) => chooseTheme(id as ThemeChoice)}
          />
        </div>
      </header>
      <Reach />
      <main id="content" tabIndex={-1}>
        <Suspense fallback={<Loading what="the page" />}>
          <Outlet />
        </Suspense>
      </main>
      <KeyDialog />
    </>
  );
}

/** The address has the page behind its hash, so a link to a place in it would lead elsewhere. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** Milliseconds between looks at whether the service is there. */
const LOOK_MS = 5000;

/**
 * Says when the service cannot be reached, and when it can again. Whenever it answers, what could not be asked
 * before is asked again: it may have been away between two looks.
 */
function Reach() {
  const isOnline = useOnline();
  const queries = useQueryClient();
  const { isError, dataUpdatedAt } = useQuery({
    queryKey: ['reach'],
    queryFn: async () => (await ask('/health/live')).json(),
    refetchInterval: LOOK_MS,
    retry: false,
    networkMode: 'always',
  });
  useEffect(() => {
    void queries.refetchQueries({
      type: 'active',
      predicate: ({ state: { error } }) => error !== null && asProblem(error).code === 'OFFLINE',
    });
  }, [queries, dataUpdatedAt]);
  const isLost = isError || !isOnline;
  return (
    <div role="status" className={isLost ? 'banner bad' : 'banner-none'}>
      {isLost && 'The service cannot be reached. This page goes on by itself once it answers.'}
    </div>
  );
}
