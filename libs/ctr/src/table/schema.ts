import type { Schema } from '@adscale/forest';

/** Larger counts and amounts than any campaign has: a bound that only mistakes reach. */
const MAX_AMOUNT = 1e12;

/** The features of the default model, the contract of `POST /predict_ctr`. */
export const defaultSchema: Schema = {
  features: [
    {
      name: 'impressions',
      kind: 'integer',
      minimum: 1,
      maximum: MAX_AMOUNT,
      description: 'Impressions that the placement is planned to get.',
      example: 5000,
    },
    {
      name: 'ad_position',
      kind: 'integer',
      minimum: 1,
      maximum: 10,
      description: 'Place on the page, 1 (top) to 10.',
      example: 1,
    },
    {
      name: 'device_type',
      kind: 'categorical',
      categories: ['mobile', 'desktop', 'tablet'],
      description: 'Device that the ad is shown on.',
      example: 'mobile',
    },
    {
      name: 'budget',
      kind: 'numeric',
      exclusiveMinimum: 0,
      maximum: MAX_AMOUNT,
      description: 'Budget of the campaign, in the currency of the training data.',
      example: 2500,
    },
  ],
};
