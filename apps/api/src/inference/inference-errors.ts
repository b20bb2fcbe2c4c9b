import { shown } from '@adscale/ctr';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, type ProblemBody, ProblemError } from '../problem/problem.js';
import { serverMetadata } from './inference-metadata.js';

const ROOT = '/v2';
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Answers every error below /v2 in the form of the protocol, `{"error": "…"}`, also those that
 * Fastify finds. The status is that of the problem, and the text begins with its code. To be called
 * before the first route is added.
 */
export function addInferenceErrors(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url !== ROOT && !route.url.startsWith(`${ROOT}/`)) return;
    route.preSerialization = [route.preSerialization ?? [], reshape].flat();
  });
  // The protocol's OpenAPI document writes the address with a slash, its text without.
  fastify.get(`${ROOT}/`, () => serverMetadata);
  // A route, because Fastify runs no hooks of ours where it finds no route.
  fastify.all(`${ROOT}/*`, () => {
    throw new ProblemError('NOT_FOUND');
  });
}

function reshape(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  const isProblem = String(reply.getHeader('content-type')).startsWith(PROBLEM_TYPE);
  if (!isProblem) return done(null, payload);
  const { code, detail } = payload as ProblemBody;
  reply.header('content-type', JSON_TYPE);
  done(null, { error: `${code}: ${detail}` });
}

/** What is wrong with an inference request: where it is, what was got and what is wanted. */
export function refusal(detail: string): ProblemError {
  return new ProblemError('INVALID_INFERENCE', { detail });
}

/** A value as a refusal repeats it. */
export function got(value: unknown): string {
  return Array.isArray(value) ? 'an array' : shown(value);
}
