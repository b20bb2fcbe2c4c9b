import { defaultSchema, type CtrTable } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';

/** Generated placements of the default features. */
export function practiceTable(rows: number, seed = 42): CtrTable {
  const { columns } = generate({ rows, seed, profile: 'realistic' });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  return { features: columnsFrom(defaultSchema, columns), impressions, clicks, trueCtr };
}
