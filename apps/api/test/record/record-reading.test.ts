import fc from 'fast-check';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

let api: RunningApp;

beforeAll(async () => {
  api = await runApp({ MODEL_DIR: await modelFolder() });
});
afterAll(() => api.close());

/** JSON of the sample with one field written as `text`, for what `JSON.stringify` cannot write. */
function sampleWith(field: string, text: string): string {
  const fields = Object.entries({ ...sample, [field]: undefined }).map(
    ([name, value]) => `"${name}":${name === field ? text : JSON.stringify(value)}`,
  );
  return `{${fields.join(',')}}`;
}

const rules = {
  impressions: /^a whole number from 1 to \d+$/,
  ad_position: /^a whole number from 1 to 10$/,
  device_type: /^one of mobile, desktop, tablet$/,
  budget: /^a number greater than 0/,
};

describe('a record that breaks a rule', () => {
  it.each([
    ['impressions', '0', 0],
    ['impressions', '-1', -1],
    ['impressions', '-0', 0],
    ['impressions', '5000.5', 5000.5],
    ['impressions', '"5000"', '5000'],
    ['impressions', '1e999', 'Infinity'],
    ['impressions', '-1e999', '-Infinity'],
    ['impressions', '1e300', 1e300],
    ['impressions', 'null', null],
    ['impressions', 'true', true],
    ['impressions', '[5000]', '(an array)'],
    ['impressions', '{"valueOf":1}', '(an object)'],
    ['ad_position', '0', 0],
    ['ad_position', '11', 11],
    ['ad_position', '1.5', 1.5],
    ['ad_position', '"1"', '1'],
    ['device_type', '"watch"', 'watch'],
    ['device_type', '"Mobile"', 'Mobile'],
    ['device_type', '""', ''],
    ['device_type', '1', 1],
    ['device_type', 'null', null],
    ['device_type', '["mobile"]', '(an array)'],
    ['device_type', `"${'x'.repeat(70)}"`, `${'x'.repeat(64)}…`],
    ['device_type', '"toString"', 'toString'],
    ['budget', '0', 0],
    ['budget', '-0.01', -0.01],
    ['budget', '"2500"', '2500'],
    ['budget', '1e999', 'Infinity'],
    ['budget', '2e12', 2e12],
    ['budget', '{}', '(an object)'],
  ] as const)(
    '%s = %s is 422 and named with the value and the rule',
    async (field, text, value) => {
      const answer = await api.post(sampleWith(field, text)).expect(422);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({ status: 422, code: 'INVALID_RECORD' });
      expect(answer.body.errors).toEqual([
        {
          field,
          value,
          rule: expect.stringMatching(rules[field]),
          message: expect.stringContaining(`${field} is ${JSON.stringify(value)}; it must be `),
        },
      ]);
    },
  );

  it.each(Object.keys(rules))('names %s when it is missing', async (field) => {
    const answer = await api.post({ ...sample, [field]: undefined }).expect(422);
    expect(answer.body.errors).toEqual([
      { field, rule: expect.any(String), message: expect.stringContaining('is missing') },
    ]);
  });

  it('names every wrong field at once, the unknown ones last', async () => {
    const answer = await api.post({ extra: 1, budget: 0, ad_position: 11 }).expect(422);
    const fields = answer.body.errors.map((error: { field: string }) => error.field);
    expect(fields).toEqual(['impressions', 'ad_position', 'device_type', 'budget', 'extra']);
  });

  it.each([
    'clicks',
    'ctr',
    'hasOwnProperty',
    'toString',
    'valueOf',
    'constructor',
    'prototype',
    '',
  ])('refuses the unknown field %p', async (field) => {
    const answer = await api.post({ ...sample, [field]: 1 }).expect(422);
    expect(answer.body.errors).toEqual([expect.objectContaining({ field, value: 1 })]);
  });

  it('keeps the answer short however many fields are wrong', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, i]));
    const answer = await api.post({ ...sample, ...many }).expect(422);
    expect(answer.body.errors).toHaveLength(20);
    expect(answer.text.length).toBeLessThan(10_000);
  });

  it.each(['null', '[]', '[{}]', '"text"', '5', 'true', '{}', `[${JSON.stringify(sample)}]`])(
    'refuses the body %s',
    async (body) => {
      await api.post(body).expect(422);
    },
  );

  it('refuses a request without any body', async () => {
    const answer = await api.post('').unset('content-type').expect(422);
    expect(answer.body.errors).toEqual([expect.objectContaining({ field: '(body)' })]);
  });

  it('survives arrays nested as deep as a body can hold', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    await api.post(sampleWith('budget', nested(99_000))).expect(422);
    await api.post(sampleWith('budget', nested(200_000))).expect(413);
  });

  it('never fails itself: any JSON is predicted or refused', async () => {
    const field = fc.oneof(fc.constantFrom(...Object.keys(sample), '__proto__'), fc.string());
    const nearly = fc.dictionary(field, fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), nearly), async (body) => {
        const { status } = await api.post(JSON.stringify(body));
        expect([200, 400, 422]).toContain(status);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a body that is not JSON', () => {
  it.each([
    '',
    '{',
    'impressions=5000',
    sampleWith('budget', 'NaN'),
    sampleWith('budget', 'Infinity'),
    sampleWith('budget', '0x10'),
    sampleWith('budget', '٣'),
    '{"__proto__": {"budget": 1}}',
    '{"constructor": {"prototype": {"budget": 1}}}',
  ])('is 400: %s', async (body) => {
    const answer = await api.post(body).expect(400);
    expect(answer.body).toMatchObject({ status: 400, code: 'MALFORMED_JSON' });
  });

  it('leaves no trace on other objects', async () => {
    await api.post('{"__proto__": {"polluted": 1}}').expect(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
