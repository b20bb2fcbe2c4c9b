import { readFileSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { CtrModel, defaultSchema } from '@adscale/ctr';
import { allocate, compare, curve, forecast, opportunities, rank } from '@adscale/decisions';
import { decisionExamples } from '../../src/decisions/decision-examples.js';
import { type PoolOptions, WorkPool, defaultThreads } from '../../src/pool/pool.js';
import { DECISIONS, type DecisionName } from '../../src/pool/task.js';
import { sample } from '../running-app.js';
import { trainModel, trainWords } from '../trained-models.js';

// The threads run what is built, as they do in production.

const { signal: present } = new AbortController();

let plain: CtrModel;
let other: CtrModel;
let withWords: CtrModel;
const pools: WorkPool[] = [];

beforeAll(async () => {
  const { bytes, card } = await trainModel(defaultSchema);
  plain = CtrModel.load(bytes, card, 'plain');
  other = CtrModel.load(bytes, card, 'other');
  const words = await trainWords();
  withWords = CtrModel.load(words.bytes, words.card, 'words');
});
afterEach(() => jest.restoreAllMocks());
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

class Count {
  value = 0;
  increment(): void {
    this.value++;
  }
}

/** A pool of one thread, what it counts, and the models that the service holds as far as it knows. */
function poolOf(options: Partial<PoolOptions> = {}) {
  const counts = {
    refused: new Count(),
    dropped: new Count(),
    stopped: new Count(),
    ended: new Count(),
  };
  const held = [plain, withWords];
  const logger = { error: jest.fn() };
  const settings = { threads: 1, queue: 10, workers: 1, ...options };
  const pool = new WorkPool(settings, () => held, { ...counts, logger });
  pools.push(pool);
  return { pool, counts, held };
}

/** What takes long enough that whatever is asked behind it waits. */
const long = JSON.stringify({
  budget: 300_000,
  cells: Array.from({ length: 5000 }, (_, i) => ({
    record: { ad_position: 1 + (i % 10), device_type: 'mobile' },
    cost: { cpm: 1 + (i % 9) },
    cap: 50 + (i % 300),
  })),
});
const short = JSON.stringify({ a: sample, b: { ...sample, ad_position: 9 } });

const decisions = { allocate, compare, curve, forecast, opportunities, rank };

/** As a service without threads would answer. */
async function decidedHere(model: CtrModel, name: DecisionName, request: unknown) {
  const rows: number[] = [];
  const onRow = (row: ArrayLike<number>) => void rows.push(...Array.from(row));
  const answer = await decisions[name](model, request, { onRow });
  return { text: JSON.stringify(answer), rows };
}

/** How far each thread of this process stands back from others that want processor time, by its id. */
const niceness = () =>
  new Map(
    readdirSync('/proc/self/task').flatMap((thread): [string, number][] => {
      try {
        const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
        return [[thread, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])]];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    }),
  );

if (process.platform !== 'linux') console.log('not Linux: threads have no priority of their own');
else {
  it('has its threads stand back behind the event loop', async () => {
    // Threads of other tests in this process may stand back as well.
    const before = niceness();
    const usual = before.get(String(process.pid))!;
    const { pool } = poolOf();
    const { rank: request } = decisionExamples(plain.schema);
    await pool.decide(plain, 'rank', JSON.stringify(request), present);
    const added = [...niceness()].filter(([thread]) => !before.has(thread));
    expect(added.filter(([, nice]) => nice === usual + 5)).toHaveLength(1);
    expect(niceness().get(String(process.pid))).toBe(usual);
  });
}

