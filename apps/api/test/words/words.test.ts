import { CtrModel, Registry, type Trained, roundCtr } from '@adscale/ctr';
import request, { type Test } from 'supertest';
import { ModelFollower } from '../../src/model/follower.js';
import { ServedModel } from '../../src/model/served-model.js';
import { type RunningApp, runApp } from '../running-app.js';
import { emptyFolder, trainWords } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

const record = {
  impressions: 4000,
  ad_position: 3,
  publisher: 'news.example',
  keyword: 'red shoes',
  creative: 1001,
  device_type: 'mobile',
};
const unseen = { ...record, keyword: 'zebra crossing', creative: 5 };

/** Of an OpenAPI document, as far as it is read here. */
interface Route {
  readonly post?: {
    readonly requestBody?: {
      readonly content?: Record<string, { readonly examples?: Record<string, { value: object }> }>;
    };
  };
}

let first: Trained;
let second: Trained;
let folder: string;
let registry: Registry;
let versions: string[];
let api: RunningApp;
let models: CtrModel[];

beforeAll(async () => {
  [first, second] = [await trainWords(), await trainWords('forest', true)];
  folder = await emptyFolder();
  registry = new Registry(folder);
  versions = [
    await registry.publish(first.bytes, first.card),
    await registry.publish(second.bytes, second.card, { promote: false }),
  ];
  models = [first, second].map(({ bytes, card }) => CtrModel.load(bytes, card));
  api = await runApp({ MODEL_DIR: folder });
}, 60_000);
afterAll(() => api.close());

const post = (path: string, body: object): Test => request(api.server).post(path).send(body);
const unknownWords = async () => (await api.get('/stats').expect(200)).body.unknown_words;

/** By how much each feature's count rises while something is asked. */
async function risen(ask: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await unknownWords();
  await ask();
  const after: Record<string, number> = await unknownWords();
  const rises = Object.entries(after).map(([name, count]) => [name, count - before[name]]);
  return Object.fromEntries(rises.filter(([, rise]) => Number(rise) > 0));
}

describe('a record with words', () => {
  it('is answered by the statistics of its words', async () => {
    const [cheap, dear] = await Promise.all(
      ['cheap', 'Rød sko'].map((keyword) => post('/predict_ctr', { ...record, keyword })),
    );
    expect(dear.body.predicted_ctr).toBeGreaterThan(4 * cheap.body.predicted_ctr);
    expect(dear.body).toEqual({
      predicted_ctr: models[0].predict({ ...record, keyword: 'Rød sko' }),
    });
    expect(dear.headers).not.toHaveProperty('x-unknown-words');
  });

  it('is answered by what is above where a word was never seen or is empty, and says so', async () => {
    for (const keyword of ['zebra crossing', '']) {
      const { body, headers } = await post('/predict_ctr', { ...record, keyword }).expect(200);
      expect(Object.keys(body)).toEqual(['predicted_ctr']);
      expect(headers['x-unknown-words']).toBe('keyword');
    }
    const { body } = await post('/predict_ctr?interval=0.9', unseen).expect(200);
    expect(body.extrapolated).toEqual(['keyword', 'creative']);
    const explained = await post('/explain', unseen).expect(200);
    expect(explained.body.extrapolated).toEqual(['keyword', 'creative']);
  });

  it('is refused for a closed list, a word of the wrong kind or a text that is too long', async () => {
    const wrong = { device_type: 'watch', creative: 'a', keyword: 'x'.repeat(513), publisher: 4 };
    for (const [field, value] of Object.entries(wrong)) {
      const { body } = await post('/predict_ctr', { ...record, [field]: value }).expect(422);
      expect(body.errors).toEqual([expect.objectContaining({ field })]);
    }
  });

  it('is held at its value where it lacks the bias, and says so', async () => {
    const { ad_position: _, ...without } = record;
    const { body } = await post('/explain', without).expect(200);
    const held = await post('/explain', { ...record, ad_position: 1 }).expect(200);
    expect(body.held_at).toEqual({ ad_position: 1 });
    expect(body.predicted_ctr).toBe(held.body.predicted_ctr);
    expect(held.body).not.toHaveProperty('held_at');
    expect(body.predicted_ctr).toBeGreaterThan(models[0].predict({ ...record, ad_position: 9 }));
  });

  it('is explained by one number a feature, which add up', async () => {
    const { body } = await post('/explain', record).expect(200);
    expect(Object.keys(body.contributions)).toEqual(Object.keys(record));
    const sum = Object.values<number>(body.contributions).reduce((a, b) => a + b, body.base_value);
    expect(sum).toBeCloseTo(body.unrounded_ctr, 10);
    expect(body).toMatchObject({ scale: 'prediction', method: 'interventional_shapley' });
    expect(body.contributions.keyword).toBeGreaterThan(0.01);
  });
});

