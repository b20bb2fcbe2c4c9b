import { Random, columnsFrom } from '@adscale/forest';
import { defaultSchema, type CtrTable } from '../src/index.js';

/** Placements whose true CTR falls with the position and differs by device. */
export function placements(rows: number, seed = 1): CtrTable & { readonly trueCtr: Float64Array } {
  const random = new Random(seed, 0);
  const devices = ['mobile', 'desktop', 'tablet'];
  const columns = { impressions: [], ad_position: [], budget: [] } as Record<string, number[]>;
  const device: string[] = [];
  const trueCtr = new Float64Array(rows);
  const clicks = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const d = random.below(3);
    const position = 1 + random.below(10);
    const impressions = 2000 + random.below(20_000);
    columns['impressions'].push(impressions);
    columns['ad_position'].push(position);
    columns['budget'].push(100 + random.below(5000));
    device.push(devices[d]);
    trueCtr[i] = [0.08, 0.06, 0.07][d] * 0.8 ** (position - 1);
    clicks[i] = Math.round(impressions * trueCtr[i]);
  }
  const features = columnsFrom(defaultSchema, { ...columns, device_type: device });
  return { features, impressions: Float64Array.from(columns['impressions']), clicks, trueCtr };
}
