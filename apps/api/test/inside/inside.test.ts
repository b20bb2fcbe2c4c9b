import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CtrModel, Registry, type Trained, defaultSchema } from '@adscale/ctr';
import { Explainer, readModel } from '@adscale/forest';
import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, trainModel, trainWords } from '../trained-models.js';

const KEYS = { bidder: 'predict', analyst: 'predict+outcomes' };
const API_KEYS = Object.entries(KEYS)
  .map(([name, scopes]) => `${name}:${scopes}:${createHash('sha256').update(name).digest('hex')}`)
  .join();

const words = {
  impressions: 4000,
  ad_position: 3,
  publisher: 'news.example',
  keyword: 'red shoes',
  creative: 1001,
  device_type: 'mobile',
};

/** The service with a model of the default features, and one of words. */
let api: RunningApp;
let wordly: RunningApp;
let registry: Registry;
let serving: string;
let other: string;
let trained: Trained;

beforeAll(async () => {
  const MODEL_DIR = await modelFolder();
  registry = new Registry(MODEL_DIR);
  serving = (await registry.current())!;
  const { bytes, card } = await trainModel(defaultSchema, 0.3);
  const files = { 'report.html': '<!doctype html><style>p {}</style><p>A report' };
  other = await registry.publish(bytes, card, { promote: false, files });
  api = await runApp({ MODEL_DIR, API_KEYS });
  trained = await trainWords();
  const folder = await emptyFolder();
  await new Registry(folder).publish(trained.bytes, trained.card);
  wordly = await runApp({ MODEL_DIR: folder });
}, 60_000);
afterAll(() => Promise.all([api.close(), wordly.close()]));

const as = (name: keyof typeof KEYS, path: string) => api.get(path).set('x-api-key', name);
const bytesOf = (sent: request.Test) =>
  sent.buffer(true).parse((answer, done) => {
    const parts: Buffer[] = [];
    answer.on('data', (part) => parts.push(Buffer.from(part)));
    answer.on('end', () => done(null, Buffer.concat(parts)));
  });

describe('the file of a version', () => {
  it.each(['current', 'by name'])('is what the trainer wrote, %s', async (by) => {
    const name = by === 'current' ? by : serving;
    const { body, headers } = await bytesOf(as('bidder', `/models/${name}/file`)).expect(200);
    expect(body).toEqual(await readFile(registry.fileOf(serving, 'model.adsf')));
    const { digest } = CtrModel.load(body);
    expect(headers).toMatchObject({
      etag: `"${digest}"`,
      'content-type': 'application/octet-stream',
      'content-length': String(body.length),
      'x-model-version': serving,
      'cache-control':
        by === 'current' ? 'private, no-cache' : 'private, max-age=31536000, immutable',
    });
  });

  it('is of any version, loaded or not', async () => {
    const { body } = await bytesOf(as('bidder', `/models/${other}/file`)).expect(200);
    expect(body).toEqual(await readFile(registry.fileOf(other, 'model.adsf')));
  });

  it('is not sent to who has it, and answers HEAD with its length', async () => {
    const path = `/models/${serving}/file`;
    const { headers } = await bytesOf(as('bidder', path)).expect(200);
    await as('bidder', path)
      .set('if-none-match', headers.etag)
      .expect(304)
      .expect('etag', headers.etag);
    const head = await request(api.server).head(path).set('x-api-key', 'bidder').expect(200);
    expect(head.headers).toMatchObject({
      etag: headers.etag,
      'content-length': headers['content-length'],
    });
  });

  it('needs a key, and is nothing where there is no such version', async () => {
    await api.get(`/models/${serving}/file`).expect(401);
    for (const name of ['none', '..%2F..', '%2e%2e', '.staging', 'a%00b', 'previous']) {
      const { body } = await as('bidder', `/models/${name}/file`).expect(404);
      expect(body.code).toBe('MODEL_VERSION_UNKNOWN');
    }
  });

  it('is none while no model is loaded', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    const codes = await Promise.all(
      ['file', 'report', 'words?feature=x', 'background'].map(
        async (what) => (await bare.get(`/models/current/${what}`).expect(503)).body.code,
      ),
    );
    await bare.close();
    expect(codes).toEqual(codes.map(() => 'MODEL_NOT_LOADED'));
  });
});

