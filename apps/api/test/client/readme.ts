/*
 * Every call of the READMEs, made with a client that was generated from the running service. It is
 * compiled and run by ../generated-client.test.ts, beside `schema.ts`, which is the generated part.
 * It prints a line of JSON for each call: what was asked, and the status of the answer.
 *
 * usage: node readme.js <address> <key with both scopes> <version> <another version>
 */
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Schemas = components['schemas'];

const [baseUrl, key, version, other] = process.argv.slice(2);

const told: Middleware = {
  async onResponse({ request, response }) {
    const { method, url } = request;
    const { pathname, search } = new URL(url);
    console.log(
      JSON.stringify({
        ...{
          method,
          path: pathname + search,
          body: bodies.get(request.headers.get('x-request-id')),
        },
        status: response.status,
      }),
    );
  },
  async onRequest({ request }) {
    const id = String(bodies.size);
    bodies.set(id, await request.clone().text());
    request.headers.set('x-request-id', id);
    return request;
  },
};
const bodies = new Map<string | null, string>();

const client = createClient<paths>({ baseUrl, headers: { 'x-api-key': key } });
client.use(told);

/** What was answered; a refusal ends the program, with its code, which is one of those there are. */
function answered<T>({ data, error }: { data?: T; error?: Schemas['Problem'] }): T {
  if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
  return data!;
}

const typical: Schemas['PredictRequest'] = {
  impressions: 5000,
  ad_position: 1,
  device_type: 'mobile',
  budget: 2500,
};

async function predict(): Promise<void> {
  const { predicted_ctr } = answered(await client.POST('/predict_ctr', { body: typical }));
  const sure = answered(
    await client.POST('/predict_ctr', { body: typical, params: { query: { interval: 0.9 } } }),
  );
  const { low, high } = sure.interval!;
  if (!(low <= predicted_ctr && predicted_ctr <= high)) throw new Error('not in its interval');

  const explained = answered(await client.POST('/explain', { body: typical }));
  const sum = Object.values(explained.contributions).reduce((a, b) => a + b, explained.base_value);
  if (Math.abs(sum - explained.unrounded_ctr) > 1e-9) throw new Error('it does not add up');

  const wrong = { ...typical, ad_position: 11 };
  const batch = answered(await client.POST('/predict_ctr/batch', { body: [typical, wrong] }));
  const [good, bad] = batch.predictions;
  const field: string | undefined = bad.error?.errors?.[0].field;
  const code: Schemas['Problem']['code'] | undefined = bad.error?.code;
  if (
    good.predicted_ctr !== predicted_ctr ||
    field !== 'ad_position' ||
    code !== 'INVALID_RECORD'
  ) {
    throw new Error('the batch is not answered record by record');
  }

  const lines: string = answered(
    await client.POST('/predict_ctr/stream', {
      body: `${JSON.stringify(typical)}\noops\n`,
      bodySerializer: (text) => text,
      headers: { 'content-type': 'application/x-ndjson' },
      parseAs: 'text',
    }),
  );
  if (lines.split('\n').length !== 3) throw new Error('not a line for a line');
}

