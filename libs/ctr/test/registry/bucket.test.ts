import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, trainCtr, type Trained } from '../../src/index.js';
import { Objects } from '../../src/objects/objects.js';
import type { Clock } from '../../src/registry/lock.js';
import { placements } from '../data.js';
import { BucketServer } from './bucket-server.js';

const DAY = 24 * 3_600_000;
const location = 's3://models/ctr';
const BOOK = 'ctr/registry.json';

let first: Trained;
let second: Trained;
let server: BucketServer;
let registry: Registry;

/** A clock on which time passes only when somebody sleeps. */
class TestClock implements Clock {
  time = 0;
  constructor(private readonly onSleep: (time: number) => Promise<unknown> = async () => {}) {}
  now(): number {
    return this.time;
  }
  async sleep(ms: number): Promise<void> {
    this.time += ms;
    await this.onSleep(this.time);
  }
  every(): () => void {
    return () => {};
  }
}

beforeAll(async () => {
  const train = (seed: number): Promise<Trained> =>
    trainCtr(placements(200), { fit: { trees: 3, seed }, threads: 1 });
  [first, second, server] = await Promise.all([train(1), train(2), BucketServer.start()]);
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.reset();
  server.useKey('test');
  registry = new Registry(location);
});

const publish = (): Promise<string> => registry.publish(first.bytes, first.card);
const otherBook = (change: object): Promise<void> =>
  server.write(
    BOOK,
    JSON.stringify({ served: [], versions: {}, rollout: {}, tags: {}, changes: [], ...change }),
  );

