import fc from 'fast-check';
import { networkOf } from '../../src/security/network.js';
import { type News, RateLimiter, type SharedCounts } from '../../src/security/rate-limit.js';

const MINUTE = 60_000;
let time = 0;
const limiterOf = (perMinute: number) => new RateLimiter(perMinute, () => time);
beforeEach(() => (time = 1000 * MINUTE));

/** How many of `tries` pass. */
const passed = (limiter: RateLimiter, tries: number, client = 'a') =>
  Array.from({ length: tries }, () => limiter.admit(client)).filter((wait) => wait === 0).length;

/** Counts as a server shared by several machines keeps them, for one that has the name. */
class Counts {
  private readonly said = new Map<string, Map<string, News>>();
  /** Batches that came in. */
  readonly batches: number[] = [];

  of(machine: string): SharedCounts {
    const others = (client: string, minute: number) => {
      const counts = this.said.get(`${minute} ${client}`) ?? new Map<string, News>();
      return [...counts].filter(([name]) => name !== machine).map(([, news]) => news);
    };
    const elsewhere = (client: string, minute: number) =>
      others(client, minute).reduce((sum, { count }) => sum + count, 0);
    const slots = (client: string, minute: number) =>
      Array.from({ length: 12 }, (_, i) =>
        others(client, minute).reduce((sum, news) => sum + news.slots[i], 0),
      );
    return {
      exchange: async (news) => {
        this.batches.push(news.length);
        for (const each of news) {
          const { client, minute } = each;
          const counts = this.said.get(`${minute} ${client}`) ?? new Map<string, News>();
          this.said.set(`${minute} ${client}`, counts.set(machine, each));
        }
        return news.map(({ client, minute, isUnheard }) => ({
          now: elsewhere(client, minute),
          before: elsewhere(client, minute - 1),
          ...(isUnheard && { slots: [...slots(client, minute - 1), ...slots(client, minute)] }),
        }));
      },
    };
  }
}

