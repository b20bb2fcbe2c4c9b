import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { describeEngines } from '../store/engines.js';
import { modelFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

const DAY_MS = 86_400_000;
/** The service's clock stands still at noon, so that no day ends in the middle of a test. */
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;
beforeAll(() => void jest.spyOn(Date, 'now').mockReturnValue(NOW));
afterAll(() => jest.restoreAllMocks());
const dayBefore = (days: number) => new Date(NOW - days * DAY_MS).toISOString().slice(0, 10);

let api: RunningApp;

const tell = (body: unknown, type = 'application/json') =>
  request(api.server)
    .post('/outcomes')
    .set('content-type', type)
    .send(typeof body === 'string' ? body : JSON.stringify(body));

/** Cells as `GET /outcomes` tells them, without its last line. */
async function cells(query = ''): Promise<Record<string, unknown>[]> {
  const { text } = await request(api.server)
    .get(`/outcomes${query}`)
    .buffer(true)
    .parse((response, done) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => done(null, text));
    })
    .expect(200)
    .then(({ body }) => ({ text: body as string }));
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const end = lines.pop();
  expect(end).toEqual({ end: true, cells: lines.length });
  return lines;
}

/** A prediction, with its id once ids are signed. */
async function predicted(): Promise<{ id: string; ctr: number }> {
  return waitFor('predictions to have ids', async () => {
    const { headers, body } = await api.post(sample).expect(200);
    const id = headers['x-prediction-id'] as string | undefined;
    return id === undefined ? undefined : { id, ctr: body.predicted_ctr as number };
  }).then((found) => found!);
}

const report = (more: object) => ({
  ...{ record: sample, period: dayBefore(2), impressions: 5000, clicks: 400 },
  ...more,
});

