import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventFeed } from '../../src/stats/event-feed.js';
import { waitFor } from '../wait-for.js';

let server: Server;
let feed: EventFeed;
let said: string;

/** What a client of the feed has received so far. */
async function watch(onlyNews: boolean): Promise<() => string> {
  feed = new EventFeed(async () => said, 10, onlyNews);
  server = createServer((_request, response) => feed.join(response, {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { body } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  let text = '';
  void (async () => {
    for await (const part of body!.pipeThrough(new TextDecoderStream())) text += part;
  })();
  await waitFor('the first event', () => text.includes('data: '));
  return () => text;
}

beforeEach(() => void (said = 'first'));
afterEach(() => {
  feed.close();
  server.close();
});

describe('a feed of news', () => {
  it('leaves out what it has said, and says now and then that it is there', async () => {
    const received = await watch(true);
    for (let frame = 0; frame < 20; frame++) await feed.send();
    await waitFor('a sign of life', () => received().includes(': nothing new\n\n'));
    said = 'second';
    await feed.send();
    await waitFor('the second event', () => received().includes('second'));
    expect(received().match(/data: \w+/g)).toEqual(['data: first', 'data: second']);
  });

  it('says the same again where all frames are wanted', async () => {
    const received = await watch(false);
    await feed.send();
    await waitFor('the same again', () => received().match(/data: first/g)!.length > 1);
  });
});
