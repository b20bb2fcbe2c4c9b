/* Calls of a service whose model has words, ids and a held position; see readme.ts. */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Placement = components['schemas']['PredictRequest'];

const client = createClient<paths>({ baseUrl: process.argv[2] });
const placement: Placement = {
  impressions: 4000,
  ad_position: 3,
  publisher: 'news.example',
  keyword: 'never seen before',
  creative: 1001,
  device_type: 'mobile',
};
// @ts-expect-error a word that is an id is a number
const wrong: Placement = { ...placement, creative: 'seven' };

const { response } = await client.POST('/predict_ctr', { body: placement });
console.log(JSON.stringify([response.status, response.headers.get('x-unknown-words')]));
const { error } = await client.POST('/predict_ctr', { body: wrong });
console.log(JSON.stringify([error?.status, error?.errors?.map(({ field }) => field)]));

const query = { feature: 'keyword', search: 'SHOE', limit: 1 };
const params = { path: { version: 'current' }, query };
const { data } = await client.GET('/models/{version}/words', { params });
console.log(JSON.stringify([data?.known, data?.words.map(({ word }) => word)]));
