import { createHash, randomBytes } from 'node:crypto';
import request from 'supertest';
import { findApiKey, parseApiKeys } from '../../src/security/api-keys.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const [bidder, ops] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
const API_KEYS = `bidder:predict:${hashOf(bidder)}, ops:predict+admin:${hashOf(ops)}`;

let api: RunningApp;
async function start(environment: Record<string, string> = {}) {
  api = await runApp({ MODEL_DIR: await modelFolder(), ...environment });
}
afterEach(() => api?.close());

const rollback = (key?: string) => {
  const sent = request(api.server).post('/models/rollback');
  return key === undefined ? sent : sent.set('x-api-key', key);
};

describe('API_KEYS', () => {
  it('is a list of names, scopes and hashes', () => {
    const keys = parseApiKeys(API_KEYS)!;
    expect(keys.map(({ name, scopes }) => [name, scopes])).toEqual([
      ['bidder', ['predict']],
      ['ops', ['predict', 'admin']],
    ]);
    expect(findApiKey(keys, ops)?.name).toBe('ops');
    expect(findApiKey(keys, `${ops} `)).toBeUndefined();
    expect(parseApiKeys('')).toEqual([]);
  });

  it.each([
    bidder,
    `bidder:predict:${bidder}`,
    `bidder:everything:${hashOf(bidder)}`,
    `a:predict:${hashOf(bidder)},a:admin:${hashOf(ops)}`,
  ])('refuses %s, and does not repeat what could be a secret', async (API_KEYS) => {
    const starting = runApp({ API_KEYS });
    await expect(starting).rejects.toThrow(/^API_KEYS: got something else, wanted entries such as/);
    await expect(starting).rejects.not.toThrow(new RegExp(`${bidder}|${hashOf(bidder)}`));
  });
});

describe('a service without keys', () => {
  it('predicts for everybody and is administered by nobody', async () => {
    await start();
    await api.post(sample).expect(200);
    const { body } = await rollback(ops).expect(403);
    expect(body.code).toBe('ADMIN_CLOSED');
  });
});

describe('a service with keys', () => {
  beforeEach(() => start({ API_KEYS }));

  it('asks for one, in either header, before it reads the body', async () => {
    const refused = await api.post('{').expect(401).expect('www-authenticate', 'Bearer');
    expect(refused.body.code).toBe('API_KEY_REQUIRED');
    await api.post(sample).set('x-api-key', 'guess').expect(401);
    await api.post(sample).set('x-api-key', bidder).expect(200);
    await api.post(sample).set('authorization', `Bearer ${bidder}`).expect(200);
    await api.post(sample).set('authorization', `bearer ${bidder}`).expect(200);
    await api.post(sample).set('authorization', `BEARER   ${bidder}`).expect(200);
    await api.post(sample).set('authorization', `Bearer${bidder}`).expect(401);
    await api.post(sample).set('authorization', `Basic ${bidder}`).expect(401);
    await api.get('/stats').expect(401);
    await api.get('/metrics').set('x-api-key', bidder).expect(200);
  });

  it('lets keys do what their scopes say', async () => {
    expect((await rollback().expect(401)).body.code).toBe('API_KEY_REQUIRED');
    expect((await rollback(bidder).expect(403)).body.code).toBe('SCOPE_MISSING');
    expect((await rollback(ops)).body.code).not.toMatch(/API_KEY|SCOPE|ADMIN/);
  });

  it('leaves health and documentation open', async () => {
    await api.get('/health/ready').expect(200);
    await api.get('/docs-json').expect(200);
  });

  it('logs neither keys nor their hashes', async () => {
    await api.post(sample).set('x-api-key', bidder).expect(200);
    await api.post(sample).set('authorization', `Bearer ${ops}`).expect(200);
    await api.post(sample).set('x-api-key', 'guess').expect(401);
    const log = JSON.stringify(api.logs);
    for (const secret of [bidder, ops, hashOf(bidder), hashOf(ops), 'guess']) {
      expect(log).not.toContain(secret);
    }
  });
});

describe('a service with a rate limit', () => {
  it('answers 429 with Retry-After to the client that asks too much, and to no other', async () => {
    await start({ API_KEYS, RATE_LIMIT_PER_MINUTE: '3' });
    const ask = (key: string) => api.post(sample).set('x-api-key', key);
    for (let i = 0; i < 3; i++) await ask(bidder).expect(200);
    const refused = await ask(bidder).expect(429);
    expect(refused.body.code).toBe('RATE_LIMITED');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await ask(ops).expect(200);
    await api.get('/health/ready').expect(200);
    const { body } = await api.get('/stats').set('x-api-key', ops).expect(200);
    expect(body.counters.requests_rate_limited).toBe(1);
  });

  it('never has anybody wait for more than a minute', async () => {
    await start({ API_KEYS, RATE_LIMIT_PER_MINUTE: '1' });
    await api.post(sample).set('x-api-key', bidder).expect(200);
    const { headers } = await api.post(sample).set('x-api-key', bidder).expect(429);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('knows clients without key by their address, and by a header only behind a proxy', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1' });
    await api.post(sample).set('x-forwarded-for', '192.0.2.1').expect(200);
    await api.post(sample).set('x-forwarded-for', '192.0.2.2').expect(429);
    await api.close();
    await start({ RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: '1' });
    await api.post(sample).set('x-forwarded-for', '192.0.2.1').expect(200);
    await api.post(sample).set('x-forwarded-for', '192.0.2.2').expect(200);
    await api.post(sample).set('x-forwarded-for', '203.0.113.9, 192.0.2.2').expect(429);
    await api.post(sample).set('x-forwarded-for', '2001:db8::1').expect(200);
    await api.post(sample).set('x-forwarded-for', '2001:db8::2').expect(429);
    await api.post(sample).set('x-forwarded-for', '2001:db8:0:1::1').expect(200);
    await api.post(sample).set('x-forwarded-for', '::ffff:192.0.2.2').expect(429);
  });
});

describe('every answer', () => {
  it.each(['/stats', '/nowhere', '/health/live'])(
    'of %s says that it is data: not to be run, framed or guessed at',
    async (path) => {
      await start();
      const { headers } = await api.get(path);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': expect.stringMatching(/^max-age=\d{7,}/),
      });
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('lets the documentation run its own scripts and no others', async () => {
    await start();
    const { headers } = await api.get('/docs').expect(200);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
  });
});
