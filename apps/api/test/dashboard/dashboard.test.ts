import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { ServiceStats } from '@adscale/stats';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { findDashboard } from '../../src/dashboard/dashboard.js';
import { createLogger } from '../../src/logging/logger.js';
import { quietSettings } from '../running-app.js';
import { temporaryStore } from '../store/temporary.js';
import { emptyFolder } from '../trained-models.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const KEY = 'a key that may do everything';
const API_KEYS = `ops:predict+admin:${createHash('sha256').update(KEY).digest('hex')}`;
const INDEX = '<!doctype html><title>AdScale</title>';
const SCRIPT = `${'/* as long as a script is */'.repeat(100)}\nexport {};\n`;
const ASSET = '/assets/index-B1gC0dE5.js';

let root: string;
let folder: string;
let app: NestFastifyApplication;
let plain: NestFastifyApplication;
const logs: Record<string, unknown>[] = [];
const logger = createLogger('info', { write: (line) => logs.push(JSON.parse(line)) });

/** The service with a dashboard, or without one, behind keys. */
async function start(dashboard?: { folder: string; version: string }) {
  const MODEL_DIR = await emptyFolder();
  const store = { OUTCOMES_URL: temporaryStore() };
  const config = readConfig({ ...quietSettings, ...store, MODEL_DIR, API_KEYS });
  const app = await createApp(config, logger, { dashboard });
  await app.listen(0, '127.0.0.1');
  return app;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'adscale-dashboard-'));
  folder = join(root, 'node_modules/@adscale/dashboard/dist');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, '../package.json'), '{"version": "1.2.3"}');
  await writeFile(join(folder, 'index.html'), INDEX);
  const file = join(folder, ASSET);
  await writeFile(file, SCRIPT);
  await writeFile(`${file}.br`, brotliCompressSync(SCRIPT));
  await writeFile(`${file}.gz`, gzipSync(SCRIPT));
  await writeFile(join(folder, 'assets/only-plain-1.css'), 'p {}');
  await writeFile(join(folder, 'assets/.hidden'), 'secret');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  app = await start({ folder, version: '1.2.3' });
  plain = await start();
});
afterAll(async () => {
  await Promise.all([app.close(), plain.close()]);
  await rm(root, { recursive: true, force: true });
});

const get = (path: string, accept?: string, of = app) => {
  const sent = request(of.getHttpServer()).get(path);
  return accept === undefined ? sent : sent.set('accept', accept);
};

describe('the bare address', () => {
  it('is the page to a browser, without a key, under a policy without inline scripts', async () => {
    const { text, headers } = await get('/', BROWSER).expect(200);
    expect(text).toBe(INDEX);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'accept' });
    const policy = new Map(
      headers['content-security-policy'].split(';').map((directive: string) => {
        const [name, ...sources] = directive.split(' ');
        return [name, sources];
      }),
    );
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('script-src')).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(JSON.stringify([...policy])).not.toMatch(/unsafe-inline|http:|https:/);
  });

  it('is a new page when the files are, and 304 while they are not', async () => {
    const { headers } = await get('/', BROWSER).expect(200);
    const again = () => get('/', BROWSER).set('if-none-match', headers.etag);
    await again().expect(304).expect('etag', headers.etag);
    await writeFile(join(folder, 'index.html'), INDEX.replace('AdScale', 'AdSelac'));
    await again().expect(200);
    await writeFile(join(folder, 'index.html'), INDEX);
    await again().expect(304);
  });

  it('answers HEAD as GET, without the page', async () => {
    const sent = request(app.getHttpServer()).head('/').set('accept', BROWSER);
    const { headers, text } = await sent.expect(200);
    expect(headers['content-length']).toBe(String(INDEX.length));
    expect(text).toBeUndefined();
  });

  it.each([
    undefined,
    '*/*',
    'application/json',
    'application/json, text/html;q=0.5',
    'text/html;q=0, application/json',
    'text/plain',
    ',,;q=',
  ])('is what it is without a page to a client that accepts %s', async (accept) => {
    const [answer, before] = await Promise.all([get('/', accept), get('/', accept, plain)]);
    for (const { headers } of [answer, before]) {
      for (const own of ['date', 'x-request-id', 'connection', 'vary']) delete headers[own];
    }
    expect([answer.status, answer.headers, answer.text]).toEqual([
      before.status,
      before.headers,
      before.text,
    ]);
    expect([answer.status, answer.headers.location]).toEqual([302, '/docs']);
  });

  it('leads a browser to the documentation where there is no page', async () => {
    const { headers } = await get('/', BROWSER, plain).expect(302);
    expect(headers.location).toBe('/docs');
    expect(headers).not.toHaveProperty('vary');
    const { body } = await get(ASSET, '*/*', plain).expect(404);
    expect(body.code).toBe('NOT_FOUND');
  });

  it('leads a browser to the documentation while the files are being built anew', async () => {
    await rm(join(folder, 'index.html'));
    await get('/', BROWSER).expect(302).expect('location', '/docs');
    await writeFile(join(folder, 'index.html'), INDEX);
  });
});

