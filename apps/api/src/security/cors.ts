import cors, {
  type FastifyCorsOptions,
  type FastifyCorsOptionsDelegateCallback,
} from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** How long a page may rely on what it was told, in seconds; browsers ask every 5 s otherwise. */
const MAX_AGE = 600;

/** Headers of answers that a script may read; browsers hide all but a few others. */
export const EXPOSED_HEADERS = [
  'accept-encoding',
  'allow',
  'etag',
  'inference-header-content-length',
  'retry-after',
  'server-timing',
  'www-authenticate',
  'x-decision-id',
  'x-model-version',
  'x-request-id',
  'x-unknown-words',
  'x-prediction-id',
];

const SHARED: FastifyCorsOptions = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
  exposedHeaders: EXPOSED_HEADERS,
  maxAge: MAX_AGE,
};

/**
 * Lets scripts of pages of these origins call. What is asked in advance of a call (a preflight) is
 * answered for every address, so that a script can read what is answered there, be it 404. Any other
 * OPTIONS is answered as by a service without CORS: the plugin by itself takes all of them for
 * preflights.
 *
 * To be called before whatever turns requests away, because scripts must be able to read why; and
 * before routes are watched, because the plugin adds one for all addresses.
 */
export async function addCors(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const delegator: FastifyCorsOptionsDelegateCallback = ({ headers }, done) => {
    const { origin, 'access-control-request-method': asked } = headers;
    const allowed = origin !== undefined && origins.includes(origin) && origin;
    done(null, { ...SHARED, origin: allowed, preflight: asked !== undefined });
  };
  await fastify.register(cors, { delegator });
}
