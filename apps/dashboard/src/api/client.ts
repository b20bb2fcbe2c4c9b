import createClient, { type Middleware } from 'openapi-fetch';
import { currentKey } from './key.js';
import { problemOf } from './problem.js';
import type { components, paths } from './schema.js';

/** The bodies that the service takes and gives, by name. */
export type Schemas = components['schemas'];

/** An ad placement as people write it; its features are those of the model. */
export type PlacementRecord = Record<string, string | number | null>;

/** The service that the page came from, below whatever path a proxy has put it. */
export const serviceUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Headers of every request. */
export function keyHeaders(): Record<string, string> {
  const key = currentKey();
  return key === undefined ? {} : { 'x-api-key': key };
}

const withKey: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(keyHeaders())) request.headers.set(name, value);
    return request;
  },
};

/** Every route of the service, typed as the service documents it. */
export const client = createClient<paths>({ baseUrl: serviceUrl });
client.use(withKey);

/**
 * What a request was answered with.
 * @throws Problem as the service tells it; TypeError if it cannot be reached
 */
export async function answer<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  throw problemOf(response.status, error, response.headers.get('retry-after'));
}

/**
 * A request that the generated client does not know: of a file, or with a body that is one.
 * @throws Problem, TypeError as `answer`
 */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...keyHeaders(), ...(init.headers as Record<string, string>) };
  const response = await fetch(`${serviceUrl}${path}`, { ...init, headers });
  if (response.ok) return response;
  const body = await response.json().catch(() => undefined);
  throw problemOf(response.status, body, response.headers.get('retry-after'));
}
