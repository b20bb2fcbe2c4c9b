// The model that `npm start` trains, in a registry folder, and placements to ask it about.
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CtrModel, Registry, defaultSchema, trainCtr } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { transform } from 'esbuild';

export const SEED = 42;
const ROWS = 5_000;

const load = fileURLToPath(new URL('../../../apps/api/load/', import.meta.url));

/**
 * Trains a model and publishes it to the registry in `folder`.
 * @returns {Promise<CtrModel>} the same model, to predict with beside the service
 */
export async function trainedRegistry(folder) {
  const { columns } = generate({ rows: ROWS, seed: SEED, profile: 'realistic' });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  const features = columnsFrom(defaultSchema, columns);
  const { bytes, card } = await trainCtr({ features, impressions, clicks, trueCtr });
  await new Registry(folder).publish(bytes, card);
  return CtrModel.load(bytes);
}

/** Bodies of requests, of which no two are alike, as the generator makes placements. */
export function generatedBodies(rows) {
  const { columns } = generate({ rows, seed: SEED + 1, profile: 'realistic' });
  const names = defaultSchema.features.map(({ name }) => name);
  return Array.from({ length: rows }, (_, row) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, columns[name][row]]))),
  );
}

/**
 * Five million different bodies, by number: the budget comes by every amount of cents up to $50,000
 * before it comes by one again, everything else is drawn by the hash of the number.
 */
export function uniqueBody(i) {
  // odd, no multiple of 5, and the golden section of the range, so that a few fill it evenly
  const budget = (5_000 + ((i * 3_090_169) % 5_000_000)) / 100;
  const hash = mix(i);
  const device = ['mobile', 'desktop', 'tablet'][hash % 3];
  const position = 1 + ((hash >>> 8) % 10);
  const impressions = Math.round(1_000 * 1_000 ** (mix(hash) / 2 ** 32));
  return `{"impressions":${impressions},"ad_position":${position},"device_type":"${device}","budget":${budget}}`;
}

/** The 32-bit finaliser of MurmurHash3 (Appleby). */
function mix(value) {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The traffic of the load scenarios; see apps/api/load/traffic.ts. */
export async function loadTraffic() {
  const source = await readFile(join(load, 'traffic.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  const { Traffic } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return new Traffic();
}
