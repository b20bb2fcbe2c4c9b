import { LeasedLimiter, type Lender, grantLeases } from '../../src/security/leases.js';
import { RateLimiter } from '../../src/security/rate-limit.js';

let time = 0;
let limiter: RateLimiter;
let workers: LeasedLimiter[];
/** Messages that are on their way. */
let onTheWay: (() => void)[];
let asks = 0;

/** A process that counts, and workers that reach it by messages. */
function start(limit: number, count = 2): void {
  time = 60_000_000;
  asks = 0;
  onTheWay = [];
  limiter = new RateLimiter(limit, () => time);
  workers = Array.from({ length: count }, (_, i) => {
    const lender: Lender = {
      ask: (asked) => {
        asks++;
        onTheWay.push(() => {
          const grants = grantLeases(limiter, asked);
          onTheWay.push(() => workers[i].grant(grants));
        });
      },
      giveBack: (returns) => {
        for (const [client, unused] of returns) limiter.giveBack(client, unused);
      },
    };
    return new LeasedLimiter(limit, count, lender, () => time);
  });
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  workers.forEach((worker) => worker.stop());
  jest.useRealTimers();
});

/** Has everything happen that was begun. */
async function deliver(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    jest.advanceTimersByTime(0);
    for (const arrive of onTheWay.splice(0)) arrive();
    await Promise.resolve();
  }
}

/** How many of `tries` pass, when all are made at once and each waits for its decision. */
async function passed(worker: LeasedLimiter, tries: number): Promise<number> {
  const waits = Array.from({ length: tries }, () => worker.settle('a'));
  for (let i = 0; i < tries; i++) await deliver();
  return (await Promise.all(waits)).filter((wait) => wait === 0).length;
}

describe('a limit that workers keep together', () => {
  it.each([1, 5, 10, 60, 600])(
    'of %i lets so many pass in all, a tenth more or less',
    async (limit) => {
      start(limit);
      let sum = 0;
      for (let i = 0; i < 8; i++) sum += await passed(workers[i % 2], Math.ceil(limit / 4));
      expect(sum).toBeLessThanOrEqual(1.1 * limit);
      expect(sum).toBeGreaterThanOrEqual(0.9 * limit);
    },
  );

  it.each([10, 60, 600])('of %i holds for bursts that reach all workers at once', async (limit) => {
    start(limit, 4);
    const sums = await Promise.all(workers.map((worker) => passed(worker, limit)));
    const sum = sums.reduce((a, b) => a + b);
    expect(sum).toBeLessThanOrEqual(1.1 * limit + 1);
    expect(sum).toBeGreaterThanOrEqual(0.9 * limit);
  });

  it('decides without asking as a rule: the first request, and all that a lease is ahead of', async () => {
    start(6000);
    for (let i = 0; i < 1000; i++) {
      expect(workers[0].admit('a')).toBe(0);
      await deliver();
    }
    // A lease of 187 is renewed when half of it is left.
    expect(asks).toBeLessThan(15);
  });

  it('refuses without asking, with a wait that is true', async () => {
    start(10);
    expect(await passed(workers[0], 12)).toBe(10);
    const before = asks;
    expect(workers[0].admit('a')).toBe(60);
    time += 59_000;
    expect(workers[0].admit('a')).toBe(1);
    expect(asks).toBe(before);
    time += 1000;
    expect(await passed(workers[0], 1)).toBe(1);
  });

  it('lets other workers have what one does not use', async () => {
    start(320);
    expect(await passed(workers[0], 1)).toBe(1);
    jest.advanceTimersByTime(2000);
    expect(await passed(workers[1], 400)).toBe(319);
  });

  it('goes on when the process that counts does not answer', async () => {
    start(10);
    expect(workers[0].admit('a')).toBe(0);
    const waiting = workers[0].settle('a');
    onTheWay = [];
    time += 300;
    await jest.advanceTimersByTimeAsync(300);
    expect(await waiting).toBe(0);
  });

  it('lets everything pass when there is no limit', () => {
    start(0);
    for (let i = 0; i < 1000; i++) expect(workers[0].admit('a')).toBe(0);
    expect(asks).toBe(0);
  });
});
