import fc from 'fast-check';
import { RateLimiter, type SharedCounts } from '../../src/security/rate-limit.js';

const MINUTE = 60_000;
let time = 0;
const limiterOf = (perMinute: number) => new RateLimiter(perMinute, () => time);
beforeEach(() => (time = 1000 * MINUTE));

/** How many of `tries` pass. */
const passed = (limiter: RateLimiter, tries: number, client = 'a') =>
  Array.from({ length: tries }, () => limiter.admit(client)).filter((wait) => wait === 0).length;

/** Counts as a server shared by several processes keeps them. */
class Counts implements SharedCounts {
  private readonly totals = new Map<string, number>();

  async add(minute: number, counts: ReadonlyMap<string, number>) {
    for (const [client, count] of counts) {
      const name = `${minute} ${client}`;
      this.totals.set(name, (this.totals.get(name) ?? 0) + count);
    }
    return new Map([...counts.keys()].map((name) => [name, this.totals.get(`${minute} ${name}`)!]));
  }
}

describe('a rate limiter', () => {
  it('lets so many pass a minute and no more, each client by itself', () => {
    const limiter = limiterOf(5);
    expect(passed(limiter, 8)).toBe(5);
    expect(passed(limiter, 8, 'b')).toBe(5);
  });

  it('never lets twice the limit pass around the turn of a minute', () => {
    const limiter = limiterOf(10);
    time += MINUTE - 1;
    expect(passed(limiter, 20)).toBe(10);
    time += 2;
    expect(passed(limiter, 20)).toBe(0);
    time += MINUTE / 2;
    expect(passed(limiter, 20)).toBe(5);
  });

  it('forgets what is more than a minute ago', () => {
    const limiter = limiterOf(3);
    expect(passed(limiter, 3)).toBe(3);
    time += 2 * MINUTE;
    expect(passed(limiter, 3)).toBe(3);
  });

  it('says for how many seconds to wait, and then lets one pass', () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 90_000 }), tries: fc.nat(12) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { maxLength: 12 }),
        (limit, steps) => {
          time = 1000 * MINUTE;
          const limiter = limiterOf(limit);
          for (const { pause, tries } of steps) {
            time += pause;
            passed(limiter, tries);
          }
          const wait = limiter.admit('a');
          if (wait === 0) return;
          expect(wait).toBeLessThanOrEqual(120);
          time += wait * 1000;
          expect(limiter.admit('a')).toBe(0);
        },
      ),
    );
  });

  it('remembers so many clients and no more: the one silent for longest is forgotten', () => {
    const limiter = new RateLimiter(1, () => time, 3);
    for (const client of ['a', 'b', 'c']) expect(passed(limiter, 1, client)).toBe(1);
    expect(passed(limiter, 1, 'a')).toBe(0);
    expect(passed(limiter, 1, 'd')).toBe(1);
    expect(passed(limiter, 1, 'b')).toBe(1);
    expect(passed(limiter, 1, 'a')).toBe(0);
  });

  it('lets everything pass when there is no limit', () => {
    expect(passed(limiterOf(0), 10_000)).toBe(10_000);
  });

  it('holds between processes that share their counts', async () => {
    const shared = new Counts();
    const [one, other] = [limiterOf(10), limiterOf(10)];
    expect(passed(one, 6)).toBe(6);
    await one.share(shared);
    expect(passed(other, 1)).toBe(1);
    await other.share(shared);
    expect(passed(other, 10)).toBe(3);
    await other.share(shared);
    await one.share(shared);
    expect(passed(one, 10)).toBe(0);
  });

  it('tells the others of the clients of this minute alone', async () => {
    const shared = new Counts();
    const limiter = limiterOf(10);
    passed(limiter, 2, 'a');
    passed(limiter, 1, 'b');
    time += MINUTE;
    passed(limiter, 3, 'b');
    const add = jest.spyOn(shared, 'add');
    await limiter.share(shared);
    expect(add.mock.calls).toEqual([[1001, new Map([['b', 3]])]]);
  });

  it('goes on by itself when the shared counts cannot be had, and catches up later', async () => {
    const shared = new Counts();
    const [one, other] = [limiterOf(10), limiterOf(10)];
    const lost: SharedCounts = { add: () => Promise.reject(new Error('gone')) };
    expect(passed(one, 4)).toBe(4);
    await expect(one.share(lost)).rejects.toThrow('gone');
    expect(passed(one, 2)).toBe(2);
    await one.share(shared);
    passed(other, 1);
    await other.share(shared);
    expect(passed(other, 10)).toBe(3);
  });
});
