import { StoreError } from '../../src/store/errors.js';
import { TrialKeeper, type TrialStore } from '../../src/trial/keeper.js';
import { Trials } from '../../src/trial/trials.js';
import { begun } from './states.js';

const view = async () => ({ current: 'a', canary: null });
const logs: unknown[] = [];
const logger = { info: () => {}, error: (facts: unknown) => void logs.push(facts) };

/** Trials in a store that does this with every question. */
function trialsOf(run: (name: string) => Promise<unknown>, patienceMs?: number): Trials {
  const store = { run } as unknown as TrialStore;
  const registry = { view, tell: async () => {} };
  return new Trials(store, new TrialKeeper(store, registry, logger), registry, logger, patienceMs);
}

const down = () => Promise.reject(new StoreError('the disk is full'));

describe('while the store cannot be used', () => {
  it('what is asked of trials is refused in the words of the catalogue', async () => {
    const trials = trialsOf(down);
    for (const asked of [trials.order('abort'), trials.latest('b')]) {
      await expect(asked).rejects.toMatchObject({ code: 'OUTCOMES_UNAVAILABLE' });
    }
  });

  it('an operator’s change goes its way, and it is logged that the trial was not told', async () => {
    const trials = trialsOf(down);
    await trials.before('canary');
    await trials.after('canary', 'took the canary off');
    expect(logs).toHaveLength(2);
  });

  it('nobody waits long for one that does not answer', async () => {
    const trials = trialsOf(() => new Promise(() => {}), 1);
    await trials.before('current');
    await trials.after('current', 'promoted b');
  });
});

it('an order is given up that always comes between looks', async () => {
  let asked = 0;
  const trials = trialsOf(async (name) => {
    if (name === 'openTrial') return { revision: ++asked, state: begun({ before: null }) };
    return false;
  });
  await expect(trials.order('hold')).rejects.toMatchObject({ code: 'REGISTRY_BUSY' });
  expect(asked).toBe(20);
});
