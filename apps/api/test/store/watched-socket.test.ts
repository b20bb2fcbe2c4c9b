import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { type Watch, answers, watchedSocket } from '../../src/store/watched-socket.js';
import { within } from '../wait-for.js';

let server: Server;
let port: number;
beforeEach(async () => {
  // Takes connections, and says nothing.
  server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => server.close());

/** A connection to the server, watched as said. */
async function connected(reach: Watch['reach']) {
  const socket = watchedSocket({ silentMs: 20, reach }).connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

it('ends a silent connection whose host does not answer another', async () => {
  const asked: unknown[] = [];
  const socket = await connected(async (...where) => {
    asked.push(where);
    return false;
  });
  const [error] = await within('the end', once(socket, 'error'));
  expect((error as Error).message).toMatch(/^Connection terminated/);
  expect(asked).toEqual([['127.0.0.1', port]]);
});

it('goes on with a silent connection as long as its host answers', async () => {
  let enough: () => void;
  const askedThrice = new Promise<void>((resolve) => (enough = resolve));
  let asked = 0;
  const socket = await connected(async () => {
    if (++asked === 3) enough();
    return true;
  });
  await within('three questions', askedThrice);
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});

it('takes a host that refuses for one that is there', async () => {
  expect(await answers('127.0.0.1', port)).toBe(true);
  server.close();
  await once(server, 'close');
  expect(await answers('127.0.0.1', port)).toBe(true);
});
