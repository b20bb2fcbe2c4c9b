/*
 * The page that people see at the address of the service. It is built once (apps/dashboard), and these
 * are its files as they lie there:
 *
 *   index.html          looked up anew by every visitor (`no-cache`): it names the files below
 *   assets/<name>-<hash>.js, .css, …   never change under a name, so they are kept for a year; each
 *                       with its .br and .gz beside it
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { DASHBOARD_HEADERS } from '../security/headers.js';

/** A dashboard that is built. */
export interface Dashboard {
  /** Where its files are. */
  readonly folder: string;
  readonly version: string;
}

const PACKAGE = '@adscale/dashboard/package.json';
const INDEX = 'index.html';
const YEAR_MS = 31_536_000_000;
/** A part of an `accept` header: a media range and its weight (RFC 9110, 12.5.1). */
const PART = /^\s*([^;\s]+)\s*(?:;.*?\bq=([\d.]+))?/i;

/**
 * Finds the dashboard that is installed beside the service. Where there should be one and is none, that
 * is logged, and the service does without.
 */
export function findDashboard(
  { dashboard }: Pick<Config, 'dashboard'>,
  logger: Logger,
  from: string = import.meta.url,
): Dashboard | undefined {
  if (!dashboard) return undefined;
  try {
    const manifest = createRequire(from).resolve(PACKAGE);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
    const folder = join(dirname(manifest), 'dist');
    if (existsSync(join(folder, INDEX))) return { folder, version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
  }
  logger.warn(
    'the dashboard is not built, so / leads to the documentation: npx nx build dashboard',
  );
  return undefined;
}

/**
 * Adds what people see at the bare address: the dashboard, or without one the documentation. Programs,
 * which do not ask for `text/html`, are led to the documentation in either case.
 * @param documentation its address
 */
export function addHome(
  fastify: FastifyInstance,
  dashboard: Dashboard | undefined,
  documentation: string,
): void {
  const redirect = (reply: FastifyReply) => reply.redirect(documentation, 302);
  if (dashboard === undefined) {
    fastify.get('/', (_request, reply) => redirect(reply));
    return;
  }
  fastify.get('/', async (request, reply) => {
    void reply.header('vary', 'accept');
    const page = wantsPage(request.headers.accept) ? await readIndex(dashboard) : undefined;
    return page === undefined ? redirect(reply) : sendIndex(page, request, reply);
  });
  addAssets(fastify, join(dashboard.folder, 'assets'));
}

/** Read anew by every visit, because it is short: a page that is built anew has files of other names. */
async function readIndex({ folder }: Dashboard): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, INDEX));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function sendIndex(page: Buffer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // By content: the time of a file in an image says nothing.
  const etag = `"${hash('sha256', page, 'base64url').slice(0, 22)}"`;
  tell(reply).headers({ etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match']?.includes(etag)) return reply.status(304).send();
  return reply.type('text/html; charset=utf-8').send(page);
}

function addAssets(fastify: FastifyInstance, root: string): void {
  // Not waited for: the frame would take itself for complete, without the filter that Nest adds later.
  void fastify.register(staticFiles, {
    root,
    // One route for all of them, so that they are counted as one.
    serve: false,
    preCompressed: true,
    maxAge: YEAR_MS,
    immutable: true,
    index: false,
    dotfiles: 'ignore',
  });
  fastify.get<{ Params: { '*': string } }>('/assets/*', (request, reply) =>
    // Scripts that run beside the page have the rules that come with them.
    tell(reply).sendFile(`/${request.params['*']}`),
  );
}

function tell(reply: FastifyReply): FastifyReply {
  for (const [name, value] of DASHBOARD_HEADERS) void reply.header(name, value);
  return reply;
}

/**
 * Whether a header `accept` asks for a page, as those of browsers do: it names `text/html`, and wants
 * JSON no more than that. A range of all types, as most programs send it, is no such wish.
 */
function wantsPage(accept: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const part of accept?.split(',') ?? []) {
    const [, range = '', weight = '1'] = PART.exec(part) ?? [];
    weights.set(range.toLowerCase(), Number(weight));
  }
  const page = weights.get('text/html') ?? 0;
  return page > 0 && page >= (weights.get('application/json') ?? 0);
}
