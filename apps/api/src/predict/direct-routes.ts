import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Route configuration: `direct` answers instead of Nest's pipeline around the controller. */
export interface DirectRoute {
  readonly direct: (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;
}

/**
 * Lets routes answer without Nest. Their controllers stay where they are declared and documented,
 * and call the same function. To be called before the first route is added.
 */
export function allowDirectRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { direct } = (route.config ?? {}) as Partial<DirectRoute>;
    if (direct !== undefined) route.handler = (request, reply) => direct(request, reply);
  });
}