describeEngines('outcomes', (engine) => {
  beforeEach(async () => {
    api = await runApp({ MODEL_DIR: await modelFolder(), OUTCOMES_URL: engine.newUrl() });
  });
  afterEach(() => api.close());

  it('are told by the id of a prediction, which says the rest', async () => {
    const { id, ctr } = await predicted();
    const outcome = { prediction_id: id, impressions: 1000, clicks: 90, campaign: 'spring' };
    const { body } = await tell([outcome]).expect(200);
    expect(body).toEqual({
      ...{ accepted: 1, new: 1, restated: 0, unchanged: 0, outdated: 0, failed: 0, rejected: [] },
    });
    const [cell, ...others] = await cells();
    expect(others).toEqual([]);
    expect(cell).toMatchObject({
      ...{ day: dayBefore(0), record: { ...sample }, unseen: [], campaign: 'spring' },
      ...{ rows: 1, impressions: 1000, clicks: 90, predicted_clicks: 1000 * ctr },
    });
  });

  it('are told by record and period, as a platform reports them, and predicted by the current model', async () => {
    const { ctr } = await predicted();
    await tell(report({ spend: 12.5, placement: 'top' })).expect(200);
    const [cell] = await cells();
    expect(cell).toMatchObject({
      ...{ day: dayBefore(2), placement: 'top', rows: 1, impressions: 5000, clicks: 400 },
      ...{ predicted_clicks: 5000 * ctr, spend: 12.5 },
    });
  });

  it('are summed by cell, whose numbers have two digits', async () => {
    const near = { ...sample, impressions: 5049, budget: 2520 };
    await tell([report({}), report({ record: near, clicks: 410 })]).expect(200);
    expect(await cells()).toMatchObject([
      { record: sample, rows: 2, impressions: 10_000, clicks: 810 },
    ]);
  });

  it('change nothing when they are sent again, also after newer ones', async () => {
    const first = report({ clicks: 300 });
    const second = report({ clicks: 350 });
    await tell([first]).expect(200);
    expect((await tell([first])).body).toMatchObject({ new: 0, restated: 0, unchanged: 1 });
    expect((await tell([second])).body).toMatchObject({ restated: 1, unchanged: 0 });
    expect((await tell([first, second])).body).toMatchObject({ restated: 0, unchanged: 2 });
    expect(await cells()).toMatchObject([{ rows: 1, clicks: 350 }]);
  });

  it('are the same without what was said of them before, whether it counts or was replaced', async () => {
    const labels = { campaign: 'spring', placement: 'top', arm: 'x/a' };
    const first = {
      key: 'a',
      clicks: 300,
      spend: 5,
      until: dayBefore(1) + 'T00:00:00Z',
      ...labels,
    };
    const second = { ...first, clicks: 350, spend: 6, until: dayBefore(0) + 'T00:00:00Z' };
    await tell([report(first)]).expect(200);
    for (const left of ['spend', 'until', 'campaign', 'placement', 'arm']) {
      const less = report({ ...first, [left]: undefined });
      expect((await tell([less])).body).toMatchObject({ unchanged: 1, outdated: 0 });
    }
    await tell([report(second)]).expect(200);
    const bare = (clicks: number) => report({ key: 'a', clicks });
    expect((await tell([bare(300)])).body).toMatchObject({ unchanged: 1, outdated: 1 });
    expect((await tell([bare(350)])).body).toMatchObject({ unchanged: 1, outdated: 0 });
    expect(await cells()).toMatchObject([{ clicks: 350, spend: 6, ...labels }]);
    const other = report({ ...second, spend: 7 });
    expect((await tell([other])).body).toMatchObject({ restated: 1 });
    expect(await cells()).toMatchObject([{ clicks: 350, spend: 7 }]);
  });

  it('are told to be what others of another key are, when they are checked, which keeps nothing', async () => {
    const check = (body: unknown, type?: string) => {
      const text = [body].flat().map((each) => JSON.stringify(each));
      const sent = type === undefined ? body : text.join('\n');
      return tell(sent, type).query({ check: 'true' }).expect(200);
    };
    const told = report({ key: 'a', campaign: 'spring' });
    expect((await check([told])).body).toMatchObject({ accepted: 1, new: 1, alike: 0 });
    await tell([told]).expect(200);
    const again = [told, report({ key: 'b' }), report({ key: 'c', clicks: 399 })];
    for (const type of [undefined, 'application/x-ndjson']) {
      const { body } = await check(again, type);
      expect(body).toMatchObject({ accepted: 3, new: 2, unchanged: 1, alike: 1 });
    }
    expect(await cells()).toMatchObject([{ rows: 1 }]);
  });

  it('are restated by newer figures; older ones that come later do not win', async () => {
    const at = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
    await tell([report({ clicks: 300, until: at(5) })]).expect(200);
    await tell([report({ clicks: 310, until: at(1) })]).expect(200);
    expect((await tell([report({ clicks: 305, until: at(3) })])).body).toMatchObject({
      restated: 1,
    });
    expect(await cells()).toMatchObject([{ clicks: 310 }]);
  });

  it('may be restated within one body', async () => {
    const { body } = await tell([
      report({ clicks: 1 }),
      report({ clicks: 2 }),
      report({ clicks: 2 }),
    ]);
    expect(body).toMatchObject({ new: 1, restated: 1, unchanged: 1 });
    expect(await cells()).toMatchObject([{ rows: 1, clicks: 2 }]);
  });

  it('have keys of their own: the same record twice a day is two outcomes by key, or by campaign', async () => {
    const told = [{ key: 'a' }, { key: 'b' }, { campaign: 'x' }, { campaign: 'y' }, {}].map(report);
    const { body } = await tell(told).expect(200);
    expect(body).toMatchObject({ new: 5 });
    expect((await tell(told)).body).toMatchObject({ unchanged: 5 });
  });

  it('are taken line by line, and told by place where one is wrong', async () => {
    const lines = [report({ key: 'a' }), report({ key: 'b', clicks: 5001 }), report({ key: 'c' })];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    const { body } = await tell(`${text}\nno json\n`, 'application/x-ndjson').expect(200);
    expect(body).toMatchObject({ accepted: 2, new: 2, failed: 2 });
    expect(body.rejected.map(({ index, errors: [{ field }] }: Rejected) => [index, field])).toEqual(
      [
        [1, 'clicks'],
        [3, '(line)'],
      ],
    );
  });

  it('are as many as there are, in several transactions', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => report({ key: String(i) }));
    expect((await tell(many).expect(200)).body).toMatchObject({ accepted: 5000, new: 5000 });
    expect((await tell(many).expect(200)).body).toMatchObject({ unchanged: 5000 });
    expect(await cells()).toMatchObject([{ rows: 5000, impressions: 25_000_000 }]);
  });

  it('are read by days, in pages that leave nothing out', async () => {
    const told = Array.from({ length: 2500 }, (_, i) =>
      report({ campaign: `c${i}`, period: dayBefore(1 + (i % 3)) }),
    );
    await tell(told).expect(200);
    expect(new Set((await cells()).map(({ campaign }) => campaign)).size).toBe(2500);
    const some = await cells(`?from=${dayBefore(2)}&to=${dayBefore(2)}`);
    expect(new Set(some.map(({ day }) => day))).toEqual(new Set([dayBefore(2)]));
    expect(some).toHaveLength(833);
  });

  it('teach how the clicks of a day grow, and what share of them is there', async () => {
    const at = (day: number, age: number) =>
      new Date(Date.parse(dayBefore(day)) + age * DAY_MS + 3_600_000).toISOString();
    const of = (day: number, age: number, clicks: number) =>
      report({ period: dayBefore(day), until: at(day, age), clicks });
    // Each day doubles its clicks from the first day to the second, and stays so.
    const days = [10, 9, 8, 7, 6, 5];
    await tell(days.map((day) => of(day, 1, 100))).expect(200);
    await tell(days.map((day) => of(day, 2, 200))).expect(200);
    const { body } = await api.get('/outcomes/summary').expect(200);
    expect(body).toMatchObject({
      ...{ open: 6, restated: 6, closed: 0, impressions: 30_000, clicks: 1200 },
      ...{ first_day: dayBefore(10), last_day: dayBefore(5) },
      store: { engine: engine.name, available: true, last_error: null },
    });
    expect(body.maturity[1]).toMatchObject({ age: 1, share: 0.5 });
    expect(body.maturity[2]).toMatchObject({ age: 2, share: 1 });
    await tell([of(1, 1, 100)]).expect(200);
    const young = await cells(`?from=${dayBefore(1)}`);
    expect(young).toMatchObject([{ day: dayBefore(1), maturity: { share: 0.5 } }]);
    expect(await cells(`?from=${dayBefore(1)}&mature=true`)).toEqual([]);
  });

  it('say nothing of growth while they were told once', async () => {
    await tell([5, 4, 3].map((day) => report({ period: dayBefore(day) }))).expect(200);
    expect((await api.get('/outcomes/summary')).body.maturity).toEqual([]);
    expect(await cells()).toMatchObject([5, 4, 3].map(() => ({ maturity: null })));
  });

  it('teach the same growth in whatever order they come', async () => {
    const at = (day: number, age: number) =>
      new Date(Date.parse(dayBefore(day)) + age * DAY_MS + 3_600_000).toISOString();
    const told = [9, 8, 7, 6].flatMap((day) =>
      [60, 85, 96, 100].map((clicks, age) =>
        report({ period: dayBefore(day), until: at(day, age), clicks }),
      ),
    );
    const shares = async () => {
      const { body } = await api.get('/outcomes/summary').expect(200);
      return body.maturity.slice(0, 4).map(({ share }: { share: number }) => share);
    };
    // The newest first, each in a body of its own; then the others, mixed, in one.
    for (const last of told.filter((_, i) => i % 4 === 3)) await tell([last]).expect(200);
    await tell(told.filter((_, i) => i % 4 === 1)).expect(200);
    await tell(told.filter((_, i) => i % 2 === 0).reverse()).expect(200);
    expect(await shares()).toEqual([0.6, 0.85, 0.96, 1]);
  });

  it('are as mature as the age at which they were last told', async () => {
    const at = (day: number, age: number) =>
      new Date(Date.parse(dayBefore(day)) + age * DAY_MS + 3_600_000).toISOString();
    // Each day is told at every age, today and yesterday have been; of the day before, today's is to come.
    const told = [9, 8, 7, 6, 5, 4, 3, 2, 1].flatMap((day) =>
      [60, 85, 96, 100].map((clicks, age) => ({ day, age, clicks })),
    );
    const known = told.filter(({ day, age }) => age < day || (age === day && day !== 2));
    await tell(
      known.map(({ day, age, clicks }) =>
        report({ period: dayBefore(day), until: at(day, age), clicks }),
      ),
    ).expect(200);
    const shares = [1, 1, 0.85, 0.85].map((share) => ({ maturity: { share } }));
    expect(await cells(`?from=${dayBefore(4)}`)).toMatchObject(shares);
    // The oldest of the mature days has its last figure since yesterday.
    const mature = await cells(`?from=${dayBefore(6)}&mature=true`);
    expect(mature.map(({ day }) => day)).toEqual([6, 5, 4].map(dayBefore));
  });

  it('are the same after a restart, and so are ids', async () => {
    const { id } = await predicted();
    const url = engine.newUrl();
    await api.close();
    const environment = { MODEL_DIR: await modelFolder(), OUTCOMES_URL: url };
    api = await runApp(environment);
    const later = await predicted();
    await tell([report({})]).expect(200);
    await api.close();
    api = await runApp(environment);
    await predicted();
    expect(await cells()).toHaveLength(1);
    await tell([{ prediction_id: later.id, impressions: 1, clicks: 0 }]).expect(200);
    // One of another store was signed with another key.
    await tell([{ prediction_id: id, impressions: 1, clicks: 0 }]).expect(422);
  });
});

