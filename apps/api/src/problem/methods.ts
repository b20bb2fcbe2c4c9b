import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem.js';

/**
 * Makes every address answer 405 with Allow to the methods it does not know, where Fastify would
 * say 404. To be called before the first route is added.
 * @returns to be called after the last: adds the missing methods
 */
export function watchMethods(fastify: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set();
    [method].flat().forEach((name) => methods.add(name));
    known.set(url, methods);
  });
  // As a plugin, because plugins load in order: the routes of those before it are then known.
  return () => void fastify.register(async (scope) => refuseOthers(scope, new Map(known)));
}

function refuseOthers(fastify: FastifyInstance, known: ReadonlyMap<string, Set<string>>): void {
  for (const [url, methods] of known) {
    const allow = [...methods].sort().join(', ');
    const others = fastify.supportedMethods.filter((method) => !methods.has(method));
    const refuse = () => {
      throw new ProblemError('METHOD_NOT_ALLOWED', { headers: { allow } });
    };
    // Refused before the body is read: whatever it is, it is not what is wrong.
    const onRequest = async () => refuse();
    fastify.route({ method: others, url, exposeHeadRoute: false, onRequest, handler: refuse });
  }
}
