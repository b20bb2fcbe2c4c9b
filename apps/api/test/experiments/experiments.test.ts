import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { describeEngines } from '../store/engines.js';
import { modelFolder } from '../trained-models.js';

let folder: string;
beforeAll(async () => (folder = await modelFolder()));

const apps: RunningApp[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function start(OUTCOMES_URL: string): Promise<RunningApp> {
  const api = await runApp({ MODEL_DIR: folder, OUTCOMES_URL });
  apps.push(api);
  return api;
}

const post = ({ server }: RunningApp, path: string, body: object) =>
  request(server).post(path).send(body);

const plan = {
  name: 'Blue button',
  arms: [{ name: 'plain', record: sample }, { name: 'blue' }],
  uplift: 0.1,
};
const today = () => new Date().toISOString().slice(0, 10);

interface Arm {
  name: string;
  label: string;
}

const outcomesOf = (arms: readonly Arm[], clicks: readonly number[], impressions = 50_000) =>
  arms.map(({ label }, i) => ({
    ...{ record: sample, period: today(), arm: label, impressions, clicks: clicks[i] },
  }));

describeEngines('experiments', (engine) => {
  it('are registered, judged at any time, and finished', async () => {
    const api = await start(engine.newUrl());
    const { body: registered } = await post(api, '/experiments', plan).expect(200);
    const { id, arms, size } = registered;
    expect(registered).toMatchObject({ name: 'Blue button', finished_at: null, winner: null });
    expect(arms.map(({ label }: Arm) => label)).toEqual([`${id}/plain`, `${id}/blue`]);
    const predicted = (await api.post(sample)).body.predicted_ctr;
    expect(registered.baseline_ctr).toBeCloseTo(predicted, 3);
    expect(size.impressions).toBeGreaterThan(size.impressions_per_arm_fixed);

    const early = (await api.get(`/experiments/${id}`).expect(200)).body.result;
    expect(early).toMatchObject({ decision: 'running', impressions: 0, reached: 0 });

    await post(api, '/outcomes', outcomesOf(arms, [2500, 2530])).expect(200);
    const middle = (await api.get(`/experiments/${id}`).expect(200)).body.result;
    expect(middle).toMatchObject({ best: null, impressions: 100_000, clicks: 5030, days: 1 });
    expect(middle.arms[1].against_control.found).toBe(false);

    // The day is told again: blue was better than it looked.
    await post(api, '/outcomes', outcomesOf(arms, [2600, 3200])).expect(200);
    const { result } = (await api.get(`/experiments/${id}`).expect(200)).body;
    expect(result).toMatchObject({ decision: 'winner', best: 'blue', clicks: 5800 });
    expect(result.words[1]).toMatch(/^blue has a 23 % higher CTR than plain/);

    const path = `/experiments/${id}/finish`;
    const { body: finished } = await post(api, path, { winner: 'blue' }).expect(200);
    expect(finished).toMatchObject({ winner: 'blue', result: { decision: 'winner' } });
    expect((await post(api, path, {}).expect(409)).body.code).toBe('EXPERIMENT_FINISHED');
    const { body: listed } = await api.get('/experiments?finished=true').expect(200);
    expect(listed.experiments).toMatchObject([{ id, arms }]);
    const { body: running } = await api.get('/experiments?finished=false').expect(200);
    expect(running.experiments).toEqual([]);
  });

  it('tell day by day what their outcomes said, the last day as now', async () => {
    const api = await start(engine.newUrl());
    const { id, arms } = (await post(api, '/experiments', plan).expect(200)).body;
    const none = (await api.get(`/experiments/${id}/history`).expect(200)).body;
    expect(none).toEqual({ id, days: [] });

    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const before = outcomesOf(arms, [2500, 2700]).map((row) => ({ ...row, period: yesterday }));
    await post(api, '/outcomes', before).expect(200);
    const first = (await api.get(`/experiments/${id}`).expect(200)).body.result;
    await post(api, '/outcomes', outcomesOf(arms, [2500, 3100])).expect(200);
    const { result } = (await api.get(`/experiments/${id}`).expect(200)).body;
    const { days } = (await api.get(`/experiments/${id}/history`).expect(200)).body;
    const saysThe = ({ decision, impressions, clicks, reached, arms: told }: typeof result) => ({
      ...{ decision, impressions, clicks, reached, arms: told },
    });
    expect(days).toEqual([
      { day: yesterday, ...saysThe(first) },
      { day: today(), ...saysThe(result) },
    ]);
    await api.get('/experiments/none/history').expect(404);
  });

  it('are planned as they would be registered, and not kept', async () => {
    const api = await start(engine.newUrl());
    const { body: planned } = await post(api, '/experiments/plan', plan).expect(200);
    expect((await api.get('/experiments').expect(200)).body.experiments).toEqual([]);
    const { body: registered } = await post(api, '/experiments', plan).expect(200);
    expect(registered).toMatchObject({ ...planned, arms: [{ share: 0.5 }, { share: 0.5 }] });
    expect(planned.size.impressions).toBeGreaterThan(0);
    const { body: wrong } = await post(api, '/experiments/plan', { ...plan, uplift: 0 }).expect(
      422,
    );
    expect(wrong.errors).toMatchObject([{ field: 'uplift' }]);
  });

  it('do not count the outcomes of others', async () => {
    const api = await start(engine.newUrl());
    const [one, other] = await Promise.all(
      [1, 2].map(async () => (await post(api, '/experiments', plan).expect(200)).body),
    );
    const outcomes = [
      ...outcomesOf(one.arms, [1, 2], 10),
      ...outcomesOf(other.arms, [3, 4], 10),
      { record: sample, period: today(), impressions: 10, clicks: 5 },
    ];
    await post(api, '/outcomes', outcomes).expect(200);
    const { result } = (await api.get(`/experiments/${one.id}`).expect(200)).body;
    expect(result.arms.map(({ clicks }: { clicks: number }) => clicks)).toEqual([1, 2]);
  });

  it('tell of outcomes that name them and none of their arms', async () => {
    const api = await start(engine.newUrl());
    const { body: experiment } = await post(api, '/experiments', plan).expect(200);
    const { id, arms } = experiment;
    const before = (await api.get(`/experiments/${id}`).expect(200)).body.result;
    expect(before.unknown_arms).toEqual([]);
    const lost = ['bleu', 'Blue'].map((name) => ({ name, label: `${id}/${name}` }));
    const outcomes = [...outcomesOf(arms, [1, 2], 10), ...outcomesOf(lost, [3, 4], 1200)];
    await post(api, '/outcomes', outcomes).expect(200);
    const { result } = (await api.get(`/experiments/${id}`).expect(200)).body;
    expect(result.impressions).toBe(20);
    expect(result.unknown_arms).toHaveLength(2);
    expect(result.unknown_arms).toContainEqual({
      label: `${id}/bleu`,
      impressions: 1200,
      clicks: 3,
    });
    expect(result.words).toContain(
      `1,200 impressions came under ${id}/Blue, which is no arm of the experiment: they count nowhere.`,
    );
  });

  it('are listed the newest first, page by page, and outlive the service', async () => {
    const url = engine.newUrl();
    const api = await start(url);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await post(api, '/experiments', plan)).body.id);
    await Promise.all(apps.splice(0).map((app) => app.close()));
    const again = await start(url);
    const { body: page } = await again.get('/experiments?limit=2').expect(200);
    const { body: rest } = await again.get(`/experiments?limit=2&after=${page.next}`).expect(200);
    expect(rest.next).toBeNull();
    const listed = [...page.experiments, ...rest.experiments].map(({ id }) => id);
    expect(listed.toSorted()).toEqual(ids.toSorted());
  });
});

