import {
  choiceRules,
  CtrModel,
  split,
  trainCtr,
  type ModelKind,
  type Registry,
  type Trained,
  type TrainingRecipe,
} from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import { compareModels, type Comparison } from '../models/comparison.js';
import { predictBoth } from '../models/predicted-rows.js';
import { wordOptions } from '../train/recipe.js';
import type { OwnData } from './own-data.js';
import type { TrainingPlan } from './plan.js';

/** A model that was trained to follow the current one. */
export interface Candidate {
  readonly trained: Trained;
  /** On the days that were held out: neither model saw them. */
  readonly comparison: Comparison;
}

/** What a candidate is made from. */
export interface CandidateRequest {
  readonly registry: Registry;
  /** The version that it is to be better than. */
  readonly current: string;
  readonly own: OwnData;
  readonly plan: TrainingPlan;
  readonly recipe: TrainingRecipe;
  /** In words. */
  readonly source: string;
  readonly threads: number;
}

/** What a candidate is called before it is published. */
const UNNAMED = 'the candidate';

/**
 * Trains, and compares with the current model on the days that were held out.
 * @throws InputError if the current model takes other features
 */
export async function makeCandidate(
  { registry, current, own, plan, recipe, source, threads }: CandidateRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Candidate> {
  const { table, heldOutShare } = plan;
  const work = { name: 'train', total: table.features.rows, unit: 'rows' };
  const trained = await reporter.during(work, ({ update }) =>
    trainCtr(table, {
      fit: recipe.fit,
      split: { by: 'time' },
      heldOutShare,
      model: recipe.model as ModelKind | 'auto',
      weighed: true,
      words: wordOptions(own.mapping),
      ...(recipe.tune !== undefined && { tune: { budgetSeconds: recipe.tune } }),
      ...{ mapping: own.mapping, recipe, source, threads, signal },
      onStage: (_, share) => update(Math.round(share * table.features.rows)),
    }),
  );
  signal.throwIfAborted();
  const mine = CtrModel.load(trained.bytes, trained.card, UNNAMED);
  return { trained, comparison: compareHeldOut(plan, mine, await registry.load(current)) };
}

/**
 * Compares a model with the current one on the days that were held out.
 * @throws InputError if the current model takes other features
 */
export function compareHeldOut(
  { table, heldOutShare, heldOutFrom }: TrainingPlan,
  mine: CtrModel,
  theirs: CtrModel,
): Comparison {
  const { heldOut } = split(table, { by: 'time', share: heldOutShare });
  const pairs = predictBoth(heldOut, mine, theirs);
  if (pairs === undefined) {
    throw new InputError(
      `${theirs.version} takes other features than its own data has: train it again`,
    );
  }
  const rows = {
    source: `outcomes from ${heldOutFrom} on`,
    table: pairs,
    byGroup: false,
    notes: [],
  };
  return compareModels(mine, theirs, rows);
}

/** What speaks against a new model, if anything does. Of many rows, chance leaves what nobody would notice. */
export function keepsCurrent({ better, difference }: Comparison): string | undefined {
  if (!better) return 'not better beyond chance';
  if (difference < -choiceRules.unnoticed) return undefined;
  return `better by less than anybody would notice (NE ${choiceRules.unnoticed})`;
}
