import type { FastifyReply } from 'fastify';
import { type ProblemCode, catalogue } from './catalogue.js';
import { PROBLEM_TYPE, type ProblemOccurrence, problemBody } from './problem.js';

/** Answers with a problem, at once: nothing is thrown, so nothing pays for a stack trace. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  occurrence: ProblemOccurrence = {},
): void {
  void reply
    .status(catalogue[code].status)
    .headers({ ...occurrence.headers, 'content-type': PROBLEM_TYPE })
    .send(problemBody(code, occurrence, reply.request.id));
}
