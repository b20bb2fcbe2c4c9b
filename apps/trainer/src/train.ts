import { Registry, defaultSchema, trainCtr, type CtrTable } from '@adscale/ctr';
import { generate, type Profile } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { showProgress } from './progress.js';
import { readCsv } from './read-csv.js';
import { reportCard } from './report.js';

export interface TrainFlags {
  readonly input?: string;
  readonly rows: number;
  readonly profile: Profile;
  readonly seed: number;
  readonly output: string;
  readonly trees: number;
  readonly depth: number;
  readonly bins: number;
  readonly leafRows: number;
  readonly heldOut: number;
  readonly threads: number;
  readonly ifMissing?: boolean;
}

/** Reads or generates, fits, judges, and publishes the model as the registry's current one. */
export async function runTrain(flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const registry = new Registry(flags.output);
  if (flags.ifMissing && (await registry.current()) !== undefined) {
    console.log(`${flags.output} already has a model: nothing to do`);
    return;
  }
  const table = await loadTable(flags);
  const bar = showProgress('trees', flags.trees, 'trees');
  const started = performance.now();
  const { bytes, card } = await trainCtr(table, {
    fit: {
      trees: flags.trees,
      seed: flags.seed,
      maxDepth: flags.depth,
      maxBins: flags.bins,
      minLeafRows: flags.leafRows,
    },
    heldOutShare: flags.heldOut,
    source: describeSource(flags),
    threads: flags.threads,
    onProgress: bar.update,
    signal,
  }).finally(bar.stop);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  const version = await registry.publish(bytes, card);
  console.log(reportCard(card));
  console.log(
    `${flags.trees} trees in ${seconds} s; now current: ${flags.output}/versions/${version}`,
  );
}

function describeSource({ input, rows, profile, seed }: TrainFlags): string {
  return input ?? `generated: ${rows} rows, profile ${profile}, seed ${seed}`;
}

async function loadTable({ input, rows, seed, profile }: TrainFlags): Promise<CtrTable> {
  if (input !== undefined) return readCsv(input, defaultSchema);
  const { columns } = generate({ rows, seed, profile });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  return { features: columnsFrom(defaultSchema, columns), impressions, clicks, trueCtr };
}