async function decide(): Promise<void> {
  const ranking = answered(
    await client.POST('/rank', {
      body: {
        floor_ecpm: 20,
        candidates: [
          { id: 'shoes', record: typical, value_per_click: 0.4 },
          {
            id: 'phones',
            record: { impressions: 8000, ad_position: 1, device_type: 'desktop', budget: 9000 },
            bid_cpc: 0.46,
          },
          {
            id: 'trips',
            record: { ...typical, ad_position: 3 },
            target_cpa: 25,
            conversion_rate: 0.02,
          },
        ],
      },
    }),
  );
  const best: { readonly rank: number; readonly worth_winning: boolean } = ranking.candidates[0];
  if (best.rank !== 1) throw new Error('not ranked');

  const campaign = { ad_position: 2, device_type: 'mobile', budget: 5000 } as const;
  const forecast = answered(
    await client.POST('/forecast', {
      body: {
        currency: 'EUR',
        schedule: [
          {
            id: 'week 1',
            record: { ...campaign, impressions: 12000, ad_position: 1 },
            cost: { cpc: 0.35 },
          },
          { id: 'week 2', record: { ...campaign, impressions: 12000 }, cost: { cpc: 0.35 } },
          {
            id: 'week 3',
            record: { ...campaign, impressions: 15000, device_type: 'desktop' },
            cost: { cpm: 14 },
          },
        ],
      },
    }),
  );
  if (!(forecast.total.clicks.low < forecast.total.clicks.high)) throw new Error('no interval');

  const { live_test } = answered(
    await client.POST('/compare', {
      body: {
        a: { impressions: 6000, ad_position: 2, device_type: 'mobile', budget: 2500 },
        b: { impressions: 9000, ad_position: 2, device_type: 'desktop', budget: 6000 },
      },
    }),
  );
  const size: number | undefined = live_test?.impressions_per_arm;
  if (size === 0) throw new Error('a test of nothing');

  const inventory = { max_impressions: 20000 };
  const allocation = answered(
    await client.POST('/allocate', {
      body: {
        ...{ budget: 700, campaign_budget: 5000, currency: 'EUR' },
        cells: [
          {
            ...{ id: 'mobile 1', record: { device_type: 'mobile', ad_position: 1 } },
            ...{ cost: { cpm: 11 }, ...inventory },
          },
          {
            ...{ id: 'mobile 3', record: { device_type: 'mobile', ad_position: 3 } },
            ...{ cost: { cpm: 5.5 }, max_impressions: 25000 },
          },
          {
            ...{ id: 'desktop 1', record: { device_type: 'desktop', ad_position: 1 } },
            ...{ cost: { cpm: 10.5 }, ...inventory, cap: 150 },
          },
          {
            ...{ id: 'desktop 3', record: { device_type: 'desktop', ad_position: 3 } },
            ...{ cost: { cpm: 4.5 }, max_impressions: 25000 },
          },
          {
            ...{ id: 'tablet 1', record: { device_type: 'tablet', ad_position: 1 } },
            ...{ cost: { cpc: 0.16 }, ...inventory, floor: 80 },
          },
        ],
      },
    }),
  );
  if (allocation.total.spent > allocation.total.budget) throw new Error('overspent');

  const opportunities = answered(
    await client.POST('/opportunities', {
      body: {
        base: { impressions: 8000, ad_position: 1, device_type: 'mobile', budget: 3000 },
        vary: {
          ad_position: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
          device_type: ['mobile', 'desktop', 'tablet'],
        },
        ...{ floor_ctr: 0.004, top: 2 },
      },
    }),
  );
  if (opportunities.best.length > 2) throw new Error('more than asked for');

  const curve = answered(
    await client.POST('/curve', {
      body: {
        ...{ record: typical, over: 'spend', from: 20, to: 300 },
        ...{ cost: { cpm: 8 }, currency: 'EUR' },
      },
    }),
  );
  if (curve.steps[0].from !== 20) throw new Error('it begins elsewhere');
}

async function infer(): Promise<void> {
  const { data, error } = await client.POST('/v2/models/{name}/infer', {
    params: { path: { name: 'ctr' } },
    body: {
      id: '42',
      inputs: [
        { name: 'impressions', datatype: 'INT64', shape: [2], data: [5000, 5000] },
        { name: 'ad_position', datatype: 'INT64', shape: [2], data: [1, 4] },
        { name: 'device_type', datatype: 'BYTES', shape: [2], data: ['mobile', 'tablet'] },
        { name: 'budget', datatype: 'FP64', shape: [2], data: [2500, 2500] },
      ],
    },
  });
  if (error !== undefined) throw new Error(error.error);
  if (data.outputs[0].data?.length !== 2) throw new Error('not a number a row');
}

