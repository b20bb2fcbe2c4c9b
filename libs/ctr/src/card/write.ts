import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Forest, OutOfBagResult } from '@adscale/forest';
import type { Baseline } from '../evaluation/baselines.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { outOfBagEntropy } from '../evaluation/metrics.js';
import type { Segments } from '../evaluation/segments.js';
import type { SplitOptions } from '../table/split.js';
import { type CtrTable, exposures, type fitInput } from '../table/table.js';
import { sampleBackground } from './background.js';
import { judgeParts } from './held-out-parts.js';
import type { WordEncoding } from '../words/encoding.js';
import type {
  CardSplit,
  CrossValidation,
  ModelCard,
  ModelChoice,
  TrainingRange,
  TrainingRecipe,
  Tuning,
  WarehouseCounting,
} from './card.js';

/** What a card is written from. */
export interface CardFacts {
  readonly source: string;
  readonly mapping: unknown;
  readonly recipe?: TrainingRecipe | undefined;
  readonly counting?: WarehouseCounting | undefined;
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
  /** The model's CTRs of the held-out rows; absent: these are not judged part by part. */
  readonly predicted?: Float64Array;
  /** Held-out rows by name that are to be judged as segments, beside the usual ones. */
  readonly segments?: Segments;
  readonly baselines: readonly Baseline[];
  readonly crossValidation: CrossValidation | undefined;
  readonly tuning: Tuning | undefined;
  /** What the model knows of words. */
  readonly encoding?: WordEncoding | undefined;
  readonly choice?: ModelChoice | undefined;
}

export function writeCard(facts: CardFacts, now = new Date()): ModelCard {
  const { forest, training, outOfBag, mapping, crossValidation, tuning, choice, encoding } = facts;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return {
    created_at: now.toISOString(),
    code_version: codeVersion(),
    source: facts.source,
    data_fingerprint: facts.fingerprint ?? fingerprintOf(facts.table),
    ...(mapping === undefined ? {} : { mapping }),
    ...(facts.recipe === undefined ? {} : { recipe: facts.recipe }),
    ...(facts.counting === undefined ? {} : { counting: facts.counting }),
    schema: encoding?.schema ?? forest.schema,
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
    ...partsOf(facts),
    baselines: facts.baselines,
    ...(crossValidation === undefined ? {} : { cross_validation: crossValidation }),
    ...(tuning === undefined ? {} : { tuning }),
    ...(choice === undefined ? {} : { choice }),
    background: sampleBackground(training, forest.parameters.seed),
  };
}

function partsOf({ predicted, splitting, ...facts }: CardFacts): ReturnType<typeof judgeParts> {
  if (predicted === undefined) return {};
  const { by, seed = 42 } = splitting;
  return judgeParts({ ...facts, predicted, seed, byGroup: by === 'group' });
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
    if (feature.kind === 'word') {
      const words = new Set(values.filter((word) => !Number.isNaN(word))).size;
      return [feature.name, { words, missing }];
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
export function fingerprintOf(table: CtrTable): string {
  const { features, impressions, clicks, vocabularies = {} } = table;
  const hash = createHash('sha256').update(JSON.stringify(features.schema));
  for (const { bytes, ends } of Object.values(vocabularies)) {
    hash.update(bytes).update(new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength));
  }
  for (const column of [...features.values, impressions, clicks]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}
