import { readFileSync } from 'node:fs';
import type { FitParameters, Forest, OutOfBagResult, Schema } from '@adscale/forest';
import type { Baseline } from '../evaluation/baselines.js';
import { sampleBackground, type BackgroundSample } from './background.js';
import { fingerprintOf } from './fingerprint.js';
import { trainingRanges, type TrainingRange } from './ranges.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { outOfBagEntropy } from '../evaluation/out-of-bag-entropy.js';
import type { SplitBy, SplitOptions } from '../table/split.js';
import type { CtrTable, fitInput } from '../table/table.js';
import type { CrossValidation } from '../training/cross-validation.js';
import type { Tuning } from '../training/tune.js';

/** Everything about a model that is not needed to predict; `model.json` beside the model file. */
export interface ModelCard {
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Version of this library that trained the model. */
  readonly code_version: string;
  /** Where the rows came from, in words. */
  readonly source: string;
  /** `sha256:…`: equal data, equal fingerprint. */
  readonly data_fingerprint: string;
  /** How the rows were made from the source, if they were. */
  readonly mapping?: unknown;
  readonly schema: Schema;
  readonly parameters: FitParameters;
  /** Of the forest, the split and the bootstrap. */
  readonly seed: number;
  readonly split: CardSplit;
  readonly training: {
    readonly rows: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly ranges: Readonly<Record<string, TrainingRange>>;
  };
  /** Of training rows, by the trees that did not see them. */
  readonly out_of_bag: {
    readonly r2: number;
    readonly weighted_r2: number;
    readonly normalised_entropy: number;
  };
  /** On rows that no tree saw. */
  readonly held_out: Evaluation;
  /** Simpler predictions of the same rows. */
  readonly baselines: readonly Baseline[];
  readonly cross_validation?: CrossValidation;
  readonly tuning?: Tuning;
  /** Training rows that stand for all of them. */
  readonly background: BackgroundSample;
}

/** How rows were held out. */
export interface CardSplit {
  readonly by: SplitBy;
  /** What was asked for; `held_out.rows` is what whole moments and groups allowed. */
  readonly share: number;
  /** By time: the first moment that was held out. */
  readonly from?: number;
  /** By group: how many stand on either side. */
  readonly groups?: { readonly training: number; readonly held_out: number };
}

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
      impressions: sum(training.impressions),
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