describe('a pool', () => {
  it('answers every decision as the library does, to the byte', async () => {
    const { pool } = poolOf();
    for (const model of [plain, withWords]) {
      const examples = decisionExamples(model.schema);
      for (const name of DECISIONS) {
        // HiGHS stops after a time, so that what it answers may depend on how busy the machine is.
        const unhurried = name === 'allocate' && { method: 'lagrangian' };
        const request = { ...examples[name], ...unhurried };
        const there = await pool.decide(model, name, JSON.stringify(request), present);
        const { text, rows } = await decidedHere(model, name, request);
        expect(there).toMatchObject({ kind: 'decided', text });
        const judged = 'rows' in there ? Array.from(there.rows) : [];
        expect(judged).toEqual(model.words === undefined ? [] : rows);
      }
    }
  });

  it('explains as the model does', async () => {
    const { pool } = poolOf();
    for (const model of [plain, withWords]) {
      const row = model.encode(sample);
      const here = model.explainer.explain(row);
      expect(await pool.explain(model, row, present)).toEqual(here);
    }
  });

  it('refuses with code, field and words, as the library does', async () => {
    const { pool } = poolOf();
    const request = { candidates: [{ record: { ...sample, budget: -5 }, bid_cpc: 1 }] };
    const told = await decidedHere(plain, 'rank', request).catch((error: unknown) => error);
    const { code, detail, field } = told as { code: string; detail: string; field: string };
    const there = await pool.decide(plain, 'rank', JSON.stringify(request), present);
    expect(there).toMatchObject({ kind: 'refused', code, detail, field });
    expect(await pool.decide(plain, 'rank', undefined, present)).toMatchObject({
      kind: 'refused',
      field: 'request',
    });
  });

  it.each(['{', '{"__proto__":1}', '{"constructor":{"prototype":1}}', ' '])(
    'says of %s that it is no JSON to be had',
    async (body) => {
      const { pool } = poolOf();
      expect(await pool.decide(plain, 'rank', body, present)).toEqual({ kind: 'malformed' });
    },
  );

  it('takes as many as may wait, and tells others when to come again', async () => {
    const { pool, counts } = poolOf({ queue: 1 });
    const first = pool.decide(plain, 'allocate', long, present);
    const second = pool.decide(plain, 'compare', short, present);
    expect(pool.waiting).toBe(1);
    // The threads have started, and none has done anything yet.
    await setImmediate();
    await expect(pool.decide(plain, 'compare', short, present)).rejects.toMatchObject({
      code: 'OVERLOADED',
      occurrence: { headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) } },
    });
    expect(await Promise.all([first, second])).toMatchObject([
      { kind: 'decided' },
      { kind: 'decided' },
    ]);
    expect(counts.refused.value).toBe(1);
    expect(pool.waiting).toBe(0);
  });

  it('drops a task whose client leaves while it waits', async () => {
    const { pool, counts } = poolOf();
    const client = new AbortController();
    const first = pool.decide(plain, 'allocate', long, present);
    const second = pool.decide(plain, 'compare', short, client.signal);
    const third = pool.decide(plain, 'compare', short, present);
    client.abort(new Error('left'));
    await expect(second).rejects.toThrow('left');
    expect(pool.waiting).toBe(1);
    expect(await Promise.all([first, third])).toMatchObject([
      { kind: 'decided' },
      { kind: 'decided' },
    ]);
    expect([counts.dropped.value, counts.stopped.value]).toEqual([1, 0]);
  });

  it('stops a task whose client leaves while a thread is at it, and keeps the thread', async () => {
    const { pool, counts } = poolOf();
    const share = jest.spyOn(plain, 'share');
    await pool.decide(plain, 'compare', short, present);
    const client = new AbortController();
    const stopped = pool.decide(plain, 'allocate', long, client.signal);
    // The thread has it from here on, and needs many times as long.
    await setImmediate();
    client.abort(new Error('left'));
    await expect(stopped).rejects.toThrow('left');
    expect([counts.dropped.value, counts.stopped.value, counts.ended.value]).toEqual([0, 1, 0]);
    await pool.decide(plain, 'compare', short, present);
    // A new thread would have asked for the model again.
    expect(share).toHaveBeenCalledTimes(1);
  });

  it('ends the thread of a task that goes on without a client, and has another', async () => {
    const { pool, counts } = poolOf({ hangsMs: 0 });
    await pool.decide(plain, 'compare', short, present);
    for (let round = 0; round < 3; round++) {
      const client = new AbortController();
      const hanging = pool.decide(plain, 'allocate', long, client.signal);
      await setImmediate();
      client.abort(new Error('left'));
      await expect(hanging).rejects.toBeDefined();
      expect(await pool.decide(plain, 'compare', short, present)).toMatchObject({
        kind: 'decided',
      });
    }
    // A thread that is quick stops before it is ended.
    expect(counts.stopped.value + counts.ended.value).toBe(3);
  });

  it('asks the model that a task names, and drops those that the service does not hold', async () => {
    const { pool, held } = poolOf();
    const versionOf = async (model: CtrModel) => {
      const there = await pool.decide(model, 'compare', short, present);
      return 'text' in there ? JSON.parse(there.text).model_version : there;
    };
    const share = jest.spyOn(plain, 'share');
    expect(await versionOf(plain)).toBe('plain');
    expect(await versionOf(other)).toBe('other');
    expect(await versionOf(plain)).toBe('plain');
    expect(share).toHaveBeenCalledTimes(1);
    expect(await pool.sweep()).toEqual([1]);
    held.splice(0, held.length, other);
    expect(await pool.sweep()).toEqual([0]);
    expect(await versionOf(plain)).toBe('plain');
    expect(share).toHaveBeenCalledTimes(2);
  });

  it('has a thread for each core but one that its process has, at least one', () => {
    expect(defaultThreads(1, 8)).toBe(7);
    expect(defaultThreads(4, 8)).toBe(1);
    expect(defaultThreads(2, 8)).toBe(3);
    expect(defaultThreads(1, 1)).toBe(1);
    expect(defaultThreads(16, 8)).toBe(1);
  });
});
