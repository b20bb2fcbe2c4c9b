import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** By connection: what is to be told when it closes. One listener serves all requests on it. */
const waiting = new WeakMap<Socket, Set<AbortController>>();

/**
 * A signal that aborts when the client of a request leaves before the answer is sent. The connection
 * is what tells: the response of a request that waits behind others on it does not say that it closed.
 */
export function clientOf(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const { socket } = request.raw;
  const controller = new AbortController();
  if (socket.destroyed) controller.abort();
  const others = waiting.get(socket) ?? watch(socket);
  others.add(controller);
  reply.raw.once('finish', () => others.delete(controller));
  return controller.signal;
}

function watch(socket: Socket): Set<AbortController> {
  const controllers = new Set<AbortController>();
  waiting.set(socket, controllers);
  socket.once('close', () => {
    for (const controller of controllers) controller.abort();
    controllers.clear();
  });
  return controllers;
}
