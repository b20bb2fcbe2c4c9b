import { Registry } from '@adscale/ctr';
import { runApp } from '../running-app.js';
import { describeEngines } from '../store/engines.js';
import { temporaryStore } from '../store/temporary.js';
import { modelFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';
import { GatedService, soon } from './gated-service.js';

const DAY_MS = 86_400_000;
/** The clock hardly moves from noon, so that no day ends in the middle of a test. */
let now = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;
beforeAll(() => void jest.spyOn(Date, 'now').mockImplementation(() => ++now));
afterAll(() => jest.restoreAllMocks());

let service: GatedService;
const canary = () => service.canary();
const logged = (message: string) => service.api.logs.filter(({ msg }) => msg === message);

describeEngines('a gated canary', (engine) => {
  beforeEach(async () => {
    service = await GatedService.start(engine.newUrl());
  });
  afterEach(() => service.close());

  it('is listed with the versions that had one', async () => {
    const tried = async () => (await service.ask('get', '/models/trials').expect(200)).body.trials;
    expect(await tried()).toEqual([]);
    await service.begin().expect(200);
    const { begun_at } = await service.trial();
    expect(await tried()).toEqual([{ version: service.second, begun_at, is_over: false }]);
    await service.ask('post', '/models/canary/abort').expect(200);
    expect(await tried()).toEqual([{ version: service.second, begun_at, is_over: true }]);
  });

  it('grows by itself while outcomes speak for it, and is promoted', async () => {
    const { second, first } = service;
    const begun = await service.begin().expect(200);
    expect(begun.body).toMatchObject({ serving: first, canary: { version: second, percent: 1 } });
    const percents = new Set<number>();
    for (let times = 1; times <= 8; times++) {
      await service.tell(second, times);
      await service.look();
      const { status, percent } = await service.trial();
      percents.add(percent);
      if (status === 'promoted') break;
    }
    expect([...percents]).toEqual(expect.arrayContaining([5, 25, 100]));
    expect(await service.registry.current()).toBe(second);
    expect(await canary()).toBeNull();
    const { headers } = await service.ask('post', '/predict_ctr', {
      ...{ impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 },
    });
    expect(headers['x-model-version']).toBe(second);
    const { history } = await service.trial();
    const events = history.map(({ event, by }: { event: string; by: string }) => [event, by]);
    expect(events).toEqual([
      ['begun', 'operator'],
      ['grown', 'gate'],
      ['grown', 'gate'],
      ['promoted', 'gate'],
    ]);
    expect(history.at(-1).words).toContain('all tests are inside their bounds');
    expect(logged('trial promoted')).toHaveLength(1);
  });

  it('goes back by itself soon after outcomes have come that speak against it', async () => {
    const { first, second } = service;
    await service.begin().expect(200);
    await service.tell(first, 1);
    // Nobody looks: outcomes that are committed have it looked at.
    const ended = await waitFor('the canary to be aborted', async () => {
      const trial = await service.trial();
      return trial.status === 'aborted' ? trial : undefined;
    });
    expect(await canary()).toBeNull();
    expect(await service.registry.current()).toBe(first);
    expect(ended.percent).toBe(0);
    const last = ended.history.at(-1);
    expect(last).toMatchObject({ event: 'aborted', by: 'gate', percent: 0 });
    expect(last.words).toMatch(/is beyond its bound/);
    const broken = last.evidence.tests.filter(
      (test: { e_value: number; bound: number }) => test.e_value >= test.bound,
    );
    expect(broken.length).toBeGreaterThan(0);
    expect(last.evidence.segments[0].segment).toMatch(
      /^(impressions|ad_position|budget|predicted)/,
    );
    expect(logged('trial aborted')[0]).toMatchObject({ model_version: second, by: 'gate' });
  });

  it('goes on after a restart, and with whichever service looks', async () => {
    await service.begin().expect(200);
    await service.tell(service.second, 1);
    await service.look();
    expect((await service.trial()).percent).toBe(5);
    await service.close();
    const one = await service.another();
    const two = await service.another();
    expect((await service.trial()).percent).toBe(5);
    await service.tell(service.second, 2);
    await Promise.all([service.look(one), service.look(two)]);
    expect(await canary()).toEqual({ version: service.second, percent: 25 });
    const { history } = await service.trial();
    expect(history.map(({ event }: { event: string }) => event)).toEqual([
      'begun',
      'grown',
      'grown',
    ]);
    expect([...one.logs, ...two.logs].filter(({ msg }) => msg === 'trial grown')).toHaveLength(1);
  });

  it('follows the operator: held, resumed, aborted, promoted', async () => {
    const { first, second } = service;
    const order = (word: string, status = 200) =>
      service.ask('post', `/models/canary/${word}`).expect(status);
    for (const word of ['hold', 'resume', 'promote', 'abort']) {
      expect((await order(word, 404)).body.code).toBe('NO_TRIAL');
    }
    await service.begin().expect(200);
    expect((await order('hold')).body.status).toBe('held');
    await service.tell(second, 1);
    await service.look();
    expect(await service.trial()).toMatchObject({ status: 'held', percent: 1 });
    expect((await order('resume')).body.status).toBe('running');
    await service.look();
    expect((await service.trial()).percent).toBe(5);
    expect((await order('abort')).body).toMatchObject({ status: 'aborted', percent: 0 });
    expect(await canary()).toBeNull();
    await service.begin().expect(200);
    expect((await order('promote')).body).toMatchObject({ status: 'promoted', percent: 100 });
    expect(await service.registry.current()).toBe(second);
    expect(await service.registry.previous()).toBe(first);
    expect(await canary()).toBeNull();
    expect((await order('hold', 404)).body.code).toBe('NO_TRIAL');
  });

  it('is over when an operator changes what is served or tried otherwise', async () => {
    const { second } = service;
    const isOver = async (words: RegExp) => {
      const { status, history } = await service.trial();
      expect([status, history.at(-1).words]).toEqual(['ended', expect.stringMatching(words)]);
    };
    await service.begin().expect(200);
    await service.ask('delete', '/models/canary').expect(200);
    await isOver(/^an operator took the canary off$/);
    await service.begin().expect(200);
    await service.ask('put', '/models/canary', { version: second, percent: 30 }).expect(200);
    await isOver(/^an operator set the canary to .* at 30 %$/);
    expect(await canary()).toEqual({ version: second, percent: 30 });
    await service.begin().expect(200);
    expect(await canary()).toEqual({ version: second, percent: 1 });
    await service.ask('post', `/models/${second}/promote`).expect(200);
    await isOver(/^an operator promoted /);
    await service.ask('post', '/models/rollback').expect(200);
    expect(await canary()).toBeNull();
  });

  it('is judged by how its answers fare, too', async () => {
    await service.begin({ ...soon, steps: [50, 100], least_clicks: 1, least_answers: 20 });
    await service.tell(service.second, 1);
    await service.look();
    expect((await service.trial()).words).toBe('this step has 0 of 20 answers');
    await service.predict(80);
    await service.look();
    const { status, history } = await service.trial();
    expect(status).toBe('promoted');
    const { tests } = history.at(-1).evidence;
    const answered = tests.find(({ name }: { name: string }) => name === 'answered');
    expect(answered.words).toMatch(/^of a thousand requests, 0 fail with the canary and 0 with/);
  });
});

describe('a gate', () => {
  beforeEach(async () => {
    service = await GatedService.start(temporaryStore());
  });
  afterEach(() => service.close());

  it('refuses options that break a rule, naming each, and changes nothing', async () => {
    const wrong: [string[], object][] = [
      [['gate'], { gate: 'yes' }],
      [['gate.alpha', 'gate.sped'], { gate: { alpha: 2, sped: 1 } }],
      [['gate.steps'], { gate: { steps: [5, 1] } }],
      [['percent'], { gate: true, percent: 7 }],
      [['percent'], { gate: true, percent: '5' }],
      [['percent'], { gate: { steps: [10, 100] }, percent: 5 }],
      [['version', 'gate.slow_ms'], { version: 7, gate: { slow_ms: 0 } }],
      [['percent'], { gate: false }],
      [['(body)'], { gate: true, gates: true }],
    ];
    for (const [fields, more] of wrong) {
      const body = { version: service.second, ...more };
      const answer = await service.ask('put', '/models/canary', body).expect(422);
      expect(answer.body.code).toBe('INVALID_TRIAL');
      const named = answer.body.errors.map(({ field }: { field: string }) => field);
      expect([more, named]).toEqual([more, fields]);
    }
    const { body } = await service.begin({ alpha: 2 }).expect(422);
    expect(body.errors[0]).toEqual({
      ...{ field: 'gate.alpha', value: 2, rule: 'a number from 0.0001 to 0.5' },
      message: 'gate.alpha is 2; it must be a number from 0.0001 to 0.5',
    });
    expect(await canary()).toBeNull();
  });

  it('says what it got, and no more than the beginning of what is long', async () => {
    const long = 'x'.repeat(1000);
    const beginning = `${'x'.repeat(64)}…`;
    const gate = { alpha: '0.05', steps: [5, 1], slow_ms: long, least_clicks: null, [long]: 1 };
    const { body } = await service.begin(gate, { percent: { of: long } }).expect(422);
    const told = body.errors.map(({ field, value }: Record<string, unknown>) => [field, value]);
    expect(told).toEqual([
      ['percent', '(an object)'],
      ['gate.alpha', '0.05'],
      ['gate.steps', '[5,1]'],
      ['gate.slow_ms', beginning],
      ['gate.least_clicks', null],
      [`gate.${'x'.repeat(59)}…`, 1],
    ]);
    expect(body.errors[1].message).toBe(
      'gate.alpha is "0.05"; it must be a number from 0.0001 to 0.5',
    );
    expect(body.errors[2].message).toMatch(/^gate\.steps is \[5,1\]; it must be up to 20 numbers/);
    expect(body.errors[5].message).toMatch(/ is 1; it must be absent: the options are steps, /);
    const many = await service.begin({ steps: Array(1000).fill(1) }).expect(422);
    expect(many.body.errors[0].value).toMatch(/^\[(1,){31}1…$/);
  });

  it('refuses a version that cannot be tried', async () => {
    const ask = (version: string) => service.ask('put', '/models/canary', { version, gate: true });
    expect((await ask('none').expect(404)).body.code).toBe('MODEL_VERSION_UNKNOWN');
    expect((await ask(service.first).expect(409)).body.code).toBe('MODEL_REFUSED');
    const none = await service.ask('get', `/models/${service.second}/trial`).expect(404);
    expect(none.body.code).toBe('NO_TRIAL');
  });

  it('refuses where the registry is read-only, and then there is no trial', async () => {
    const denied = Object.assign(new Error('EROFS'), { code: 'EROFS' });
    const spy = jest.spyOn(Registry.prototype, 'setTrial').mockRejectedValue(denied);
    const { body } = await service.begin().expect(409);
    expect(body.code).toBe('REGISTRY_READ_ONLY');
    spy.mockRestore();
    const order = await service.ask('post', '/models/canary/hold').expect(404);
    expect(order.body.code).toBe('NO_TRIAL');
    expect((await service.trial()).history.at(-1).words).toBe('the registry could not be changed');
  });

  it('leaves the trial as it was where an operator’s word cannot be followed', async () => {
    await service.begin().expect(200);
    const denied = Object.assign(new Error('EROFS'), { code: 'EROFS' });
    const spy = jest.spyOn(Registry.prototype, 'promote').mockRejectedValue(denied);
    const { body } = await service.ask('post', '/models/canary/promote').expect(409);
    expect(body.code).toBe('REGISTRY_READ_ONLY');
    spy.mockRestore();
    expect(await service.trial()).toMatchObject({ status: 'running', percent: 1 });
  });

  it('tells Prometheus how the trial stands', async () => {
    const metrics = async () => (await service.ask('get', '/metrics').expect(200)).text;
    expect(await metrics()).not.toMatch(/^adscale_trial_percent\{/m);
    await service.begin().expect(200);
    await service.tell(service.second, 1);
    await service.look();
    const text = await metrics();
    const { second } = service;
    expect(text).toContain(`adscale_trial_info{version="${second}",status="running"} 1`);
    expect(text).toContain(`adscale_trial_percent{version="${second}"} 5`);
    expect(text).toMatch(/adscale_trial_evidence\{version="[^"]+",test="segments"\} [\d.e-]+/);
    expect(text).toContain(`adscale_trial_evidence_bound{version="${second}",test="segments"} 40`);
    expect(text).toMatch(/adscale_trial_clicks\{version="[^"]+"\} \d{4,}/);
  });
});

it('without outcomes there is no gate, but the plain canary', async () => {
  const api = await runApp({ MODEL_DIR: await modelFolder(), OUTCOMES_URL: 'off' });
  try {
    const { body } = await api.get('/models/any/trial').expect(409);
    expect(body.code).toBe('OUTCOMES_OFF');
    expect((await api.get('/models/trials').expect(200)).body).toEqual({ trials: [] });
  } finally {
    await api.close();
  }
});
