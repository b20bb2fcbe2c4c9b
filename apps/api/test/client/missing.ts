/* Calls of a service whose model allows a feature to be absent; see readme.ts. */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Placement = components['schemas']['PredictRequest'];

const client = createClient<paths>({ baseUrl: process.argv[2] });
const placement: Placement = { impressions: 4000, ad_position: 3, device_type: 'mobile' };
// @ts-expect-error the others are required
const wrong: Placement = { impressions: 4000, ad_position: 3 };

const { data } = await client.POST('/predict_ctr', { body: placement });
console.log(JSON.stringify([typeof data?.predicted_ctr]));
const { error } = await client.POST('/predict_ctr', { body: wrong });
console.log(JSON.stringify([error?.status, error?.errors?.map(({ field }) => field)]));