interface Rejected {
  readonly index: number;
  readonly errors: readonly { readonly field: string; readonly rule: string }[];
}

describe('outcomes that are wrong', () => {
  beforeAll(async () => {
    api = await runApp({ MODEL_DIR: await modelFolder() });
    await predicted();
  });
  afterAll(() => api.close());

  it.each<[string, object, string]>([
    ['more clicks than impressions', { clicks: 5001 }, 'clicks'],
    ['negative clicks', { clicks: -1 }, 'clicks'],
    ['half a click', { clicks: 0.5 }, 'clicks'],
    ['clicks in words', { clicks: '5' }, 'clicks'],
    ['no impressions', { impressions: undefined }, 'impressions'],
    ['negative impressions', { impressions: -5 }, 'impressions'],
    ['a field that nobody knows', { conversions: 3 }, 'conversions'],
    ['a period that is none', { period: '2026-02-30' }, 'period'],
    ['a period without end', { period: '2026-01-01/' }, 'period'],
    ['a week', { period: '2026-01-01/2026-01-08' }, 'period'],
    ['the future', { period: dayBefore(-2) }, 'period'],
    ['what is long forgotten', { period: '2001-01-01' }, 'period'],
    ['a record of other fields', { record: { ...sample, ad_position: 99 } }, 'record.ad_position'],
    ['no record', { record: undefined }, 'record'],
    ['a model that is not there', { model_version: '20200101-000000-aaaaaaaa' }, 'model_version'],
    ['a path for a model', { model_version: '../../etc' }, 'model_version'],
    ['figures of tomorrow', { until: `${dayBefore(-1)}T23:59:59Z` }, 'until'],
    ['figures of before the day', { until: `${dayBefore(9)}T00:00:00Z` }, 'until'],
    ['negative spend', { spend: -1 }, 'spend'],
    ['an empty campaign', { campaign: '' }, 'campaign'],
    ['a campaign that would break a database', { campaign: 'a\u0000b' }, 'campaign'],
    ['a placement that steers a terminal', { placement: 'a\u009b31mb' }, 'placement'],
    ['a key with a half of a character', { key: 'a\ud83d' }, 'key'],
    [
      'an id that is none',
      { prediction_id: 'AAAA', record: undefined, period: undefined },
      'prediction_id',
    ],
  ])('are refused by name: %s', async (_what, change, field) => {
    const { body } = await tell([report(change)]).expect(422);
    expect(body).toMatchObject({ code: 'INVALID_OUTCOMES' });
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(`[0].${field}`);
    expect(await cells()).toEqual([]);
  });

  it.each(['application/json', 'application/x-ndjson'])(
    'are refused where a name is no UTF-8, in %s',
    async (type) => {
      const latin1 = Buffer.from(JSON.stringify(report({ campaign: 'Frühling' })), 'latin1');
      const { body } = await request(api.server)
        .post('/outcomes')
        .set('content-type', type)
        .serialize((sent) => sent as unknown as string)
        .send(latin1)
        .expect(422);
      expect(body.errors).toMatchObject([{ field: '[0].campaign' }]);
      expect(await cells()).toEqual([]);
    },
  );

  it('are told what a body should be', async () => {
    const { body } = await request(api.server)
      .post('/outcomes')
      .set('content-type', 'application/json')
      .send('null')
      .expect(422);
    expect(body.detail).toBe('Got null, wanted an outcome or an array of outcomes.');
  });

  it('are not looked for between days in the wrong order, nor by parameters that there are not', async () => {
    const from = dayBefore(3);
    for (const to of [dayBefore(4), undefined]) {
      const [first, query] = to === undefined ? [dayBefore(-1), ''] : [from, `&to=${to}`];
      const { body } = await api.get(`/outcomes?from=${first}${query}`).expect(422);
      const rule = `no later than to, which is ${to ?? dayBefore(0)}`;
      expect(body).toMatchObject({ code: 'INVALID_QUERY', errors: [{ field: 'from', rule }] });
    }
    await api.get(`/outcomes?from=${from}&to=${from}`).expect(200);
    const { body } = await api.get('/outcomes/summary?x=1').expect(422);
    expect(body).toMatchObject({ code: 'INVALID_QUERY', errors: [{ field: 'x' }] });
    await api.get('/monitoring/stream?x=1').expect(422);
    await api.get(`/decisions?from=${from}&to=${dayBefore(4)}`).expect(422);
  });

  it('are refused one by one, and the others are kept', async () => {
    const { body } = await tell([{}, report({ key: 'kept', period: dayBefore(30) }), 5]).expect(
      200,
    );
    expect(body).toMatchObject({ accepted: 1, failed: 2 });
    expect(body.rejected.map(({ index }: Rejected) => index)).toEqual([0, 2]);
  });

  it('are refused if a character of the id is changed, wherever', async () => {
    const { id } = await predicted();
    for (let i = 0; i < id.length; i++) {
      const forged = `${id.slice(0, i)}${id[i] === 'A' ? 'B' : 'A'}${id.slice(i + 1)}`;
      const told = { prediction_id: forged, impressions: 1, clicks: 1 };
      await tell([told]).expect(422);
    }
  });

  it('have their place in a batch, too', async () => {
    const { body } = await request(api.server)
      .post('/predict_ctr/batch?ids=true')
      .send([sample, {}])
      .expect(200);
    const [{ prediction_id, predicted_ctr }, { error }] = body.predictions;
    expect(error.code).toBe('INVALID_RECORD');
    const told = await tell([{ prediction_id, impressions: 100, clicks: 1 }]).expect(200);
    expect(told.body).toMatchObject({ new: 1 });
    const [{ predicted_clicks }] = await cells(`?from=${dayBefore(0)}`);
    expect(predicted_clicks).toBeCloseTo(100 * predicted_ctr, 9);
    const lines = await request(api.server)
      .post('/predict_ctr/stream?ids=true')
      .set('content-type', 'application/x-ndjson')
      .send(`${JSON.stringify(sample)}\n`)
      .buffer(true)
      .parse((response, done) => {
        response.setEncoding('utf8').on('data', (line: string) => done(null, JSON.parse(line)));
      });
    expect(lines.body).toEqual({ predicted_ctr, prediction_id: expect.any(String) });
    await request(api.server).post('/predict_ctr/batch?ids=maybe').send([sample]).expect(422);
  });
});

it('is said where outcomes are off, and predictions have no ids', async () => {
  api = await runApp({ MODEL_DIR: await modelFolder(), OUTCOMES_URL: 'off' });
  const { body } = await tell([report({})]).expect(409);
  expect(body.code).toBe('OUTCOMES_OFF');
  await api.get('/outcomes/summary').expect(409);
  expect((await api.post(sample).expect(200)).headers).not.toHaveProperty('x-prediction-id');
  await api.close();
});