/** Outcomes are of many days ago here: the service is told to keep them. */
async function tell(): Promise<void> {
  const told = answered(
    await client.POST('/outcomes', {
      body: [
        {
          record: typical,
          ...{ period: '2026-11-01', impressions: 5000, clicks: 421 },
          ...{ spend: 180.5, campaign: 'spring' },
        },
      ],
    }),
  );
  if (told.new !== 1) throw new Error('not kept');
  const query = { from: '2026-11-01', to: '2026-11-30' };
  const lines: string = answered(
    await client.GET('/outcomes', { params: { query }, parseAs: 'text' }),
  );
  if (!lines.includes('"clicks":421')) throw new Error('not told');
  const { open } = answered(await client.GET('/outcomes/summary'));
  if (open !== 1) throw new Error('not counted');
}

async function experiment(): Promise<void> {
  const { id, arms, size } = answered(
    await client.POST('/experiments', {
      body: {
        ...{ name: 'Blue button', uplift: 0.1, baseline_ctr: 0.05 },
        arms: [{ name: 'plain' }, { name: 'blue' }],
      },
    }),
  );
  const impressions: number | undefined = size?.impressions;
  if (arms[1].label !== `${id}/blue` || impressions === 0) throw new Error('not registered');
  const params = { path: { id } };
  const { result } = answered(await client.GET('/experiments/{id}', { params }));
  const found: boolean | undefined = result.arms[1].against_control?.found;
  if (found !== false) throw new Error('found without an outcome');
  const { winner } = answered(
    await client.POST('/experiments/{id}/finish', { params, body: { winner: 'blue' } }),
  );
  if (winner !== 'blue') throw new Error('not finished');
  const query = { finished: true };
  const { experiments } = answered(await client.GET('/experiments', { params: { query } }));
  if (experiments.length !== 1) throw new Error('not listed');
}

/** The service keeps decisions here. */
async function judge(): Promise<void> {
  const { decisions } = answered(await client.GET('/decisions'));
  const [{ id }] = decisions;
  const judged = answered(await client.GET('/decisions/{id}', { params: { path: { id } } }));
  const coverage: number | undefined = judged.hindsight?.coverage.judged;
  if (coverage !== 0) throw new Error('judged without an outcome');
}

/** The trainer is on here. */
async function learn(): Promise<void> {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const [position, device] = [1 + (i % 10), ['mobile', 'desktop', 'tablet'][i % 3]];
    return `${1000 + i},${position},${device},${100 + i},${60 - 5 * (i % 10)}`;
  });
  const csv = ['impressions,ad_position,device_type,budget,clicks', ...rows].join('\n');
  const file = answered(
    await client.POST('/training/files', {
      params: { query: { name: 'ads.csv' } },
      body: csv,
      bodySerializer: (text) => text,
      headers: { 'content-type': 'application/octet-stream' },
    }),
  );
  const looking = answered(
    await client.POST('/training/jobs', { body: { kind: 'inspect', file: file.id } }),
  );
  const job = { params: { path: { id: looking.id } } };
  // Ends with the job.
  answered(await client.GET('/training/jobs/{id}/stream', { ...job, parseAs: 'text' }));
  const { result, state } = answered(await client.GET('/training/jobs/{id}', job));
  if (state !== 'succeeded' || result?.rows !== 400) throw new Error('not looked at');
  const training = answered(
    await client.POST('/training/jobs', {
      body: { kind: 'train', file: file.id, options: { trees: 100 } },
    }),
  );
  answered(await client.DELETE('/training/jobs/{id}', { params: { path: { id: training.id } } }));
  const { jobs } = answered(await client.GET('/training/jobs'));
  if (jobs.length !== 2) throw new Error('not listed');
  const { files, room } = answered(await client.GET('/training/files'));
  if (files[0].name !== 'ads.csv' || room.used_bytes < csv.length) throw new Error('not kept');
}

