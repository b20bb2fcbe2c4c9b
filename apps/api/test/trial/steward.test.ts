import { Registry, defaultSchema } from '@adscale/ctr';
import { gateDefaults, type GateEvidence } from '@adscale/monitor';
import type { Logger } from 'pino';
import { ModelLoader } from '../../src/model/loader.js';
import type { ServedModel } from '../../src/model/served-model.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { AnswerCounting } from '../../src/trial/answers.js';
import type { TrialEvidence } from '../../src/trial/evidence.js';
import { TrialKeeper, TrialOutdatedError, type TrialStore } from '../../src/trial/keeper.js';
import { RegistrySwitch } from '../../src/trial/registry-switch.js';
import {
  abort,
  begin,
  end,
  grow,
  percentOf,
  promote,
  type TrialState,
} from '../../src/trial/state.js';
import { TrialSteward } from '../../src/trial/steward.js';
import { type Order, Trials } from '../../src/trial/trials.js';
import { temporaryStore } from '../store/temporary.js';
import { modelFolder, trainModel } from '../trained-models.js';

const HOUR_MS = 3_600_000;
const nothing: GateEvidence = {
  ...{ impressions: 0, clicks: 0, own_clicks: 0, days: 0, dispersion: 1 },
  ...{ tests: [], segments: [], caution: null },
};
const enough: GateEvidence = { ...nothing, impressions: 1e8, clicks: 1e6, days: 2 };
const against: GateEvidence = {
  ...nothing,
  tests: [
    {
      ...{ name: 'segments', e_value: 41, bound: 40, estimate: 0.9, lower: 0.8, upper: 0.97 },
      ...{ allowed: [0.97, 1.03], words: 'device_type = mobile: 10 % fewer' },
    },
  ],
};

let store: ServiceStore;
let registry: Registry;
let loader: ModelLoader;
let first: string;
let second: string;
let now: number;
let found: GateEvidence;
let logs: [object, string][];
let trials = 0;

beforeEach(async () => {
  logs = [];
  const log = (facts: object, message: string) => void logs.push([facts, message]);
  const logger = { info: log, warn: log, error: log } as unknown as Logger;
  store = openStore(temporaryStore(), logger);
  registry = new Registry(await modelFolder());
  loader = new ModelLoader(registry);
  first = (await registry.current())!;
  const { bytes, card } = await trainModel(defaultSchema, 0.6);
  second = await registry.publish(bytes, card, { promote: false });
  now = Date.UTC(2026, 2, 10, 12);
  found = enough;
});
afterEach(() => store.close());

/** Ends a process at one point: nothing that it does afterwards happens. */
class Death {
  private left: number;

  constructor(public readonly point: number) {
    this.left = point;
  }

  async survive<T>(work: () => Promise<T>): Promise<T> {
    this.pass();
    const done = await work();
    this.pass();
    return done;
  }

  get came(): boolean {
    return this.left < 0;
  }

  private pass(): void {
    if (this.left-- <= 0) {
      this.left = -1;
      throw new Error('killed');
    }
  }
}

const never = new Death(Infinity);

/** A process that looks after trials; `death` may end it between any two things that it does. */
function processOf(owner: string, death = never) {
  const log = (facts: object, message: string) => void logs.push([facts, message]);
  const logger = { info: log, warn: log, error: log } as unknown as Logger;
  const mortalStore: TrialStore = {
    run: (name, args) => death.survive(() => store.run(name, args)) as never,
  };
  const mortal = (changes: Registry) => ({
    current: () => registry.current(),
    rollout: () => registry.rollout(),
    guardedBy: (guard: () => Promise<void>) => mortal(changes.guardedBy(guard)),
    promote: (version: string) => death.survive(() => changes.promote(version)),
    endTrials: (version: string) => death.survive(() => changes.endTrials(version)),
    setTrial: (...args: Parameters<Registry['setTrial']>) =>
      death.survive(() => changes.setTrial(...args)),
  });
  const mortalRegistry = mortal(registry) as unknown as Registry;
  const registrySwitch = new RegistrySwitch(mortalRegistry, { look: async () => {} });
  const keeper = new TrialKeeper(mortalStore, registrySwitch, logger, () => now);
  const gather = async () => ({ evidence: found, layout: null, answers: 1e6 });
  const steward = new TrialSteward(
    {
      ...{ store: mortalStore, keeper, loader },
      evidence: { gather } as unknown as TrialEvidence,
      counting: new AnswerCounting({ arms: undefined }, mortalStore, owner),
      served: { schema: defaultSchema } as ServedModel,
    },
    logger,
    { pollMs: 0, owner },
  );
  return { keeper, steward };
}