describe('predictions with unknown words', () => {
  it('are counted by feature, on whatever way they are asked for', async () => {
    const both = { keyword: 1, creative: 1 };
    const line = `${JSON.stringify(unseen)}\n`;
    expect(await risen(() => post('/predict_ctr', record).expect(200))).toEqual({});
    expect(await risen(() => post('/predict_ctr', unseen).expect(200))).toEqual(both);
    // From the kept answer as well.
    expect(await risen(() => post('/predict_ctr', unseen).expect(200))).toEqual(both);
    const batch = () => post('/predict_ctr/batch', [unseen, record, unseen] as object).expect(200);
    expect(await risen(batch)).toEqual({ keyword: 2, creative: 2 });
    const stream = () =>
      request(api.server)
        .post('/predict_ctr/stream')
        .set('content-type', 'application/x-ndjson')
        .send(line + line)
        .expect(200);
    expect(await risen(stream)).toEqual({ keyword: 2, creative: 2 });
  });

  it('are counted in each decision, once a record', async () => {
    const { impressions, ...cell } = unseen;
    const asked: Record<string, object> = {
      rank: { candidates: [record, unseen].map((one) => ({ record: one, value_per_click: 1 })) },
      forecast: { schedule: [{ record: unseen }] },
      compare: { a: record, b: unseen },
      allocate: { budget: 100, cells: [{ record: cell, cost: { cpm: 5 } }] },
      opportunities: { placements: [{ record: unseen }] },
      curve: { record: unseen, from: impressions, to: 2 * impressions },
    };
    for (const [name, body] of Object.entries(asked)) {
      const rise = await risen(() => post(`/${name}`, body).expect(200));
      expect([name, rise]).toEqual([name, { keyword: 1, creative: 1 }]);
    }
    const base = { ...record };
    const grid = () => post('/opportunities', { base, vary: { keyword: ['cheap', 'zzz'] } });
    expect(await risen(grid)).toEqual({ keyword: 1 });
  });

  it('are metrics', async () => {
    const { text } = await api.get('/metrics').expect(200);
    const line = /adscale_unknown_words_total\{feature="keyword"\} (\d+)/.exec(text)!;
    expect(Number(line[1])).toBe((await unknownWords()).keyword);
  });
});

describe('the documentation of words', () => {
  it('says what they are, with examples and the longest length', async () => {
    const { body } = await api.get('/docs-json').expect(200);
    const { properties, required } = body.components.schemas.PredictRequest;
    expect(properties.keyword).toEqual({ type: 'string', maxLength: 512, example: 'shoes' });
    expect(properties.creative).toEqual({ type: 'integer', example: 7 });
    expect(properties.ad_position.default).toBe(1);
    expect(required).not.toContain('ad_position');
    const { examples } = body.paths['/predict_ctr'].post.requestBody.content['application/json'];
    expect(examples.typical.value).toMatchObject({ publisher: 'news.example', creative: 7 });
  });

  it('has examples of every route that are answered', async () => {
    const { body } = await api.get('/docs-json').expect(200);
    for (const [path, { post: route }] of Object.entries<Route>(body.paths)) {
      const examples = route?.requestBody?.content?.['application/json']?.examples ?? {};
      // These are of versions and files that there are elsewhere.
      if (/^\/(models|training)/.test(path)) continue;
      for (const { value } of Object.values(examples)) {
        // An id is known to the service that gave it.
        if (JSON.stringify(value).includes('prediction_id')) continue;
        const { status } = await post(
          path.replace('{name}', 'ctr').replace('{version}', versions[0]),
          value,
        );
        expect([path, status]).toEqual([path, 200]);
      }
    }
  });
});

