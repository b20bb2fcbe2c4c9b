import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { untilLast } from '../../src/node/workers.js';

/** A thread that sends the numbers from 0 to 999, and then an error if told to. */
const sender = (end = ''): Worker =>
  new Worker(
    `const { parentPort } = require('node:worker_threads');
     for (let i = 0; i < 1000; i++) parentPort.postMessage(i);
     ${end}`,
    { eval: true },
  );

describe('messages of a thread', () => {
  it('are received up to the last, and not after it', async () => {
    const worker = sender();
    const received: number[] = [];
    const isLast = (message: number): boolean => received.push(message) === 3;
    await Promise.all([untilLast(worker, isLast, undefined), once(worker, 'exit')]);
    expect(received).toEqual([0, 1, 2]);
  });

  it('are not received any more once the work is called off', async () => {
    const worker = sender();
    const abort = new AbortController();
    const received: number[] = [];
    const receive = (message: number): boolean => {
      received.push(message);
      abort.abort('enough');
      return false;
    };
    const sent = once(worker, 'exit');
    await expect(untilLast(worker, receive, abort.signal)).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'enough',
    });
    await sent;
    expect(received).toEqual([0]);
  });

  it('are not received any more once receiving one failed', async () => {
    const worker = sender();
    let received = 0;
    const receive = (): boolean => {
      received++;
      throw new Error('full');
    };
    const sent = once(worker, 'exit');
    await expect(untilLast(worker, receive, undefined)).rejects.toThrow('full');
    await sent;
    expect(received).toBe(1);
  });

  it.each([
    ['it throws', "throw new Error('broken')", /broken/],
    ['it leaves', 'process.exit(3)', /exit code 3/],
  ])('end with THREAD_FAILED where, before the last one, %s', async (_, end, why) => {
    const waiting = untilLast(sender(end), () => false, undefined);
    await expect(waiting).rejects.toMatchObject({
      code: 'THREAD_FAILED',
      message: expect.stringMatching(why),
    });
  });
});