describe('a plan that is refused', () => {
  let api: RunningApp;
  beforeAll(async () => (api = await runApp({ MODEL_DIR: folder })));
  afterAll(() => api.close());

  const [a, b] = [{ name: 'a' }, { name: 'b' }];
  it.each([
    ['nothing', [], ['(body)']],
    ['an unknown field', { name: 'x', arms: [a, b], upplift: 1 }, ['upplift']],
    ['one arm', { name: 'x', arms: [a] }, ['arms']],
    ['two arms of one name', { name: 'x', arms: [a, a] }, ['arms[1].name']],
    ['a name with a slash', { name: 'x', arms: [a, { name: 'b/c' }] }, ['arms[1].name']],
    [
      'shares above 1',
      {
        name: 'x',
        arms: [
          { ...a, share: 0.7 },
          { ...b, share: 0.7 },
        ],
      },
      ['arms'],
    ],
    ['shares that leave none', { name: 'x', arms: [{ ...a, share: 0.9999 }, b] }, ['arms']],
    ['no name', { arms: [a, b] }, ['name']],
    ['numbers of no use', { name: 'x', arms: [a, b], power: 2, uplift: 0 }, ['power', 'uplift']],
    [
      'a record that breaks a rule',
      { name: 'x', arms: [{ ...a, record: { ...sample, budget: -1 } }, b] },
      ['arms[0].record.budget'],
    ],
  ])('has %s', async (_name, body, fields) => {
    const { body: problem } = await post(api, '/experiments', body).expect(422);
    expect(problem.code).toBe('INVALID_EXPERIMENT');
    expect(problem.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
  });

  it.each([
    ['an unknown field', { name: 'x', arms: [a, b], nope: 1 }, { field: 'nope', value: 1 }],
    [
      'an unknown field of an arm',
      { name: 'x', arms: [{ ...a, weight: 0.5 }, b] },
      { field: 'arms[0].weight', value: 0.5 },
    ],
    ['too few arms', { name: 'x', arms: [a] }, { field: 'arms', value: '(an array of 1)' }],
  ])('is told the value of %s', async (_name, body, wanted) => {
    const { body: problem } = await post(api, '/experiments', body).expect(422);
    expect(problem.errors).toMatchObject([wanted]);
    const [{ message }] = problem.errors;
    expect(message).not.toContain('missing');
    expect(message).toContain(`${wanted.field} is ${String(wanted.value).replace(/[()]/g, '')}`);
  });

  it('is finished without a body, whatever type that has', async () => {
    const { body } = await post(api, '/experiments', plan).expect(200);
    const ended = await request(api.server)
      .post(`/experiments/${body.id}/finish`)
      .set('content-type', 'application/json')
      .expect(200);
    expect(ended.body).toMatchObject({ id: body.id, winner: null });
    const { body: other } = await post(api, '/experiments', plan).expect(200);
    await request(api.server).post(`/experiments/${other.id}/finish`).expect(200);
    const empty = request(api.server).post('/experiments').set('content-type', 'application/json');
    expect((await empty.expect(400)).body.code).toBe('MALFORMED_JSON');
  });

  it('or a winner that is no arm', async () => {
    const { body } = await post(api, '/experiments', plan).expect(200);
    const path = `/experiments/${body.id}/finish`;
    for (const wanted of [{ winner: 'green' }, { winner: 7 }, { other: 1 }]) {
      const { body: problem } = await post(api, path, wanted).expect(422);
      const [[field, value]] = Object.entries(wanted);
      expect(problem.errors).toMatchObject([{ field, value }]);
      expect(problem.errors[0].message).toContain(`${field} is ${JSON.stringify(value)}`);
    }
    await post(api, '/experiments/none/finish', {}).expect(404);
    await post(api, path, {}).expect(200);
  });
});