describe('a rate limiter', () => {
  it('lets so many pass a minute and no more, each client by itself', () => {
    const limiter = limiterOf(5);
    expect(passed(limiter, 8)).toBe(5);
    expect(passed(limiter, 8, 'b')).toBe(5);
  });

  it('never lets more than the limit pass in any sixty seconds', () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 30_000 }), tries: fc.nat(40) });
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(65, 130, 1000)),
        fc.array(step, { maxLength: 30 }),
        (limit, steps) => {
          const limiter = limiterOf(limit);
          const times: number[] = [];
          for (const { pause, tries } of steps) {
            time += pause;
            times.push(...Array.from({ length: passed(limiter, tries) }, () => time));
          }
          times.forEach((from, i) => {
            const within = times.slice(i).filter((at) => at < from + MINUTE).length;
            expect(within).toBeLessThanOrEqual(limit);
          });
        },
      ),
    );
  });

  it('lets as many pass again as passed a minute ago, one by one where they are few', () => {
    const limiter = limiterOf(3);
    for (let i = 0; i < 3; i++, time += 10_000) expect(passed(limiter, 1)).toBe(1);
    time += 29_999;
    expect(passed(limiter, 3)).toBe(0);
    time += 1;
    expect(passed(limiter, 3)).toBe(1);
    time += 10_000;
    expect(passed(limiter, 3)).toBe(1);
  });

  it('locks nobody out when the clock is set back', () => {
    const limiter = limiterOf(1);
    expect(passed(limiter, 1)).toBe(1);
    time -= 60 * MINUTE;
    expect(passed(limiter, 1)).toBe(1);
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
          expect(wait).toBeLessThanOrEqual(60);
          expect(wait).toBeGreaterThan(0);
          // True: not a second later than needed.
          time += (wait - 1) * 1000 - 1;
          if (wait > 1) expect(limiter.admit('a')).not.toBe(0);
          time -= (wait - 1) * 1000 - 1;
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

  it('holds between machines that share their counts', async () => {
    const shared = new Counts();
    const [one, other] = [limiterOf(10), limiterOf(10)];
    expect(passed(one, 6)).toBe(6);
    await one.share(shared.of('one'));
    expect(passed(other, 1)).toBe(1);
    await other.share(shared.of('other'));
    expect(passed(other, 10)).toBe(3);
    await other.share(shared.of('other'));
    await one.share(shared.of('one'));
    passed(one, 1);
    await one.share(shared.of('one'));
    expect(passed(one, 10)).toBe(0);
  });

  it('tells the others what changed, once, in batches that are bounded', async () => {
    const shared = new Counts();
    const limiter = limiterOf(10);
    for (let i = 0; i < 600; i++) passed(limiter, 1, `client ${i}`);
    await limiter.share(shared.of('one'));
    expect(shared.batches).toEqual([256, 256, 88]);
    await limiter.share(shared.of('one'));
    passed(limiter, 1, 'client 7');
    passed(limiter, 2, 'client 7');
    await limiter.share(shared.of('one'));
    expect(shared.batches).toEqual([256, 256, 88, 1]);
  });

  it('tells what passed at the end of a minute after it, too', async () => {
    const shared = new Counts();
    const [one, other] = [limiterOf(10), limiterOf(10)];
    await one.share(shared.of('one'));
    time += MINUTE - 1;
    passed(one, 8);
    time += 1;
    passed(one, 1);
    await one.share(shared.of('one'));
    expect(passed(other, 1)).toBe(1);
    await other.share(shared.of('other'));
    expect(passed(other, 9)).toBe(0);
  });

  it('holds within a tenth on a machine that starts in the middle of what the others count', async () => {
    const limit = 600;
    // Whatever second of a minute it starts in, and however long ago the client began.
    for (const began of [5, 30, 45]) {
      for (const starts of [0.3, 8, 21, 44, 59.9]) {
        time = 1000 * MINUTE + 1000 * (60 - began);
        const shared = new Counts();
        const [old, fresh] = [limiterOf(limit), limiterOf(limit)];
        await old.share(shared.of('old'));
        const from = time;
        for (; time < 1001 * MINUTE + 1000 * starts; time += 100) {
          passed(old, 2);
          await old.share(shared.of('old'));
        }
        expect(passed(fresh, 1)).toBe(1);
        await fresh.share(shared.of('fresh'));
        // What passed in the minute up to now: two each 100 ms, up to the limit, until it slides.
        const before = Math.min(limit, (2 * Math.min(MINUTE, time - from)) / 100);
        const all = before + 1 + passed(fresh, limit);
        expect(all).toBeLessThanOrEqual(1.1 * limit);
        expect(all).toBeGreaterThanOrEqual(0.9 * limit);
      }
    }
  });

  it('lets on a machine that starts pass again what passed elsewhere a minute ago', async () => {
    const shared = new Counts();
    const [old, fresh] = [limiterOf(12), limiterOf(12)];
    await old.share(shared.of('old'));
    for (let i = 0; i < 12; i++, time += 5000) passed(old, 1);
    await old.share(shared.of('old'));
    expect(passed(fresh, 1)).toBe(1);
    await fresh.share(shared.of('fresh'));
    expect(passed(fresh, 1)).toBe(0);
    // They leave one by one, as they came, and as many pass.
    let again = 0;
    for (let i = 1; i < 12; i++, time += 5000) again += passed(fresh, 5);
    expect(again).toBeGreaterThanOrEqual(9);
    expect(again).toBeLessThanOrEqual(12);
    time += MINUTE;
    expect(passed(fresh, 20)).toBe(12);
  });

  it('counts nothing twice when a reply is lost, and nothing less', async () => {
    const shared = new Counts();
    const [one, other] = [limiterOf(10), limiterOf(10)];
    const late: SharedCounts = {
      exchange: async (news) => {
        await shared.of('one').exchange(news);
        throw new Error('late');
      },
    };
    expect(passed(one, 4)).toBe(4);
    for (let i = 0; i < 3; i++) await expect(one.share(late)).rejects.toThrow('late');
    expect(passed(one, 2)).toBe(2);
    await one.share(shared.of('one'));
    passed(other, 1);
    await other.share(shared.of('other'));
    expect(passed(other, 10)).toBe(3);
  });

  it('gives back what was not used', () => {
    const limiter = limiterOf(10);
    expect(limiter.take('a', 12)).toBe(10);
    limiter.giveBack('a', 4);
    expect(passed(limiter, 10)).toBe(4);
  });
});

describe('a client without a key', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['no:address', 'no:address'],
    ['', ''],
  ])('of %s is known by %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