/** There are no outcomes here. */
async function monitor(): Promise<void> {
  const { findings, models, alerts } = answered(await client.GET('/monitoring'));
  const title: string | undefined = alerts[0]?.title;
  if (models.length > 0 || title !== undefined || findings.length > 1) throw new Error('found');
  const query = { from: '2026-01-01', to: '2026-01-31', young: 'leave-out', cpc: 0.4 } as const;
  const segments = answered(await client.GET('/monitoring/segments', { params: { query } }));
  const money: number | undefined = segments.by_money[0]?.gain.money?.value;
  const effects = answered(await client.GET('/monitoring/effectiveness', { params: { query } }));
  const rate: number | undefined = effects.change?.by.device_type.rate;
  const history = answered(await client.GET('/monitoring/history', { params: { query } }));
  if (money !== undefined || rate !== undefined) throw new Error('made of nothing');
  if (history.from !== query.from || history.days.length > 0) throw new Error('other days');
}

async function operate(): Promise<void> {
  const path = { version: other };
  const promoted = answered(await client.POST('/models/{version}/promote', { params: { path } }));
  if (promoted.serving !== other) throw new Error('not promoted');
  const back = answered(await client.POST('/models/rollback'));
  if (back.serving !== version) throw new Error('not rolled back');
  const trial = answered(
    await client.PUT('/models/canary', { body: { version: other, percent: 5 } }),
  );
  if (trial.canary?.percent !== 5) throw new Error('not tried');
  const gate = { least_clicks: 10_000 };
  const gated = answered(await client.PUT('/models/canary', { body: { version: other, gate } }));
  if (gated.canary?.percent !== 1) throw new Error('the gate has not begun');
  const { status, history } = answered(
    await client.GET('/models/{version}/trial', { params: { path } }),
  );
  if (status !== 'running' || history[0].event !== 'begun') throw new Error('no trial');
  const held = answered(await client.POST('/models/canary/hold'));
  if (held.status !== 'held') throw new Error('not held');
  const stats = answered(await client.GET('/stats'));
  if (stats.predictions === 0) throw new Error('not counted');
}

/** What a page asks of a model to run it itself. */
async function lookInside(): Promise<void> {
  const params = { path: { version: 'current' } };
  const file: ArrayBuffer = answered(
    await client.GET('/models/{version}/file', { params, parseAs: 'arrayBuffer' }),
  ) as unknown as ArrayBuffer;
  if (new TextDecoder().decode(file.slice(0, 4)) !== 'ADSF') throw new Error('not a model');
  const { names, columns } = answered(
    await client.POST('/models/{version}/columns', { params, body: typical }),
  );
  if (names.length !== 4 || columns[0] !== 5000) throw new Error('other columns');
  const { rows, groups } = answered(await client.GET('/models/{version}/background', { params }));
  if (rows[0].length !== 4 || groups !== null) throw new Error('other rows');
  const { key: name, scopes } = answered(await client.GET('/whoami'));
  if (name !== 'ops' || scopes.length !== 3) throw new Error('somebody else');
}

/** And those that no README has a line for. */
async function others(): Promise<void> {
  const { versions } = answered(await client.GET('/models'));
  const metrics: number | undefined = versions[0].metrics?.rows;
  if (metrics === 0) throw new Error('judged by nothing');
  answered(await client.GET('/models/{version}', { params: { path: { version } } }));
  answered(await client.PUT('/models/shadow', { body: { version: other, percent: 5 } }));
  answered(await client.DELETE('/models/shadow'));
  answered(await client.POST('/models/canary/resume'));
  answered(await client.POST('/models/canary/abort'));
  answered(await client.PUT('/models/canary', { body: { version: other, gate: true } }));
  answered(await client.DELETE('/models/canary'));
  const text: string = answered(await client.GET('/metrics', { parseAs: 'text' }));
  if (!text.startsWith('#')) throw new Error('no metrics');
  const { status }: { status: string } = answered(await client.GET('/health/ready'));
  if (status !== 'ok') throw new Error('not ready');
  const { data } = await client.GET('/v2/models/{name}/versions/{version}', {
    params: { path: { name: 'ctr', version } },
  });
  if (data?.inputs.length !== 4) throw new Error('no inputs');
}

await predict();
await decide();
await infer();
await tell();
await experiment();
await judge();
await learn();
await monitor();
await lookInside();
await operate();
await others();
