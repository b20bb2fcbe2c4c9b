import { createHash } from 'node:crypto';
import { defaultSchema } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import { catalogue } from '../src/problem/catalogue.js';
import { type RunningApp, runApp, sample } from './running-app.js';
import { modelFolder, otherSchema } from './trained-models.js';

/** As much of an OpenAPI document as these tests read. */
interface Content {
  schema: { $ref: string };
  examples?: Record<string, { value: Record<string, unknown> }>;
}
interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Record<string, unknown>>;
    securitySchemes: Record<string, Record<string, unknown>>;
  };
}

let api: RunningApp;
let document: Document;

async function start(schema: Schema) {
  api = await runApp({ MODEL_DIR: await modelFolder(schema) });
  document = (await api.get('/docs-json').expect(200)).body;
}

function operations(): Operation[] {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}

function predictOperation(): Operation {
  return document.paths['/predict_ctr'].post;
}

function requestExamples(): Record<string, unknown>[] {
  const { examples } = predictOperation().requestBody!.content['application/json'];
  return Object.values(examples!).map(({ value }) => value);
}

/** What OpenAPI has to say of a feature, written down independently of the service. */
function expectedProperty(feature: Schema['features'][number]) {
  const words: Record<string, unknown> = { ...feature };
  delete words.name;
  delete words.kind;
  delete words.categories;
  if (feature.kind === 'categorical') return { ...words, type: 'string', enum: feature.categories };
  return { ...words, type: feature.kind === 'integer' ? 'integer' : 'number' };
}

describe.each([
  ['the default schema', defaultSchema],
  ['another schema', otherSchema],
])('with a model of %s', (_name, schema) => {
  beforeAll(() => start(schema));
  afterAll(() => api.close());

  it('names every body apart, so that none is shown in place of another', () => {
    const doubled = api.logs.filter(({ msg }) => String(msg).startsWith('Duplicate DTO'));
    expect(doubled).toEqual([]);
  });

  it('the document describes exactly the features of the model', () => {
    const { content, required } = predictOperation().requestBody!;
    expect(required).toBe(true);
    expect(content['application/json'].schema.$ref).toBe('#/components/schemas/PredictRequest');
    const request = document.components.schemas.PredictRequest;
    expect(request).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: schema.features.map(({ name }) => name),
    });
    expect(request.properties).toEqual(
      Object.fromEntries(
        schema.features.map((feature) => [feature.name, expectedProperty(feature)]),
      ),
    );
  });

  it('every example of a request is answered with a prediction', async () => {
    expect(requestExamples().length).toBeGreaterThan(1);
    for (const example of requestExamples()) {
      const answer = await api.post(example).expect(200);
      expect(answer.body).toEqual({ predicted_ctr: expect.any(Number) });
    }
  });

  it('validation accepts each bound of the document and nothing beyond it', async () => {
    const [valid] = requestExamples();
    const expectStatus = async (name: string, value: unknown, status: number) => {
      const answer = await api.post({ ...valid, [name]: value });
      expect([name, value, answer.status]).toEqual([name, value, status]);
    };
    const { properties } = document.components.schemas.PredictRequest as {
      properties: Record<string, Record<string, number> & { type: string; enum?: string[] }>;
    };
    for (const [name, property] of Object.entries(properties)) {
      const { type, minimum, maximum, exclusiveMinimum } = property;
      await expectStatus(name, undefined, 422);
      await expectStatus(name, null, 422);
      for (const word of property.enum ?? []) await expectStatus(name, word, 200);
      if (type === 'string') await expectStatus(name, 'none of these', 422);
      else await expectStatus(name, String(valid[name]), 422);
      const step = type === 'integer' ? 1 : 1e-3;
      if (type === 'integer') await expectStatus(name, (minimum ?? 0) + 0.5, 422);
      if (minimum !== undefined) {
        await expectStatus(name, minimum, 200);
        await expectStatus(name, minimum - step, 422);
      }
      if (maximum !== undefined) {
        await expectStatus(name, maximum, 200);
        await expectStatus(name, maximum + step, 422);
      }
      if (exclusiveMinimum !== undefined) {
        await expectStatus(name, exclusiveMinimum, 422);
        await expectStatus(name, exclusiveMinimum + step, 200);
      }
    }
  });

  it('the example of a refusal is what an empty record is answered', async () => {
    const { content } = predictOperation().responses['422'];
    const example = content!['application/problem+json'].examples!.INVALID_RECORD.value;
    const { request_id, ...answer } = (await api.post({}).expect(422)).body;
    expect(request_id).toEqual(expect.any(String));
    expect(answer).toEqual(example);
  });
});

