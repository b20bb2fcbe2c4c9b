import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Forest, OutOfBagResult } from '@adscale/forest';
import type { Baseline } from '../evaluation/baselines.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { outOfBagEntropy } from '../evaluation/metrics.js';
import type { SplitOptions } from '../table/split.js';
import { type CtrTable, exposures, type fitInput } from '../table/table.js';
import { sampleBackground } from './background.js';
import type { CardSplit, CrossValidation, ModelCard, TrainingRange, Tuning } from './card.js';

/** What a card is written from. */
export interface CardFacts {
  readonly source: string;
  readonly mapping: unknown;
  readonly fingerprint: string | undefined;
  readonly table: CtrTable;
  readonly splitting: SplitOptions;
  readonly forest: Forest;
  readonly training: CtrTable;
  /** What the forest was fitted to. */
  readonly input: ReturnType<typeof fitInput>;
  readonly outOfBag: OutOfBagResult;
  readonly heldOut: Evaluation;
  readonly heldOutTable: CtrTable;
  readonly baselines: readonly Baseline[];
  readonly crossValidation: CrossValidation | undefined;
  readonly tuning: Tuning | undefined;
}

export function writeCard(facts: CardFacts, now = new Date()): ModelCard {
  const { forest, training, outOfBag, mapping, crossValidation, tuning } = facts;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return {
    created_at: now.toISOString(),
    code_version: codeVersion(),
    source: facts.source,
    data_fingerprint: facts.fingerprint ?? fingerprintOf(facts.table),
    ...(mapping === undefined ? {} : { mapping }),
    schema: forest.schema,
    parameters: forest.parameters,
    seed: forest.parameters.seed,
    split: describeSplit(facts),
    training: {
      rows: training.features.rows,
      impressions: sum(exposures(training)),
      clicks: sum(training.clicks),
      ranges: trainingRanges(training),
    },
    out_of_bag: {
      r2: outOfBag.r2,
      weighted_r2: outOfBag.weightedR2,
      normalised_entropy: outOfBagEntropy(outOfBag, facts.input),
    },
    held_out: facts.heldOut,
    baselines: facts.baselines,
    ...(crossValidation === undefined ? {} : { cross_validation: crossValidation }),
    ...(tuning === undefined ? {} : { tuning }),
    background: sampleBackground(training, forest.parameters.seed),
  };
}

function describeSplit({ splitting, training, heldOutTable }: CardFacts): CardSplit {
  const { by = 'rows', share = NaN } = splitting;
  const groupsOf = ({ group }: CtrTable): number => new Set(group).size;
  return {
    by,
    share,
    ...(by === 'time' ? { from: heldOutTable.time!.reduce((a, b) => Math.min(a, b)) } : {}),
    ...(by === 'group'
      ? { groups: { training: groupsOf(training), held_out: groupsOf(heldOutTable) } }
      : {}),
  };
}

function codeVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** By feature name; rows are counted, not impressions. */
function trainingRanges({ features }: CtrTable): Record<string, TrainingRange> {
  const ranges = features.schema.features.map((feature, f): [string, TrainingRange] => {
    const values = features.values[f];
    const missing = values.reduce((count, value) => count + +Number.isNaN(value), 0);
    if (feature.kind === 'categorical') {
      const rows = new Float64Array(feature.categories.length);
      for (const place of values) if (!Number.isNaN(place)) rows[place]++;
      const counts = feature.categories.map((category, place) => [category, rows[place]]);
      return [feature.name, { categories: Object.fromEntries(counts), missing }];
    }
    let minimum = Infinity;
    let maximum = -Infinity;
    for (const value of values) {
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    return [feature.name, { minimum, maximum, missing }];
  });
  return Object.fromEntries(ranges);
}

/** `sha256:…` of a table's names and numbers: equal tables have the same, others never. */
export function fingerprintOf({ features, impressions, clicks }: CtrTable): string {
  const hash = createHash('sha256').update(JSON.stringify(features.schema));
  for (const column of [...features.values, impressions, clicks]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}