describe('a registry in a bucket', () => {
  it('writes every file of a version once, the card last, and then the book', async () => {
    const one = await registry.publish(first.bytes, first.card, { files: { 'report.html': '' } });
    const writes = (await server.log()).filter((line) => /^PUT (?!ctr\/condition-)/.test(line));
    expect(writes).toEqual([
      `PUT ctr/versions/${one}/model.adsf`,
      `PUT ctr/versions/${one}/report.html`,
      `PUT ctr/versions/${one}/model.json`,
      `PUT ${BOOK}`,
    ]);
  });

  it('asks for no more than whether the book is another', async () => {
    const one = await publish();
    const reader = new Registry(location);
    await reader.current();
    const asked = (await server.log()).length;
    expect([await reader.current(), (await reader.rollout()).canary]).toEqual([one, null]);
    expect((await server.log()).slice(asked)).toEqual([`GET ${BOOK} 304`, `GET ${BOOK} 304`]);
    await server.fail({ method: 'GET', what: 'refuse', status: 500, code: 'InternalError' });
    await expect(reader.current()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await server.fail();
    expect(await reader.current()).toBe(one);
  });

  it('passes over a name that somebody has begun to write', async () => {
    const one = await publish();
    await server.write(`ctr/versions/${one}-2/model.adsf`, 'half');
    expect(await publish()).toBe(`${one}-3`);
    expect(await registry.versions()).toEqual([one, `${one}-3`]);
  });

  it('leaves objects of a publication under way, and deletes them when they are a day old', async () => {
    const one = await publish();
    await server.write('ctr/versions/young/model.adsf', 'half', DAY - 600_000);
    await server.write('ctr/versions/old/model.adsf', 'half', DAY + 600_000);
    await server.write('ctr/versions/old/report.json', '{}', DAY + 600_000);
    await server.write('other/versions/old/model.adsf', 'of another registry', 2 * DAY);
    const all = await server.keys();
    const dry = await registry.prune({ keep: 9, dryRun: true });
    expect([dry.swept, await server.keys()]).toEqual([['versions/old'], all]);
    expect((await registry.prune({ keep: 9 })).swept).toEqual(['versions/old']);
    expect(await server.keys()).toEqual([
      BOOK,
      `ctr/versions/${one}/model.adsf`,
      `ctr/versions/${one}/model.json`,
      'ctr/versions/young/model.adsf',
      'other/versions/old/model.adsf',
    ]);
  });

  it('tells by the clock of the store what is a day old', async () => {
    await publish();
    await server.write('ctr/versions/young/model.adsf', 'half');
    const ahead = Date.now() + 25 * 3_600_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(ahead);
    try {
      expect((await registry.prune({ keep: 9 })).swept).toEqual([]);
    } finally {
      clock.mockRestore();
    }
    expect(await server.keys()).toContain('ctr/versions/young/model.adsf');
  });

  it('publishes nothing of which an object is gone or another', async () => {
    const one = await publish();
    const version = `${one}-2`;
    const key = `ctr/versions/${version}/model.adsf`;
    const robbed = registry.guardedBy(() => server.remove(key)).publish(first.bytes, first.card);
    await expect(robbed).rejects.toMatchObject({ code: 'VERSION_BROKEN' });
    await expect(robbed).rejects.toThrow(
      `${version}/model.adsf is gone before ${version} was published; try again`,
    );
    const replaced = registry.guardedBy(() => server.write(key, 'another'));
    await expect(replaced.publish(first.bytes, first.card)).rejects.toThrow(/was replaced before/);
    expect([await registry.versions(), await registry.current()]).toEqual([[one], one]);
  });

  it('deletes no complete version that the book does not name, and says which', async () => {
    const one = await publish();
    for (const name of ['model.adsf', 'model.json'])
      await server.write(`ctr/versions/copied/${name}`, 'x', 2 * DAY);
    const all = await server.keys();
    for (const dryRun of [true, false]) {
      const { swept, unknown } = await registry.prune({ keep: 9, dryRun });
      expect([swept, unknown]).toEqual([[], ['versions/copied']]);
    }
    expect(await server.keys()).toEqual(all);
    await server.remove(BOOK);
    const lost = new Registry(location);
    for (const dryRun of [true, false]) {
      const pruned = lost.prune({ keep: 0, dryRun });
      await expect(pruned).rejects.toMatchObject({ code: 'REGISTRY_BROKEN' });
      await expect(pruned).rejects.toThrow(
        `registry.json is not there, yet versions/${one}, versions/copied are complete`,
      );
    }
    expect(await server.keys()).toEqual(all.filter((key) => key !== BOOK));
  });

  it('without a book deletes nothing, however old', async () => {
    await server.write('ctr/versions/old/model.adsf', 'half', 2 * DAY);
    expect((await registry.prune({ keep: 0 })).swept).toEqual([]);
    expect(await server.keys()).toEqual(['ctr/versions/old/model.adsf']);
  });

  it('gives up a publication that takes longer than an hour, as it may be taken for one left behind', async () => {
    const clock = new TestClock();
    const slow = new Registry(location, { clock }).guardedBy(async () => {});
    const guarded = slow.publish(first.bytes, first.card);
    clock.time = 3_600_001;
    await expect(guarded).rejects.toThrow(/took more than an hour to write/);
    expect(await registry.versions()).toEqual([]);
  });

  it('refuses a model that is not the one that was published', async () => {
    const one = await publish();
    await server.write(
      `ctr/versions/${one}/model.adsf`,
      Buffer.from(second.bytes).toString('latin1'),
    );
    await expect(registry.load()).rejects.toMatchObject({ code: 'VERSION_BROKEN' });
    await expect(registry.load()).rejects.toThrow(/has SHA-256 .*, wanted .*, as it was published/);
  });

  it('tells a version that is not there from one that lacks a file', async () => {
    const one = await publish();
    await otherBook({ served: [one], versions: { [one]: '', [`${one}-2`]: '' } });
    await expect(registry.load(`${one}-2`)).rejects.toThrow(/model\.json is missing$/);
    await expect(registry.load('nothing')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it.each([
    ['{', /registry\.json is not JSON; put an earlier one back/],
    ['[]', /does not hold an object/],
    ['{}', /holds no list of versions under "served"/],
    ['{"served":[],"changes":[],"tags":{},"versions":{"a":1}}', /texts under "versions"/],
    ['{"served":[],"changes":[],"tags":[],"versions":{}}', /texts under "tags"/],
    ['{"served":[],"changes":"","tags":{},"versions":{}}', /texts under "changes"/],
  ])('that cannot be read says why, and is not changed: %s', async (text, message) => {
    await server.write(BOOK, text);
    await expect(registry.current()).rejects.toThrow(message);
    await expect(publish()).rejects.toMatchObject({ code: 'REGISTRY_BROKEN' });
    const log = await server.log();
    expect(log.filter((line) => line === `PUT ${BOOK}`)).toHaveLength(1);
  });

  it('mends a rollout that cannot be read by a change of it, and not otherwise', async () => {
    const one = await publish();
    await otherBook({ versions: { [one]: '' }, rollout: { canary: 7 } });
    await expect(registry.rollout()).rejects.toThrow(
      /registry\.json: rollout: canary is 7, wanted .*; mend it by setting or ending a trial$/,
    );
    await expect(registry.prune({ keep: 0 })).rejects.toMatchObject({ code: 'ROLLOUT_INVALID' });
    await registry.setTrial('canary', { version: one, percent: 5 });
    expect((await registry.rollout()).canary).toEqual({ version: one, percent: 5 });
  });
});

describe('a change of a registry in a bucket', () => {
  it('is made of what is true when it is made: its guard and its checks run again', async () => {
    const [one, two] = [await publish(), await publish()];
    let turns = 0;
    const guarded = registry.guardedBy(async () => {
      // Somebody comes first, the first two times.
      if (++turns < 3) await new Registry(location).tag(one, `tag-${turns}`);
    });
    await guarded.promote(one);
    expect(turns).toBe(3);
    expect([...(await registry.tags()).keys()]).toEqual(['tag-1', 'tag-2']);
    const late = registry.guardedBy(async () => {
      if (++turns === 4) await new Registry(location).prune({ keep: 0 });
    });
    await registry.untag('tag-1');
    await registry.untag('tag-2');
    await registry.rollback();
    const three = await registry.publish(second.bytes, second.card, { promote: false });
    await expect(late.promote(three)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    expect(await registry.current()).toBe(two);
  });

  it('is told that others come first again and again, in the end', async () => {
    const one = await publish();
    const clock = new TestClock();
    let others = 0;
    const busy = new Registry(location, { clock }).guardedBy(() =>
      new Registry(location).tag(one, `tag-${++others % 40}`),
    );
    await expect(busy.tag(one, 'mine')).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
    expect(clock.time).toBeGreaterThanOrEqual(45_000);
    // It waits longer from try to try.
    expect(others).toBeLessThan(250);
    expect((await registry.tags()).has('mine')).toBe(false);
  });

  it('can be stopped while it waits', async () => {
    const one = await publish();
    const stop = new AbortController();
    const stopped = new Registry(location, { signal: stop.signal }).guardedBy(async () => {
      await new Registry(location).tag(one, 'theirs');
      await new Registry(location).untag('theirs');
      stop.abort(new Error('enough'));
    });
    await expect(stopped.tag(one, 'mine')).rejects.toThrow('enough');
  });

  it('is made in a store that wants ETags without quotes, as Ceph does', async () => {
    await server.fail({ method: 'PUT', what: 'bare' });
    const [one, two] = [await publish(), await publish()];
    await registry.promote(one);
    expect(await registry.history()).toEqual([one, two, one]);
    const signs = async () =>
      (await server.log()).filter((line) => line === 'PUT ctr/retrain.json');
    await new Registry(location, { beat: 20 }).retraining(async () => {
      const end = AbortSignal.timeout(60_000);
      while ((await signs()).length < 8) end.throwIfAborted();
    });
    expect(await registry.retraining(async () => 'free again')).toBe('free again');
  });

  it('is made once, though the answer is lost', async () => {
    const [one, two] = [await publish(), await publish()];
    // The SDK asks again, and is told that somebody came first: itself.
    await server.fail({ method: 'PUT', what: 'mute', nth: 1 });
    await registry.promote(one);
    expect(await registry.history()).toEqual([one, two, one]);
    await server.fail({ method: 'PUT', what: 'mute', key: 'registry' });
    await registry.promote(two);
    expect(await registry.history()).toEqual([two, one, two, one]);
  });

  it('is made once, though the answer is lost and somebody changes more before it is asked after', async () => {
    const [one, two] = [await publish(), await publish()];
    await server.fail({ method: 'PUT', what: 'mute', key: 'registry' });
    const clock = new TestClock(async () => {
      await server.fail();
      await new Registry(location).promote(two);
    });
    await new Registry(location, { clock }).promote(one);
    expect(await registry.history()).toEqual([two, one, two, one]);
  });

  it('that comes late is not made after another one, nor after it was given up', async () => {
    const [one, two] = [await publish(), await publish()];
    await server.fail({ method: 'PUT', what: 'late', key: 'registry' });
    let asked = 0;
    const clock = new TestClock(async () => {
      // What was asked first is on its way still; the registry is to be told otherwise meanwhile.
      if (++asked === 1) await server.fail({ method: 'PUT', what: 'late', nth: 99 });
    });
    let isWanted = true;
    const guarded = new Registry(location, { clock }).guardedBy(async () => {
      if (!isWanted) throw new Error('not wanted any more');
      isWanted = false;
    });
    await expect(guarded.promote(one)).rejects.toThrow('not wanted any more');
    await server.deliver();
    expect(await registry.current()).toBe(two);
  });

  it('is told that it may have been made, where the store is away in the middle', async () => {
    const [one] = [await publish(), await publish()];
    const clock = new TestClock();
    await server.fail({ method: 'PUT', what: 'cut', key: 'registry' });
    const lost = new Registry(location, { clock }).promote(one);
    await expect(lost).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await expect(lost).rejects.toThrow(/may have been changed, or not: .*look what it says/);
  });
});

describe('a publication whose write of the book is in doubt', () => {
  it.each([
    ['is refused', { what: 'refuse', status: 403, code: 'AccessDenied' }],
    ['fails in the store', { what: 'refuse', status: 500, code: 'InternalError' }],
    ['is no XML of S3', { what: 'refuse', status: 400, code: 'Whatever' }],
  ] as const)('keeps its files when reading the book after it %s', async (_, fault) => {
    const one = await publish();
    await server.fail({ method: 'PUT', key: 'registry', nth: 1, what: 'mute' });
    const doubted = new Registry(location, { clock: new TestClock() }).guardedBy(async () => {
      await server.fail(
        { method: 'PUT', key: 'registry', nth: 1, what: 'mute' },
        { method: 'GET', key: 'registry', ...fault },
      );
    });
    await expect(doubted.publish(second.bytes, second.card)).rejects.toBeDefined();
    await server.fail();
    const versions = await registry.versions();
    expect(versions).toHaveLength(2);
    expect(versions).toContain(one);
    for (const version of versions) await registry.load(version);
  });

  it('takes them back when nothing was written', async () => {
    await publish();
    const before = await server.keys();
    const no = registry.guardedBy(() => Promise.reject(new Error('not wanted')));
    await expect(no.publish(second.bytes, second.card)).rejects.toThrow('not wanted');
    expect(await server.keys()).toEqual(before);
  });
});

describe('what a bucket refuses', () => {
  it('is told with what to do about it, and never with credentials', async () => {
    const one = await publish();
    server.useKey('somebody');
    const refused = (location: string) => new Registry(location).current();
    await expect(refused(location)).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(refused(location)).rejects.toThrow(
      /reading s3:\/\/models\/ctr\/registry\.json \(InvalidAccessKeyId, HTTP 403\); wanted a valid key in AWS_ACCESS_KEY_ID/,
    );
    await expect(refused(location)).rejects.not.toThrow(/somebody|of-no-use/);
    server.useKey('test');
    await expect(refused('s3://no-such/ctr')).rejects.toThrow(
      /NoSuchBucket.* a bucket that exists/,
    );
    server.useKey('test-reader');
    const reader = new Registry(location);
    expect(await reader.current()).toBe(one);
    await expect(reader.tag(one, 'mine')).rejects.toMatchObject({ code: 'REGISTRY_READ_ONLY' });
    await expect(reader.tag(one, 'mine')).rejects.toThrow(
      /AccessDenied.*wanted s3:GetObject, s3:Put/,
    );
    await reader.promote(one);
  });

  it('is a store that ignores conditions: it would lose changes', async () => {
    await server.fail({ method: 'PUT', what: 'careless' });
    await expect(publish()).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(publish()).rejects.toThrow(
      /ignores If-Match and If-None-Match; wanted one that keeps conditions/,
    );
    expect(await server.keys()).toEqual([]);
  });

  it('is a store that ignores If-None-Match alone', async () => {
    await server.fail({ method: 'PUT', what: 'forgets' });
    await expect(publish()).rejects.toThrow(/in a store that ignores If-None-Match; wanted one/);
    expect(await server.keys()).toEqual([]);
  });

  it('is not waited for without end, though a byte comes now and then', async () => {
    await publish();
    await server.fail({ method: 'GET', what: 'drips' });
    // A byte adds nothing here, so that what is announced does not matter.
    const objects = new Objects({ bucket: 'models', prefix: 'ctr/' }, { least: 300, perByte: 0 });
    for (const asked of [() => objects.get('registry.json'), () => objects.list('versions/')]) {
      await expect(asked()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    }
    await server.fail();
    expect(await objects.list('versions/')).toHaveLength(2);
  });

  it('is told apart from a store that is away', async () => {
    const { AWS_ENDPOINT_URL_S3 } = process.env;
    process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:1';
    try {
      const away = new Registry(location).current();
      await expect(away).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      await expect(away).rejects.toThrow(
        /ECONNREFUSED\); wanted an answer from http:\/\/127.0.0.1:1$/,
      );
    } finally {
      process.env.AWS_ENDPOINT_URL_S3 = AWS_ENDPOINT_URL_S3;
    }
  });

  it.each([
    'http//me:hidden@127.0.0.1',
    'me:hidden@host:9000',
    'http://me:hidden@127.0.0.1:1',
    'http:me:hidden@host',
    'https://hidden@host/',
    'http://hidden host',
    'ftp://hidden/',
    'http://host?hidden',
  ])('is an endpoint that cannot be asked, whose value is not repeated: %s', (endpoint) => {
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    const refused = (name: string): void => {
      let error: Error | undefined;
      try {
        new Registry(location);
      } catch (thrown) {
        error = thrown as Error;
      }
      expect(error).toMatchObject({ code: 'LOCATION_INVALID' });
      expect(error!.message).toContain(`${name} is no address of a store; wanted http://host:port`);
      expect(error!.message).not.toMatch(/hidden/);
    };
    try {
      process.env.AWS_ENDPOINT_URL_S3 = endpoint;
      refused('AWS_ENDPOINT_URL_S3');
      delete process.env.AWS_ENDPOINT_URL_S3;
      process.env.AWS_ENDPOINT_URL = endpoint;
      refused('AWS_ENDPOINT_URL');
    } finally {
      process.env.AWS_ENDPOINT_URL_S3 = AWS_ENDPOINT_URL_S3;
      if (AWS_ENDPOINT_URL === undefined) delete process.env.AWS_ENDPOINT_URL;
      else process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
    }
  });

  it.each([
    's3://',
    's3:/models',
    's3://Models/x',
    's3://models/../x',
    's3://models/a//b',
    'S3://x',
  ])('is refused as it is written: %s', (location) => {
    expect(() => new Registry(location)).toThrow(
      `got ${JSON.stringify(location)}, wanted s3://bucket or s3://bucket/prefix`,
    );
  });

  it('is not repeated where it may hold credentials', () => {
    expect(() => new Registry('s3://key:hidden@models')).toThrow(/^(?!.*hidden).*wanted s3:/);
  });
});

describe('the lease of a retraining', () => {
  const lease = 'ctr/retrain.json';
  const held = { name: 'x', owner: '', host: 'elsewhere', pid: 7, since: '2026-03-01T00:00:00Z' };
  beforeEach(() => publish());

  it('of one out of sight is left to him while he gives signs of life', async () => {
    await server.write(lease, JSON.stringify(held));
    const clock = new TestClock((time) =>
      time > 30_000
        ? server.write(lease, JSON.stringify({ ...held, beats: time }))
        : Promise.resolve(),
    );
    const watched = new Registry(location, { clock }).retraining(async () => 'taken');
    await expect(watched).rejects.toThrow(/is held by process 7 on elsewhere; try again/);
    expect(clock.time).toBeLessThan(40_000);
  });

  it('is taken from one who gives none for a minute, by one of two', async () => {
    await server.write(lease, JSON.stringify(held));
    let running = 0;
    const work = async (): Promise<number> => {
      const together = ++running;
      await registry.current();
      running--;
      return together;
    };
    const results = await Promise.allSettled(
      [1, 2].map(() => new Registry(location, { clock: new TestClock() }).retraining(work)),
    );
    for (const result of results) {
      if (result.status === 'fulfilled') expect(result.value).toBe(1);
      else expect(result.reason).toMatchObject({ code: 'RETRAIN_UNDER_WAY' });
    }
    expect(results.map(({ status }) => status)).toContain('fulfilled');
  });

  it('gives signs of life while it works, and lets nobody change anything once it is lost', async () => {
    const [one] = await registry.versions();
    const patient = new Registry(location, { beat: 20 });
    const signs = async (): Promise<number> =>
      (await server.log()).filter((line) => line === `PUT ${lease}`).length;
    const until = async (isSo: () => Promise<boolean>): Promise<void> => {
      const end = AbortSignal.timeout(60_000);
      while (!(await isSo())) end.throwIfAborted();
    };
    await patient.retraining(async () => {
      await until(async () => (await signs()) > 3);
      await patient.tag(one, 'while-it-holds');
      await server.write(lease, JSON.stringify(held));
      const tagged = () =>
        patient.tag(one, 'lost').then(
          () => undefined,
          (error: Error) => error,
        );
      let error: Error | undefined;
      await until(async () => (error = await tagged()) !== undefined);
      expect(error).toMatchObject({ code: 'RETRAIN_UNDER_WAY' });
      expect(error!.message).toMatch(/was taken, as this one gave no sign of life/);
    });
    // It is another one's now.
    expect(await server.keys()).toContain(lease);
    await patient.tag(one, 'after-it');
  });

  it('that could not be freed is no hindrance to the process that held it', async () => {
    await registry.retraining(() => server.fail({ method: 'PUT', key: 'retrain', what: 'cut' }));
    await server.fail();
    expect(await registry.retraining(async () => 'again')).toBe('again');
  });
});

describe('the folder of one version', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'version-'));
    await writeFile(join(folder, 'model.adsf'), first.bytes);
    await writeFile(join(folder, 'model.json'), JSON.stringify(first.card));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is a registry of it, under the name that it would be published by', async () => {
    const published = await publish();
    const single = new Registry(folder);
    expect(await single.versions()).toEqual([published]);
    const model = await single.load();
    expect([model.version, model.card]).toEqual([published, first.card]);
    expect(await single.previous()).toBeUndefined();
    expect(await single.resolve('current')).toBe(published);
    expect(await single.rollout()).toEqual({ canary: null, shadow: null });
    expect(await single.stamp(published)).toEqual(expect.any(String));
    await expect(single.load('nothing')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it('cannot be changed', async () => {
    const single = new Registry(folder);
    const [one] = await single.versions();
    const refused = { code: 'REGISTRY_READ_ONLY' };
    await expect(single.publish(first.bytes, first.card)).rejects.toMatchObject(refused);
    await expect(single.promote(one)).rejects.toMatchObject(refused);
    await expect(single.tag(one, 'a')).rejects.toMatchObject(refused);
    await expect(single.prune({ keep: 0 })).rejects.toMatchObject(refused);
    await expect(single.retraining(async () => 1)).rejects.toMatchObject(refused);
    await expect(single.promote(one)).rejects.toThrow(
      /is the folder of one version, wanted a registry/,
    );
  });
});
