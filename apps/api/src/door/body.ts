import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problem/problem.js';
import { checkParts } from '../record/json-parts.js';

/**
 * Collects a body. Nearly all come in one piece, and that is given on as it is. When the client hangs up
 * before the end, nothing is given.
 * @param done gets the body once the request is complete: not sooner, though its head tells the length,
 *   because what follows on the connection may show that the request is broken
 */
export function collectBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  let first: Buffer | undefined;
  let pieces: Buffer[] | undefined;
  request.on('data', (piece: Buffer) => {
    if (first === undefined) first = piece;
    else (pieces ??= [first]).push(piece);
  });
  request.on('end', () => done(pieces === undefined ? first! : Buffer.concat(pieces)));
}

/** Reads JSON. @throws ProblemError MALFORMED_JSON, BODY_TOO_LARGE */
export type JsonReader = (text: string) => unknown;

/**
 * A reader that takes and refuses what Fastify's own does. That one looks through each text twice for
 * keys that reach an object's prototype; this one gives it only texts that could hold one. No key can be
 * such unless these letters or an escape are in the text, and texts without are parsed at once.
 * @param mostParts most objects and arrays
 */
export function jsonReader(fastify: FastifyInstance, mostParts: number): JsonReader {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const carefully = (text: string): unknown => {
    let outcome: unknown;
    // It calls back before it returns; the request is no concern of it.
    void parse(undefined as unknown as FastifyRequest, text, (error, value) => {
      outcome = error === null ? value : new ProblemError('MALFORMED_JSON');
    });
    if (outcome instanceof ProblemError) throw outcome;
    return outcome;
  };
  return (text) => {
    checkParts(text, mostParts);
    if (text.includes('__') || text.includes('\\') || text.includes('constructor')) {
      return carefully(text);
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Begins with a byte order mark, perhaps.
      return carefully(text);
    }
  };
}
