import { once } from 'node:events';
import { connect } from 'node:net';
import { ServiceFigures } from '../../src/stats/figures.js';
import { type RunningApp, runApp } from '../running-app.js';
import { emptyFolder } from '../trained-models.js';
import { within } from '../wait-for.js';

let api: RunningApp;
beforeAll(async () => {
  api = await runApp({ MODEL_DIR: await emptyFolder(), REQUEST_TIMEOUT_MS: '300' });
});
afterAll(() => api.close());

/** Sends bytes as they are and reads what comes until the service hangs up. */
async function exchange(bytes: string): Promise<string> {
  const { port } = api.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await once(socket, 'close');
  return text;
}

const LONG = 'x'.repeat(20_000);

describe('what is no HTTP behind a request that is not answered yet', () => {
  it('is answered once, in its turn, however many pieces it comes in', async () => {
    const figures = api.app.get(ServiceFigures);
    const all = await figures.all();
    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    jest.spyOn(figures, 'all').mockReturnValueOnce(held.then(() => all));
    const { port } = api.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    const from = api.logs.length;
    socket.write('GET /stats HTTP/1.1\r\nhost: x\r\n\r\n');
    for (let piece = 0; piece < 15; piece++) {
      const broken = once(api.server, 'clientError');
      socket.write('no HTTP at all\r\n\r\n');
      await within('the piece to be looked at', broken);
    }
    goOn();
    await within('the end', once(socket, 'close'));
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    const lines = api.logs.slice(from).filter(({ msg }) => msg === 'request not readable');
    expect(lines).toHaveLength(1);
  });
});

describe('a request that no route sees', () => {
  it.each([
    [400, 'MALFORMED_REQUEST', 'BREW /coffee\r\n\r\n'],
    [400, 'MALFORMED_REQUEST', 'GET / HTTP/1.1\r\n\r\n'],
    [400, 'MALFORMED_REQUEST', 'CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
    [408, 'REQUEST_TIMEOUT', 'GET /stats HTTP/1.1\r\nhost: x\r\n'],
    [431, 'HEADERS_TOO_LARGE', `GET /stats HTTP/1.1\r\nhost: x\r\nlong: ${LONG}\r\n\r\n`],
  ])('is answered %d %s, and logged and counted', async (status, code, bytes) => {
    const from = api.logs.length;
    const [head, body] = (await exchange(bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    const problem = JSON.parse(body);
    expect(problem).toMatchObject({ status, code, request_id: expect.any(String) });
    expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`);
    const lines = api.logs.slice(from).filter(({ msg }) => msg === 'request not readable');
    expect(lines).toMatchObject([{ level: 30, status, code, request_id: problem.request_id }]);
    const { text } = await api.get('/metrics').expect(200);
    const counted = `http_requests_total{method="*",route="(no route)",status="${status}"}`;
    expect(text).toContain(counted);
  });
});
