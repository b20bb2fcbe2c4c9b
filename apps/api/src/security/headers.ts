import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';

/** Header names and values that are the same in every answer. */
export type StaticHeaders = readonly (readonly [name: string, value: string])[];

/** What Helmet says of answers that are data: nothing in them may be run, framed or guessed at. */
export const DATA_HEADERS = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // These speak of pages: their windows, frames, links and plug-ins.
  frameguard: false,
  referrerPolicy: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
});

/** What Helmet says of the documentation, a page with scripts of its own. */
export const PAGE_HEADERS = headersOf({
  // The service speaks HTTP; who reaches it directly must not be sent to HTTPS.
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});

/** Helmet's headers do not depend on the request, so it is asked once. */
function headersOf(options: HelmetOptions): StaticHeaders {
  const headers: [string, string][] = [];
  const answer = {
    setHeader: (name: string, value: string) => headers.push([name.toLowerCase(), String(value)]),
    removeHeader: () => {},
  };
  helmet(options)({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}