describe('a file of the page', () => {
  it.each([
    ['br', 'br, gzip, deflate'],
    ['gzip', 'gzip'],
    [undefined, 'identity'],
  ])('comes as %s to a client that takes %s, to be kept for a year', async (coding, accepted) => {
    const { headers, text } = await get(ASSET).set('accept-encoding', accepted).expect(200);
    expect(headers['content-encoding']).toBe(coding);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers.vary).toContain('accept-encoding');
    expect(headers['content-type']).toMatch(/^(text|application)\/javascript/);
    if (coding !== 'br') expect(text).toBe(SCRIPT);
  });

  it('comes as it is where it is not packed', async () => {
    const { headers } = await get('/assets/only-plain-1.css').expect(200);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers['content-type']).toMatch(/^text\/css/);
  });

  it('answers 304 and HEAD', async () => {
    const packed = { 'accept-encoding': 'br' };
    const { headers } = await get(ASSET).set(packed).expect(200);
    await get(ASSET).set(packed).set('if-none-match', headers.etag).expect(304);
    const head = await request(app.getHttpServer()).head(ASSET).set(packed).expect(200);
    expect(head.headers['content-length']).toBe(headers['content-length']);
  });

  it.each([
    ...['/assets', '/assets/', '/assets/none.js', '/assets/.hidden', '/assets/../secret.txt'],
    ...['/assets/..%2fsecret.txt', '/assets/%2e%2e/secret.txt', '/assets/%00', '/assets/a%00b'],
    ...['/assets/./index-B1gC0dE5.js', '/assets//index-B1gC0dE5.js', '/assets/INDEX-B1gC0dE5.js'],
    ...['/assets/..%5csecret.txt', '/secret.txt', '/index.html', '/assets/%zz'],
  ])('is nothing at %s', async (path) => {
    const { status, body, headers } = await get(path, BROWSER);
    const wanted = path.includes('%00') ? [400, 'MALFORMED_REQUEST'] : [404, 'NOT_FOUND'];
    expect([status, body.code]).toEqual(wanted);
    expect(headers['cache-control'] ?? 'none').not.toContain('immutable');
  });

  it('is only read', async () => {
    for (const path of ['/', ASSET]) {
      const { body } = await request(app.getHttpServer()).post(path).expect(405);
      expect(body.code).toBe('METHOD_NOT_ALLOWED');
    }
  });

  it('is logged, and counted as one route in the background', async () => {
    expect(JSON.stringify(app.get(ServiceStats).snapshot())).toContain('/assets/*');
    expect(logs).toContainEqual(expect.objectContaining({ method: 'GET', path: ASSET }));
  });
});

describe('the documentation', () => {
  it('is as without a page', async () => {
    const [one, other] = await Promise.all([get('/docs'), get('/docs', undefined, plain)]);
    expect(one.text).toBe(other.text);
    const { body } = await get('/docs-json').expect(200);
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/assets'))).toEqual([]);
    expect(body.paths).not.toHaveProperty('/');
  });
});

describe('who am I', () => {
  const ask = (headers: Record<string, string>, of = app) =>
    request(of.getHttpServer()).get('/whoami').set(headers).expect(200);

  it('tells a caller with a key its name and what it may do', async () => {
    const { body, headers } = await ask({ 'x-api-key': KEY });
    const scopes = ['predict', 'admin'];
    expect(body).toEqual({
      ...{ keys_needed: true, key: 'ops', scopes },
      ...{ trainer: false, dashboard: '1.2.3' },
    });
    expect(headers['cache-control']).toBe('no-store');
    expect((await ask({ authorization: `Bearer ${KEY}` })).body).toEqual(body);
  });

  it('tells a caller with a wrong key, or none, that it may do nothing', async () => {
    const nobody = { keys_needed: true, key: null, scopes: [], trainer: false, dashboard: null };
    expect((await ask({ 'x-api-key': 'wrong' }, plain)).body).toEqual(nobody);
    expect((await ask({}, plain)).body).toEqual(nobody);
  });

  it('tells everybody of a service without keys that only administration is closed', async () => {
    const MODEL_DIR = await emptyFolder();
    const config = readConfig({ ...quietSettings, MODEL_DIR, OUTCOMES_URL: 'off' });
    const open = await createApp(config, logger);
    await open.listen(0, '127.0.0.1');
    const { body } = await ask({}, open);
    await open.close();
    const scopes = ['predict', 'outcomes'];
    expect(body).toEqual({
      keys_needed: false,
      key: null,
      scopes,
      trainer: false,
      dashboard: null,
    });
  });
});

describe('a dashboard is found', () => {
  const warned = (): unknown[] =>
    logs.filter(({ msg }) => String(msg).startsWith('the dashboard is not built'));

  it('where it is installed and built', () => {
    const from = join(root, 'dist/main.js');
    expect(findDashboard({ dashboard: true }, logger, from)).toEqual({ folder, version: '1.2.3' });
    expect(warned()).toEqual([]);
  });

  it('not where it is switched off, and nobody is told', () => {
    const from = join(root, 'dist/main.js');
    expect(findDashboard({ dashboard: false }, logger, from)).toBeUndefined();
    expect(warned()).toEqual([]);
  });

  it('not where it is not built or not installed, which is logged in one line', async () => {
    const elsewhere = join(root, 'elsewhere/node_modules/@adscale/dashboard');
    await mkdir(elsewhere, { recursive: true });
    await writeFile(join(elsewhere, 'package.json'), '{"version": "1.2.3"}');
    const from = join(root, 'elsewhere/main.js');
    expect(findDashboard({ dashboard: true }, logger, from)).toBeUndefined();
    expect(warned()).toHaveLength(1);
    expect(findDashboard({ dashboard: true }, logger, join(tmpdir(), 'x.js'))).toBeUndefined();
    expect(warned()).toHaveLength(2);
  });
});
