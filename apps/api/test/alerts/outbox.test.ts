import type { Logger } from 'pino';
import { GIVE_UP_MS, Outbox, waitAfter } from '../../src/alerts/outbox.js';
import type { Refusal } from '../../src/alerts/webhook.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { temporaryStore } from '../store/temporary.js';
import { START, mobile, reportAt } from './causes.js';

const logger = { info() {}, warn() {}, error() {} } as unknown as Logger;
const refused: Refusal = { reason: 'answered 500', isFinal: false };

let store: ServiceStore;
let now: number;
let sent: string[];
let answers: Refusal[];

beforeEach(async () => {
  [store, now, sent, answers] = [openStore(temporaryStore(), logger), START, [], []];
  await store.run('evaluateAlerts', { evaluation: reportAt(0, mobile), isTold: true });
});
afterEach(() => store.close());

/** A receiver that answers as told, and then takes everything. */
const receiver = {
  send: async (id: string): Promise<Refusal> => {
    sent.push(id.split('-')[1]);
    return answers.shift();
  },
};
const outbox = () => new Outbox(store, receiver, logger, { now: () => now, random: () => 0.5 });
const state = () => store.run('deliveryState', null);

describe('the outbox', () => {
  it('sends a message once', async () => {
    const box = outbox();
    await box.deliver();
    now += GIVE_UP_MS;
    await box.deliver();
    expect(sent).toEqual(['firing']);
    expect(await state()).toEqual({ waiting: 0, abandoned: 0, lastReason: null });
  });

  it('sends again after twice the time, also by another process', async () => {
    answers = [refused, refused, refused];
    const times: number[] = [];
    for (; sent.length < 4; now += 1000) {
      const before = sent.length;
      await outbox().deliver();
      if (sent.length > before) times.push((now - START) / 1000);
    }
    expect(times).toEqual([0, 10, 30, 70]);
    expect(await state()).toMatchObject({ waiting: 0, abandoned: 0 });
  });

  it('gives up after a day, and says why', async () => {
    answers = Array<Refusal>(1000).fill(refused);
    for (; (await state()).abandoned === 0; now += 600_000) await outbox().deliver();
    expect((now - START) / GIVE_UP_MS).toBeCloseTo(1, 1);
    expect(await state()).toEqual({ waiting: 0, abandoned: 1, lastReason: 'answered 500' });
    const tries = sent.length;
    now += GIVE_UP_MS;
    await outbox().deliver();
    expect(sent).toHaveLength(tries);
  });

  it('gives up at once where the receiver says that it wants no more', async () => {
    answers = [{ reason: 'answered 410', isFinal: true }];
    await outbox().deliver();
    expect(await state()).toEqual({ waiting: 0, abandoned: 1, lastReason: 'answered 410' });
  });

  it('begins nothing after it was closed', async () => {
    const box = outbox();
    await box.close();
    await box.deliver();
    expect(sent).toEqual([]);
  });

  it('waits an hour at most, a fifth more or less', () => {
    expect([waitAfter(1, 0.5), waitAfter(2, 0.5), waitAfter(3, 0.5)]).toEqual([10e3, 20e3, 40e3]);
    expect([waitAfter(30, 0), waitAfter(30, 1)]).toEqual([0.8 * 3_600_000, 1.2 * 3_600_000]);
  });
});