describe('the documentation', () => {
  beforeAll(() => start(defaultSchema));
  afterAll(() => api.close());

  it('shows the sample request as its first example', () => {
    expect(requestExamples()[0]).toEqual(sample);
  });

  it('lists every route', () => {
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'delete /models/canary',
      'delete /models/shadow',
      'delete /training/files/{id}',
      'delete /training/jobs/{id}',
      'get /decisions',
      'get /decisions/{id}',
      'get /experiments',
      'get /experiments/{id}',
      'get /experiments/{id}/history',
      'get /health/live',
      'get /health/ready',
      'get /metrics',
      'get /models',
      'get /models/trials',
      'get /models/{version}',
      'get /models/{version}/background',
      'get /models/{version}/file',
      'get /models/{version}/report',
      'get /models/{version}/trial',
      'get /models/{version}/words',
      'get /monitoring',
      'get /monitoring/effectiveness',
      'get /monitoring/history',
      'get /monitoring/segments',
      'get /monitoring/stream',
      'get /outcomes',
      'get /outcomes/summary',
      'get /stats',
      'get /stats/stream',
      'get /training/files',
      'get /training/jobs',
      'get /training/jobs/{id}',
      'get /training/jobs/{id}/stream',
      'get /v2',
      'get /v2/health/live',
      'get /v2/health/ready',
      'get /v2/models/{name}',
      'get /v2/models/{name}/ready',
      'get /v2/models/{name}/versions/{version}',
      'get /v2/models/{name}/versions/{version}/ready',
      'get /whoami',
      'post /allocate',
      'post /compare',
      'post /curve',
      'post /experiments',
      'post /experiments/plan',
      'post /experiments/{id}/finish',
      'post /explain',
      'post /forecast',
      'post /models/canary/abort',
      'post /models/canary/hold',
      'post /models/canary/promote',
      'post /models/canary/resume',
      'post /models/rollback',
      'post /models/{version}/columns',
      'post /models/{version}/promote',
      'post /opportunities',
      'post /outcomes',
      'post /predict_ctr',
      'post /predict_ctr/batch',
      'post /predict_ctr/stream',
      'post /rank',
      'post /training/files',
      'post /training/jobs',
      'post /v2/models/{name}/infer',
      'post /v2/models/{name}/versions/{version}/infer',
      'put /models/canary',
      'put /models/shadow',
    ]);
  });

  it('says of every error what the catalogue says', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const examples = operations.flatMap(({ responses }) =>
      Object.entries(responses).flatMap(([status, { content }]) =>
        Object.entries(content?.['application/problem+json']?.examples ?? {}).map(
          ([code, { value }]) => [status, code, value] as const,
        ),
      ),
    );
    expect(examples.length).toBeGreaterThan(8);
    for (const [status, code, value] of examples) {
      const { status: expected, title } = catalogue[code as keyof typeof catalogue];
      expect(Number(status)).toBe(expected);
      expect(value).toMatchObject({ status: expected, code, title });
    }
  });

  it('says 429 and 503 of whatever can be turned away, and 401 of what needs a key', () => {
    const quiet = ['getLiveness', 'getReadiness', 'getServerLive', 'getServerReady'];
    const open = ['whoAmI', 'getServerMetadata', 'getModelMetadata', 'getModelMetadataOfVersion'];
    for (const { operationId, responses, security } of operations()) {
      const isQuiet = quiet.includes(operationId) || operationId.startsWith('getModelReady');
      expect([operationId, '429' in responses]).toEqual([operationId, !isQuiet]);
      const isOpen = isQuiet || open.includes(operationId);
      expect([operationId, '401' in responses]).toEqual([operationId, !isOpen]);
      expect([operationId, security.length === 0]).toEqual([operationId, isOpen]);
      if ('429' in responses) expect(responses['503']).toBeDefined();
    }
  });

  it('has a name of its own for every operation, that can be called', () => {
    const names = operations().map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(names).toEqual(expect.arrayContaining(['predict', 'predictBatch', 'predictStream']));
  });

  it('lists the parameters of every path', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect([path, inPath.map(({ name }) => name)]).toEqual([path, wanted]);
        expect(inPath.every(({ required }) => required)).toBe(true);
      }
    }
  });

  it('says what the lines of a stream are', () => {
    const { content } = document.paths['/predict_ctr/stream'].post.requestBody!;
    const types = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
    expect(Object.keys(content)).toEqual(types);
    for (const type of types) expect(content[type].schema).toEqual({ type: 'string' });
  });

  it('says what the errors of a batch are', () => {
    const { RecordError, FieldProblem } = document.components.schemas as Record<
      string,
      { properties: Record<string, { enum?: string[]; items?: object }> }
    >;
    expect(RecordError.properties.code.enum).toEqual(Object.keys(catalogue));
    expect(RecordError.properties.errors.items).toEqual({
      $ref: '#/components/schemas/FieldProblem',
    });
    expect(Object.keys(FieldProblem.properties)).toEqual(['field', 'value', 'rule', 'message']);
  });

  it('has fields with a default as such that may be left out, in any generator', () => {
    const { properties, required } = document.components.schemas.AllocateRequest as {
      properties: Record<string, { description: string; default?: unknown }>;
      required: string[];
    };
    expect(required).toEqual(['budget', 'cells']);
    expect(properties.level.description).toBe('How often intervals hold. Default: 0.9.');
    expect(Object.values(properties).some((property) => 'default' in property)).toBe(false);
  });

  it('refers only to schemas it has', () => {
    const references = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    const known = Object.keys(document.components.schemas);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(known).toContain(reference.split('/').at(-1));
  });

  it('describes the answer of /stats as it is', async () => {
    const { properties } = document.components.schemas.StatsAnswer;
    const { body } = await api.get('/stats').expect(200);
    expect(Object.keys(body).sort()).toEqual(Object.keys(properties as object).sort());
  });

  it('is a page with everything it needs, and the bare address leads to it', async () => {
    await api.get('/').expect(302).expect('location', '/docs');
    const page = await api
      .get('/docs')
      .expect(200)
      .expect('content-type', /^text\/html/);
    const assets = [...page.text.matchAll(/(?:src|href)="\.(\/docs\/[^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) await api.get(path).expect(200);
  });
});

describe('the documentation of keys', () => {
  const key = createHash('sha256').update('a key').digest('hex');
  const keys = [{ ApiKey: [] }, { Bearer: [] }];

  it.each([
    ['with keys', { API_KEYS: `a:predict:${key}` }, keys],
    ['without keys', {}, [{}, ...keys]],
  ])('says which operations need one, %s', async (_name, settings, predict) => {
    const service = await runApp({ MODEL_DIR: await modelFolder(), ...settings });
    const { body } = await service.get('/docs-json').expect(200);
    await service.close();
    const { paths, components } = body as Document;
    expect(components.securitySchemes).toMatchObject({
      ApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      Bearer: { type: 'http', scheme: 'bearer' },
    });
    expect(paths['/predict_ctr'].post.security).toEqual(predict);
    expect(paths['/models/{version}/promote'].post.security).toEqual(keys);
    expect(paths['/health/ready'].get.security).toEqual([]);
  });
});