describe('the report of a version', () => {
  it('is a page that may be framed by our own and runs nothing', async () => {
    const { text, headers } = await as('bidder', `/models/${other}/report`).expect(200);
    expect(text).toContain('A report');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).toMatch(/;sandbox(;|$)/);
    expect(policy).not.toContain('script-src');
    expect(headers['x-frame-options']).toBe('SAMEORIGIN');
    await as('bidder', `/models/${other}/report`).set('if-none-match', headers.etag).expect(304);
  });

  it('is missed where the trainer wrote none', async () => {
    const { body, headers } = await as('bidder', `/models/${serving}/report`).expect(404);
    expect(body.code).toBe('NO_REPORT');
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('the columns of a record', () => {
  const post = ({ server }: RunningApp, record: object, version = 'current') =>
    request(server).post(`/models/${version}/columns`).set('x-api-key', 'bidder').send(record);

  it('are what the forest in the file predicts by, to the last bit', async () => {
    const forest = readModel(trained.bytes);
    const model = CtrModel.load(trained.bytes, trained.card);
    const unseen = { ...words, keyword: 'never seen', creative: 5 };
    const { ad_position: _, ...held } = words;
    for (const record of [words, unseen, held]) {
      const { body } = await post(wordly, record).expect(200);
      expect(body.names).toEqual(forest.schema.features.map(({ name }) => name));
      const columns = body.columns.map((value: number | null) => value ?? NaN);
      expect(columns).toEqual(Array.from(model.columnsOf(model.encode(record))));
      expect(forest.predict(columns)).toBe(model.compiled.predict(columns));
      const answer = await request(wordly.server).post('/predict_ctr').send(record).expect(200);
      expect(answer.body.predicted_ctr).toBe(Number(forest.predict(columns).toFixed(4)));
    }
  });

  it('have null for what is not known', async () => {
    const { body } = await post(wordly, { ...words, keyword: 'never seen' }).expect(200);
    expect(body.row).toEqual([4000, 3, expect.any(Number), null, 1001, 0]);
  });

  it('are the record itself where there are no words', async () => {
    const { body } = await post(api, sample).expect(200);
    expect(body).toEqual({
      version: serving,
      row: [5000, 1, 0, 2500],
      names: ['impressions', 'ad_position', 'device_type', 'budget'],
      columns: [5000, 1, 0, 2500],
    });
  });

  it('are refused for a record that cannot be predicted, and of what is not loaded', async () => {
    const { body } = await post(api, { ...sample, budget: 'much' }).expect(422);
    expect(body.errors).toEqual([expect.objectContaining({ field: 'budget', value: 'much' })]);
    expect((await post(api, sample, other).expect(409)).body.code).toBe('VERSION_NOT_LOADED');
    expect((await post(api, sample, 'none').expect(404)).body.code).toBe('MODEL_VERSION_UNKNOWN');
  });

  it('are not counted as a prediction', async () => {
    const predictions = async () => (await as('bidder', '/stats').expect(200)).body.predictions;
    const before = await predictions();
    await post(api, sample).expect(200);
    expect(await predictions()).toEqual(before);
  });
});

describe('the rows that explanations compare with', () => {
  it.each(['words', 'no words'])(
    'explain a prediction elsewhere as here, with %s',
    async (kind) => {
      const [service, record] = kind === 'words' ? [wordly, words] : [api, sample];
      const ask = (path: string) => request(service.server).get(path).set('x-api-key', 'analyst');
      const file = await bytesOf(ask('/models/current/file')).expect(200);
      const { body } = await ask('/models/current/background').expect(200);
      const forest = readModel(file.body);
      const rows = body.rows.map((row: (number | null)[]) => row.map((value) => value ?? NaN));
      const explainer = new Explainer(
        forest,
        { rows, weight: body.weights },
        body.groups === null ? {} : { groups: body.groups },
      );
      const post = (path: string) =>
        request(service.server).post(path).set('x-api-key', 'analyst').send(record).expect(200);
      const { columns } = (await post('/models/current/columns')).body;
      const explained = explainer.explain(columns);
      const { body: answer } = await post('/explain');
      expect(explained.base).toBe(answer.base_value);
      expect(body.explained).toEqual(Object.keys(answer.contributions));
      expect(Array.from(explained.values)).toEqual(Object.values(answer.contributions));
    },
  );

  it('are told to who may read outcomes, and to nobody else', async () => {
    const { body } = await as('bidder', '/models/current/background').expect(403);
    expect(body.code).toBe('SCOPE_MISSING');
    await as('analyst', '/models/current/background').expect(200);
  });
});

describe('a search of words', () => {
  const search = (query: string) => wordly.get(`/models/current/words?${query}`);
  const found = async (query: string) =>
    (await search(query).expect(200)).body.words.map(({ word }: { word: unknown }) => word);

  it('finds what begins with the text first, whatever the case, and then what has it', async () => {
    expect(await found('feature=keyword&search=SHOE')).toEqual(['shoes', 'red shoes']);
    expect((await found('feature=keyword&search=r')).sort()).toEqual(['Rød sko', 'red shoes']);
    expect(await found('feature=keyword&search=e&limit=3')).toHaveLength(3);
    expect(await found('feature=keyword&search=RØD')).toEqual(['Rød sko']);
    expect(await found('feature=keyword&search=zebra')).toEqual([]);
    expect(await found('feature=creative&search=100&limit=2')).toHaveLength(2);
    expect(await found('feature=creative&search=1003')).toEqual([1003]);
  });

  it('gives the commonest words without a text, as many as are asked for', async () => {
    const { body } = await search('feature=keyword&limit=2').expect(200);
    expect(body).toMatchObject({ feature: 'keyword', known: 4 });
    const [{ word, ctr, effective_impressions: most }, { effective_impressions: next }] =
      body.words;
    expect([body.words.length, word]).toEqual([2, 'cheap']);
    expect(most).toBeGreaterThan(next);
    expect(ctr).toBeGreaterThan(0);
  });

  it.each([
    ['', 'feature', /is missing; it must be one of publisher, keyword, creative$/],
    ['feature=device_type', 'feature', /must be one of publisher, keyword, creative$/],
    ['feature=keyword&limit=0', 'limit', /must be a whole number from 1 to 100$/],
    ['feature=keyword&limit=101', 'limit', /must be a whole number from 1 to 100$/],
    [`feature=keyword&search=${'x'.repeat(513)}`, 'search', /a text of at most 512 characters$/],
    ['feature=keyword&from=3', 'from', /there is feature or search or limit$/],
  ])('refuses %s by name', async (query, field, message) => {
    const { body } = await search(query).expect(422);
    expect(body).toMatchObject({ code: 'INVALID_QUERY', errors: [{ field }] });
    expect(body.errors[0].message).toMatch(message);
  });

  it('says of a model without words that it has none', async () => {
    const { body } = await as('bidder', '/models/current/words?feature=keyword').expect(422);
    expect(body.errors[0].message).toMatch(/a feature of words, and this model has none$/);
  });
});
