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

/** Texts of styles that React Aria puts into a page: touch on what is pressed, scrolling beneath a dialog. */
const STYLES = [
  "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='",
  "'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='",
];

/**
 * What the dashboard may do: run its own files and the model's kernels, ask this service, and show the
 * reports of models. Nothing comes from elsewhere, and no text becomes a script.
 */
export const DASHBOARD_HEADERS = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
      styleSrc: ["'self'", ...STYLES],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      workerSrc: ["'self'"],
      manifestSrc: ["'self'"],
      frameSrc: ["'self'"],
      formAction: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // What is asked for after something else of this origin was shown cannot be had, and browsers complain.
  originAgentCluster: false,
});

/** What the report of a model may do: look like itself, alone or in a frame of the dashboard. */
export const REPORT_HEADERS = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      imgSrc: ['data:'],
      formAction: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'self'"],
      sandbox: [],
    },
  },
  originAgentCluster: false,
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
