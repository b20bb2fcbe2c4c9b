import { type FunctionComponent, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Navigate,
  RouterProvider,
} from '@tanstack/react-router';
import { asProblem } from './api/problem.js';
import { lazyPage } from './shell/lazy-page.js';
import { Layout } from './shell/layout.js';
import { Failure } from './shell/states.js';
import { showTheme } from './shell/theme.js';
import './shell/tokens.css';
import './shell/page.css';
import './shell/controls.css';

showTheme();

/** Problems that another try may not have. Of all others, the service has said its word. */
const isPassing = (error: Error) => {
  const { status } = asProblem(error);
  return status === 503 || status === 429;
};
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (tries, error) => tries < 2 && isPassing(error), staleTime: 5000 },
  },
});

const root = createRootRoute({
  component: Layout,
  errorComponent: ({ error, reset }) => <Failure problem={asProblem(error)} retry={reset} />,
  notFoundComponent: () => <Navigate to="/live" replace />,
});
const parent = () => root;
/** A page whose code is loaded when it is first opened; it reads its search parameters by itself. */
const page = <Path extends string>(path: Path, component: FunctionComponent) =>
  createRoute({
    getParentRoute: parent,
    path,
    validateSearch: (search: Record<string, unknown>) => search,
    component,
  });

const router = createRouter({
  history: createHashHistory(),
  routeTree: root.addChildren([
    createRoute({
      getParentRoute: parent,
      path: '/',
      component: () => <Navigate to="/live" replace />,
    }),
    page(
      '/live',
      lazyPage(async () => (await import('./live/page.js')).LivePage),
    ),
    page(
      '/what-if',
      lazyPage(async () => (await import('./what-if/page.js')).WhatIfPage),
    ),
    page(
      '/decide',
      lazyPage(async () => (await import('./decide/page.js')).DecidePage),
    ),
    page(
      '/models',
      lazyPage(async () => (await import('./models/page.js')).ModelsPage),
    ),
    page(
      '/monitoring',
      lazyPage(async () => (await import('./monitoring/page.js')).MonitoringPage),
    ),
    page(
      '/data',
      lazyPage(async () => (await import('./data/page.js')).DataPage),
    ),
  ]),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

createRoot(document.getElementById('page')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