/** Begins a trial in place of the one before. */
async function beginTrial(step = 0): Promise<void> {
  const { keeper } = processOf('operator');
  const open = await keeper.open();
  if (open !== undefined) await keeper.save(open, end(open.state, now, 'the next one begins'));
  const beginning = {
    id: `trial ${++trials}`,
    version: second,
    current: first,
    before: null,
    clicks: 0,
    history: [],
    now,
  };
  const state = begin({ ...beginning, options: gateDefaults, step });
  await keeper.settle(await keeper.save(undefined, state));
}

const kept = async (): Promise<TrialState> =>
  (await store.run('latestTrial', { version: second }))!.state;
const canary = async () => (await registry.rollout()).canary;
const events = async () => (await kept()).history.map(({ event }) => event);

describe('a steward', () => {
  it('has the canary grow while the evidence allows it, and promotes it', async () => {
    await beginTrial();
    const { steward } = processOf('one');
    const percents: unknown[] = [];
    for (let look = 0; look < 4; look++) {
      percents.push((await canary())?.percent);
      now += 25 * HOUR_MS;
      found = { ...found, clicks: found.clicks + 30_000 };
      await steward.look();
    }
    expect(percents).toEqual([1, 5, 25, undefined]);
    expect(await registry.current()).toBe(second);
    expect(await kept()).toMatchObject({ status: 'promoted', looks: 3 });
    expect(await events()).toEqual(['begun', 'grown', 'grown', 'promoted']);
    const told = logs.filter(([, message]) => message === 'trial grown');
    expect(told).toEqual([
      [expect.objectContaining({ model_version: second, percent: 5, by: 'gate' }), 'trial grown'],
      [expect.objectContaining({ percent: 25 }), 'trial grown'],
    ]);
  });

  it('has it go back at the first look that finds a bound passed, whatever its step', async () => {
    await beginTrial(2);
    found = against;
    await processOf('one').steward.look();
    expect(await canary()).toBeNull();
    expect(await registry.current()).toBe(first);
    const { status, history } = await kept();
    expect(status).toBe('aborted');
    expect(history.at(-1)).toMatchObject({ event: 'aborted', by: 'gate', evidence: against });
  });

  it('leaves a trial alone that another looks after, until that has stopped', async () => {
    await beginTrial();
    const [one, two] = [processOf('one').steward, processOf('two').steward];
    found = nothing;
    await one.look();
    found = against;
    now += 29_000;
    await two.look();
    expect((await kept()).status).toBe('running');
    now += 2000;
    await two.look();
    expect((await kept()).status).toBe('aborted');
  });

  it('ends a trial of which somebody else has changed the canary, and leaves that', async () => {
    await beginTrial();
    await registry.setTrial('canary', { version: second, percent: 50 });
    await processOf('one').steward.look();
    expect(await canary()).toEqual({ version: second, percent: 50 });
    expect(await kept()).toMatchObject({ status: 'ended' });
    expect((await kept()).words).toContain('changed by hand, or by another program');
  });

  it('takes the canary off that is compared with what serves no more', async () => {
    await beginTrial();
    const { bytes, card } = await trainModel(defaultSchema, 0.3);
    const third = await registry.publish(bytes, card);
    await processOf('one').steward.look();
    expect(await canary()).toBeNull();
    expect(await kept()).toMatchObject({
      status: 'ended',
      words: `the current version was replaced by ${third}`,
    });
  });

  it('holds what an operator holds, unless it must go back', async () => {
    await beginTrial();
    const { keeper, steward } = processOf('one');
    const open = (await keeper.open())!;
    await keeper.save(open, { ...open.state, status: 'held' });
    now += 100 * HOUR_MS;
    await steward.look();
    expect(await canary()).toMatchObject({ percent: 1 });
    expect((await kept()).words).toMatch(/^held by an operator; all tests are inside/);
    found = against;
    await steward.look();
    expect(await canary()).toBeNull();
  });

  it.each<[string, (state: TrialState) => TrialState]>([
    ['aborting', (state) => abort(state, 'operator', now, 'aborted by an operator')],
    ['growing', (state) => grow(state, 1, now, 'all tests are inside')],
    ['promoting', (state) => promote(state, 'operator', now, 'promoted by an operator')],
  ])(
    'that is late with %s leaves the registry to what was decided since',
    async (_name, decided) => {
      await beginTrial();
      const { keeper } = processOf('late');
      const open = (await keeper.open())!;
      const late = await keeper.save(open, decided(open.state));
      // Meanwhile another one has done so, has ended it, and has begun the next.
      await keeper.save(late, end(late.state, now, 'the next one begins'));
      await beginTrial();
      await expect(keeper.settle(late)).rejects.toThrow(TrialOutdatedError);
      expect(await canary()).toEqual({ version: second, percent: 1 });
      expect(await registry.current()).toBe(first);
      await processOf('one').steward.look();
      expect((await kept()).status).toBe('running');
    },
  );

  it.each<[Order, object]>([
    ['abort', { status: 'aborted', percent: 0 }],
    ['promote', { status: 'promoted', percent: 100 }],
    ['hold', { status: 'held', percent: 1 }],
  ])(
    'that has done first what an operator orders leaves his word standing: %s',
    async (order, as) => {
      await beginTrial();
      found = nothing;
      const logger = { info: () => {}, error: () => {} };
      const registrySwitch = new RegistrySwitch(registry, { look: async () => {} });
      const slow: Pick<RegistrySwitch, 'view' | 'tell'> = {
        view: () => registrySwitch.view(),
        tell: async (...told) => {
          await processOf('one').steward.look();
          return registrySwitch.tell(...told);
        },
      };
      const keeper = new TrialKeeper(store, slow, logger, () => now);
      const told = await new Trials(store, keeper, slow, logger).order(order);
      expect({ status: told.status, percent: percentOf(told) }).toEqual(as);
      expect((await kept()).status).toBe(told.status);
    },
  );

  it('leaves the registry to others for a while where it may not write it', async () => {
    await beginTrial();
    found = against;
    const denied = Object.assign(new Error('read-only'), { code: 'EROFS' });
    const spy = jest.spyOn(Registry.prototype, 'setTrial').mockRejectedValue(denied);
    const { steward } = processOf('one');
    await steward.look();
    await steward.look();
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await kept()).toMatchObject({ status: 'aborting' });
    expect(logs.filter(([, text]) => text.includes('could not be looked after'))).toHaveLength(1);
    spy.mockRestore();
    now += 31_000;
    await processOf('two').steward.look();
    expect(await kept()).toMatchObject({ status: 'aborted' });
    expect(await canary()).toBeNull();
  });
});

describe.each<[string, number, () => GateEvidence, object]>([
  ['growing', 0, () => enough, { status: 'running', percent: 5, events: ['begun', 'grown'] }],
  ['promoting', 2, () => enough, { status: 'promoted', events: ['begun', 'promoted'] }],
  ['aborting', 1, () => against, { status: 'aborted', events: ['begun', 'aborted'] }],
])('a process that is killed while %s', (_name, step, evidence, wanted) => {
  it('at any point leaves what the next one goes on from', async () => {
    let killed = 0;
    for (let point = 0; ; point++) {
      await registry.promote(first);
      await registry.setTrial('canary', null);
      await beginTrial(step);
      found = evidence();
      now += 25 * HOUR_MS;
      const death = new Death(point);
      await processOf('killed', death).steward.look();
      now += 31_000;
      const next = processOf('next').steward;
      await next.look();
      await next.look();
      const { status } = await kept();
      const rollout = await canary();
      expect({
        ...{ point, status, events: await events(), serving: await registry.current() },
        ...(rollout && { percent: rollout.percent }),
      }).toEqual({ point, serving: status === 'promoted' ? second : first, ...wanted });
      if (!death.came) break;
      killed++;
    }
    expect(killed).toBeGreaterThan(8);
  });
});