describe('words as tensors', () => {
  const names = Object.keys(record) as (keyof typeof record)[];
  const datatypes = ['INT64', 'INT64', 'BYTES', 'BYTES', 'INT64', 'BYTES'];
  const infer = (inputs: object[]) => post('/v2/models/ctr/infer', { inputs });
  const matrix = (data: (number | null)[]) =>
    infer([{ name: 'records', shape: [1, 6], datatype: 'FP64', data }]);

  it('are BYTES, ids INT64', async () => {
    const { body } = await api.get('/v2/models/ctr').expect(200);
    expect(body.inputs.map((one: { datatype: string }) => one.datatype)).toEqual(datatypes);
    const inputs = names.map((name, i) => {
      return { name, datatype: datatypes[i], shape: [2], data: [record[name], unseen[name]] };
    });
    let answer: { outputs: { data: number[] }[] } = { outputs: [] };
    const rise = await risen(async () => (answer = (await infer(inputs).expect(200)).body));
    expect(answer.outputs[0].data).toEqual([models[0].predict(record), models[0].predict(unseen)]);
    expect(rise).toEqual({ keyword: 1, creative: 1 });
  });

  it('are numbers of the vocabulary in a matrix, −1 for one that is not known', async () => {
    const [, , publisher, keyword] = models[0].encode(record);
    const known = await matrix([4000, 3, publisher, keyword, 1001, 0]).expect(200);
    expect(known.body.outputs[0].data).toEqual([models[0].predict(record)]);
    const unknown = await matrix([4000, 3, publisher, -1, 5, 0]).expect(200);
    expect(unknown.body.outputs[0].data).toEqual([models[0].predict(unseen)]);
    const { body } = await matrix([4000, 3, publisher, 99, 5, 0]).expect(400);
    expect(body.error).toBe(
      "INVALID_INFERENCE: row 0: keyword is 99, wanted -1 or the number of a word in the model's vocabulary, 0 to 3",
    );
  });
});

describe('a model of another vocabulary', () => {
  const records = ['cheap', 'shoes', 'red shoes', 'Rød sko', 'zzz'].map((keyword, i) => {
    return { ...record, keyword, ad_position: 1 + i };
  });

  it('numbers words otherwise', () => {
    const numbers = models.map((model) => model.encode(record)[3]);
    expect(numbers[0]).not.toBe(numbers[1]);
  });

  it('reads records by its own vocabulary as a canary and as a shadow', async () => {
    const served = api.app.get(ServedModel);
    const [one, two] = await Promise.all(versions.map((version) => registry.load(version)));
    served.tryOut('canary', two, 100);
    for (const each of records) {
      const { body, headers } = await post('/predict_ctr', each).expect(200);
      expect(headers['x-model-version']).toBe(versions[1]);
      expect(body.predicted_ctr).toBe(models[1].predict(each));
    }
    served.endTrial('canary');
    served.tryOut('shadow', two, 100);
    for (const each of records) await post('/predict_ctr', each).expect(200);
    const figuresOf = async () => {
      const { body } = await api.get('/stats').expect(200);
      return body.models.find((each: { version: string }) => each.version === two.version).shadow;
    };
    const compared = await waitFor<{ mean_difference: number } | undefined>(
      'the shadow',
      async () => {
        const figures = await figuresOf();
        return figures.predictions === records.length ? figures : undefined;
      },
    );
    const differences = records.map((each) => two.predict(each) - one.predict(each));
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / records.length;
    expect(compared!.mean_difference).toBeCloseTo(mean, 6);
    served.endTrial('shadow');
  });

  it('serves without a restart', async () => {
    await registry.promote(versions[1]);
    await api.app.get(ModelFollower).look();
    const { body, headers } = await post('/predict_ctr', record).expect(200);
    expect(headers['x-model-version']).toBe(versions[1]);
    expect(body.predicted_ctr).toBe(models[1].predict(record));
    await registry.promote(versions[0]);
    await api.app.get(ModelFollower).look();
  });
});

test('a boosted model of words is served, explained and gives intervals', async () => {
  const { bytes, card } = await trainWords('boosted');
  const model = CtrModel.load(bytes, card, 'boosted');
  const place = await emptyFolder();
  await new Registry(place).publish(bytes, card);
  const other = await runApp({ MODEL_DIR: place });
  const ask = request(other.server).post('/predict_ctr?interval=0.9&explain=true');
  const { body } = await ask.send(record).expect(200);
  expect(body.predicted_ctr).toBe(roundCtr(model.predictRow(model.encode(record))));
  expect(body.interval.low).toBeLessThan(body.predicted_ctr);
  expect(Object.keys(body.explanation.contributions)).toEqual(Object.keys(record));
  await other.close();
}, 60_000);
