import type { RecordSchema } from '@adscale/ctr';
import { unpriced } from '../../src/monitoring/priced.js';
import { parsePrices } from '../../src/prices.js';
import { runApp } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

const schema: RecordSchema = {
  features: [
    { name: 'budget', kind: 'numeric' },
    { name: 'device_type', kind: 'categorical', categories: ['mobile', 'desktop'] },
  ],
};
const of = (text: string) => unpriced(parsePrices(text)!, schema);

describe('a price that is never used', () => {
  it.each(['', 'cpc=1', 'device_type:mobile:cpc=1', 'budget:50:cpc=1', 'campaign:spring:cpc=1'])(
    'is none of %p',
    (text) => expect(of(text)).toBeUndefined(),
  );

  it('names a feature that there is not', () => {
    expect(of('nosuch:mobile:cpc=1')).toBe(
      'nosuch is none of budget, device_type, campaign, placement',
    );
  });

  it('names a category that there is not', () => {
    expect(of('device_type:mobil:cpc=1,device_type:desktop:cpc=2')).toBe(
      'mobil: none of the categories of device_type, mobile, desktop',
    );
  });

  it('is told at the start', async () => {
    const MODEL_DIR = await modelFolder();
    const api = await runApp({ MODEL_DIR, MONITORING_PRICES: 'nosuch:mobile:cpc=1' });
    expect(api.logs).toContainEqual(
      expect.objectContaining({
        level: 40,
        msg: 'a price of MONITORING_PRICES is never used',
        reason: expect.stringContaining('nosuch'),
      }),
    );
    await api.close();
  });
});
