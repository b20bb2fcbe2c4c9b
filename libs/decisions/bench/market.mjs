// The generator as a market whose truth is known: models trained on its records, fresh records,
// and clicks drawn from the true CTR.
import { CtrModel, defaultSchema, trainCtr } from '@adscale/ctr';
import { generate, trueCtr } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { randomBinomial } from 'd3-random';
import seedrandom from 'seedrandom';

/** A model of so many generated records, as the trainer makes it. */
export async function trainModel(seed, rows = 5000) {
  const { columns } = generate({ rows, seed });
  const { impressions, clicks } = columns;
  const features = columnsFrom(defaultSchema, columns);
  const { bytes, card } = await trainCtr(
    { features, impressions, clicks },
    { fit: { seed }, threads: 1 },
  );
  return CtrModel.load(bytes, card, `seed-${seed}`);
}

/** Records that no model of another seed has seen. */
export function freshRecords(count, seed) {
  const { columns } = generate({ rows: count, seed });
  const { impressions, ad_position, device_type, budget } = columns;
  return Array.from({ length: count }, (_, i) => ({
    impressions: impressions[i],
    ad_position: ad_position[i],
    device_type: device_type[i],
    budget: budget[i],
  }));
}

/** A stream of numbers in [0, 1), and clicks drawn from the true CTR of records. */
export function chance(seed) {
  const random = seedrandom(`decisions ${seed}`);
  const binomial = randomBinomial.source(random);
  return {
    random,
    between: (low, high) => low + random() * (high - low),
    clicksOf: (record) => binomial(record.impressions, trueCtr(record))(),
  };
}

export { trueCtr };
