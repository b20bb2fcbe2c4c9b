import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemOf } from '../../src/objects/problems.js';
import { Registry } from '../../src/index.js';

const SECRET = 'hidden-word';
let server: Server;
let port: number;
let answer: { readonly status: number; readonly body: string };

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  process.env.AWS_ACCESS_KEY_ID = 'key';
  process.env.AWS_SECRET_ACCESS_KEY = SECRET;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const asked = (scheme: string): Promise<unknown> => {
  process.env.AWS_ENDPOINT_URL_S3 = `${scheme}://127.0.0.1:${port}`;
  return new Registry('s3://models').current();
};

describe('what a store says that is no S3', () => {
  it.each([307, 400, 418])('is told by its status and where it came from: %d', async (status) => {
    answer = { status, body: `<html>${SECRET}` };
    const refused = asked('http');
    await expect(refused).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(refused).rejects.toThrow(
      `(HTTP ${status} from http://127.0.0.1:${port}); wanted a store that speaks S3's protocol`,
    );
    await expect(refused).rejects.not.toThrow(new RegExp(SECRET));
  });

  it('is told where it speaks no TLS', async () => {
    const refused = asked('https');
    await expect(refused).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(refused).rejects.toThrow(
      new RegExp(
        `from https://127.0.0.1:${port}\\); wanted https of a certificate that is trusted`,
      ),
    );
  });

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('is told by the name of what is wrong with its certificate: %s', (code) => {
    const told = problemOf(Object.assign(new Error(SECRET), { code }), { what: 'reading x' });
    expect(told).toMatchObject({ code: 'STORE_REFUSED' });
    expect(told.message).toContain(`reading x (${code} from`);
  });

  it('is never told in words of others', () => {
    const told = problemOf(new TypeError(SECRET), { what: 'reading x' });
    expect(told).toMatchObject({ code: 'STORE_REFUSED' });
    expect(told.message).not.toContain(SECRET);
  });
});
