import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { signedHeaders } from '../../src/alerts/signature.js';
import { Webhook } from '../../src/alerts/webhook.js';

describe('the signature of a message', () => {
  it('is that of the example in the Standard Webhooks specification', () => {
    // github.com/standard-webhooks/standard-webhooks, libraries' tests.
    const headers = signedHeaders(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330_000,
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('takes any other secret as it is', () => {
    const { 'webhook-signature': signature } = signedHeaders('plain words', 'id', 5000, '{}');
    const mac = createHmac('sha256', 'plain words').update('id.5.{}').digest('base64');
    expect(signature).toBe(`v1,${mac}`);
  });
});

describe('the webhook', () => {
  let server: Server;
  let received: { headers: IncomingMessage['headers']; body: string }[];
  let status: number;

  beforeEach(async () => {
    [received, status] = [[], 204];
    server = createServer(async (request, response) => {
      received.push({ headers: request.headers, body: await text(request) });
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('words');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`;
  const send = (secret = '') => new Webhook(url(), secret, () => 90_000).send('m1', '{"a":1}');

  it('sends the body as it is signed', async () => {
    expect(await send('secret')).toBeUndefined();
    const [{ headers, body }] = received;
    expect(body).toBe('{"a":1}');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      ...signedHeaders('secret', 'm1', 90_000, body),
    });
  });

  it('sends without signature where there is no secret', async () => {
    expect(await send()).toBeUndefined();
    expect(received[0].headers['webhook-id']).toBe('m1');
    expect(received[0].headers['webhook-signature']).toBeUndefined();
  });

  it.each([
    [500, { reason: 'answered 500', isFinal: false }],
    [401, { reason: 'answered 401', isFinal: false }],
    [410, { reason: 'answered 410', isFinal: true }],
    [302, { reason: 'answered with a redirect', isFinal: false }],
  ])('says why a message was not taken: %d', async (answered, refusal) => {
    status = answered;
    expect(await send()).toEqual(refusal);
    expect(received).toHaveLength(1);
  });

  it('says so where nobody listens, without the address, which may hold a secret', async () => {
    const gone = url();
    server.close();
    await once(server, 'close');
    const refusal = await new Webhook(gone, '').send('m1', '{}');
    expect(refusal).toEqual({ reason: 'ECONNREFUSED', isFinal: false });
  });
});
