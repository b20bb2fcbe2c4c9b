import type { Logger } from 'pino';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { grow, hold } from '../../src/trial/state.js';
import { describeEngines } from '../store/engines.js';
import { begun, NOW } from './states.js';

const quiet = () => {};
const logger = { info: quiet, warn: quiet, error: quiet } as unknown as Logger;

describeEngines('trials in the store', (engine) => {
  let store: ServiceStore;
  beforeEach(() => {
    store = openStore(engine.newUrl(), logger);
  });
  afterEach(() => store.close());

  const save = (revision: number, state = begun(), isOver = false) =>
    store.run('saveTrials', { changes: [{ revision, state, isOver }] });

  it('are one at most that is not over', async () => {
    expect(await store.run('openTrial', undefined)).toBeUndefined();
    expect(await save(0)).toBe(true);
    expect(await store.run('openTrial', undefined)).toEqual({ revision: 1, state: begun() });
    expect(await save(0, begun({ id: 'another' }))).toBe(false);
    expect(await save(1, begun(), true)).toBe(true);
    expect(await store.run('openTrial', undefined)).toBeUndefined();
    expect(await save(0, begun({ id: 'another', version: 'c' }))).toBe(true);
    expect((await store.run('openTrial', undefined))!.state.id).toBe('another');
  });

  it('are changed only as they were read', async () => {
    await save(0);
    const held = hold(begun(), NOW);
    expect(await save(1, held)).toBe(true);
    expect(await save(1, grow(begun(), 1, NOW, ''))).toBe(false);
    expect(await store.run('openTrial', undefined)).toEqual({ revision: 2, state: held });
  });

  it('are changed together or not at all', async () => {
    await save(0);
    const both = (revision: number) =>
      store.run('saveTrials', {
        changes: [
          { revision, state: begun(), isOver: true },
          { revision: 0, state: begun({ id: 'next', version: 'c' }), isOver: false },
        ],
      });
    expect(await both(7)).toBe(false);
    expect((await store.run('openTrial', undefined))!.state.id).toBe('trial');
    expect(await both(1)).toBe(true);
    expect((await store.run('openTrial', undefined))!.state.id).toBe('next');
  });

  it('of which a version’s latest is found', async () => {
    expect(await store.run('latestTrial', { version: 'b' })).toBeUndefined();
    await save(0, begun(), true);
    await save(0, begun({ id: 'later', now: NOW + 1 }), true);
    await save(0, begun({ id: 'other', version: 'c', now: NOW + 2 }), true);
    expect((await store.run('latestTrial', { version: 'b' }))!.state.id).toBe('later');
  });

  it('name the versions that had one, the latest first, and whether it is over', async () => {
    const tried = (most: number) => store.run('triedVersions', { most });
    expect(await tried(9)).toEqual([]);
    await save(0, begun(), true);
    await save(0, begun({ id: 'other', version: 'c', now: NOW + 1 }), true);
    await save(0, begun({ id: 'later', now: NOW + 2 }));
    const b = { version: 'b', begun_at: NOW + 2, is_over: false };
    expect(await tried(9)).toEqual([b, { version: 'c', begun_at: NOW + 1, is_over: true }]);
    expect(await tried(1)).toEqual([b]);
  });

  it('have one steward at a time, until its lease is over', async () => {
    await save(0);
    const claim = (owner: string, now: number) =>
      store.run('claimTrial', { id: 'trial', owner, now, until: now + 100 });
    expect(await claim('one', 0)).toBe(true);
    expect(await claim('two', 50)).toBe(false);
    expect(await claim('one', 60)).toBe(true);
    expect(await claim('two', 159)).toBe(false);
    expect(await claim('two', 160)).toBe(true);
    expect(await claim('one', 161)).toBe(false);
  });

  it('have the answers of all processes, by percentage', async () => {
    const row = { trial: 'trial', percent: 5, process: 'one' };
    const counts = { tried: 10, tried_failed: 1, tried_slow: 2 };
    const all = { ...counts, current: 90, current_failed: 3, current_slow: 4 };
    await store.run('keepAnswers', { ...row, ...all });
    await store.run('keepAnswers', { ...row, ...all, tried: 20 });
    await store.run('keepAnswers', { ...row, ...all, process: 'two' });
    await store.run('keepAnswers', { ...row, ...all, percent: 1 });
    await store.run('keepAnswers', { ...row, ...all, trial: 'another' });
    expect(await store.run('trialAnswers', { trial: 'trial' })).toEqual([
      { percent: 1, ...all },
      {
        ...{ percent: 5, tried: 30, tried_failed: 2, tried_slow: 4 },
        ...{ current: 180, current_failed: 6, current_slow: 8 },
      },
    ]);
  });
});
