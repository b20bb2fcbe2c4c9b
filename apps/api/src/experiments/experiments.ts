import { randomBytes } from 'node:crypto';
import { fieldProblem } from '@adscale/ctr';
import { type ExperimentResult, judgeExperiment } from '@adscale/monitor';
import type { ServedModel } from '../model/served-model.js';
import { askStore } from '../outcomes/ask-store.js';
import { DAY_MS, dayOf } from '../outcomes/days.js';
import { ProblemError } from '../problem/problem.js';
import type { ExperimentRow } from '../store/experiment-tables.js';
import type { QueryArgs } from '../store/query.js';
import type { Store } from '../store/store.js';
import { designOf, type Plan, readPlan } from './plan.js';
import type { ArmCounts, ExperimentQueries } from './queries.js';

interface ExperimentParts {
  /** undefined where OUTCOMES_URL is off. */
  readonly store: Pick<Store<ExperimentQueries>, 'run'> | undefined;
  readonly served: ServedModel;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** An experiment as it is told. */
export interface ToldExperiment extends Omit<Plan, 'arms'> {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly finished_at: string | null;
  /** The arm that won, if somebody said so when it was finished. */
  readonly winner: string | null;
  /** With what outcomes of each name as their `arm`. */
  readonly arms: readonly (Plan['arms'][number] & { readonly label: string })[];
}

/** Outcomes that name the experiment and none of its arms: they count nowhere. */
export interface UnknownArm {
  readonly label: string;
  readonly impressions: number;
  readonly clicks: number;
}

/** An experiment with what its outcomes say. */
export type JudgedExperiment = ToldExperiment & {
  readonly result: ExperimentResult & { readonly unknown_arms: readonly UnknownArm[] };
};

/** Experiments: what is tried in arms, and what their outcomes say at any time. Throws OUTCOMES_UNAVAILABLE. */
export class Experiments {
  constructor(private readonly parts: ExperimentParts) {}

  /** @throws ProblemError INVALID_EXPERIMENT */
  async register(body: unknown): Promise<ToldExperiment> {
    const { store, served, now } = this.parts;
    const { name, plan } = readPlan(body, served.current?.model);
    const row: ExperimentRow = {
      ...{ id: `e${randomBytes(9).toString('base64url')}`, name, plan: JSON.stringify(plan) },
      ...{ created_at: now(), finished_at: null, winner: null },
    };
    await askStore(store, 'keepExperiment', row);
    return told(row);
  }

  /** The newest first. */
  async list(page: QueryArgs<ExperimentQueries, 'listExperiments'>): Promise<ToldExperiment[]> {
    return (await askStore(this.parts.store, 'listExperiments', page)).map(told);
  }

  /** An experiment with what its outcomes say now. @throws ProblemError EXPERIMENT_UNKNOWN */
  async judged(id: string): Promise<JudgedExperiment> {
    const row = await askStore(this.parts.store, 'findExperiment', id);
    if (row === undefined) throw new ProblemError('EXPERIMENT_UNKNOWN');
    return this.judge(row);
  }

  /**
   * Ends an experiment: outcomes of later days do not count any more.
   * @throws ProblemError INVALID_EXPERIMENT if the winner is none of its arms, EXPERIMENT_UNKNOWN,
   *   EXPERIMENT_FINISHED
   */
  async finish(id: string, winner: string | null): Promise<JudgedExperiment> {
    const { store, now } = this.parts;
    const before = await askStore(store, 'findExperiment', id);
    if (before === undefined) throw new ProblemError('EXPERIMENT_UNKNOWN');
    const arms = told(before).arms.map(({ name }) => name);
    if (winner !== null && !arms.includes(winner)) throw wrongWinner(winner, arms);
    const after = await askStore(store, 'finishExperiment', { id, at: now(), winner });
    if (after === undefined) throw new ProblemError('EXPERIMENT_UNKNOWN');
    if (!after.ended) throw new ProblemError('EXPERIMENT_FINISHED');
    return this.judge(after.row);
  }

  private async judge(row: ExperimentRow): Promise<JudgedExperiment> {
    const experiment = told(row);
    const { store, now } = this.parts;
    const names = new Map(experiment.arms.map(({ label, name }) => [label, name]));
    const arms = [...names.keys()];
    const days = {
      from: dayOf(row.created_at - DAY_MS),
      to: dayOf(row.finished_at ?? now() + DAY_MS),
    };
    const outcomes = await askStore(store, 'outcomesOfArms', { arms, ...days });
    const others = await askStore(store, 'outcomesOfUnknownArms', { id: row.id, arms, ...days });
    const counts = outcomes.map((counted) => ({ ...counted, arm: names.get(counted.arm)! }));
    const result = judgeExperiment(designOf(JSON.parse(row.plan) as Plan), counts);
    const [unknown_arms, words] = [others.map(unknownOf), others.map(unknownWords)];
    return {
      ...experiment,
      result: { ...result, words: [...result.words, ...words], unknown_arms },
    };
  }
}

function told({ plan, ...row }: ExperimentRow): ToldExperiment {
  const { arms, ...sizes } = JSON.parse(plan) as Plan;
  return {
    id: row.id,
    name: row.name,
    created_at: new Date(row.created_at).toISOString(),
    finished_at: row.finished_at === null ? null : new Date(row.finished_at).toISOString(),
    winner: row.winner,
    arms: arms.map((arm) => ({ ...arm, label: `${row.id}/${arm.name}` })),
    ...sizes,
  };
}

function unknownOf({ arm, impressions, clicks }: ArmCounts): UnknownArm {
  return { label: arm, impressions, clicks };
}

function unknownWords({ arm, impressions }: ArmCounts): string {
  const count = impressions.toLocaleString('en');
  return `${count} impressions came under ${arm}, which is no arm of the experiment: they count nowhere.`;
}

function wrongWinner(winner: string, arms: readonly string[]): ProblemError {
  const rule = `one of ${arms.join(', ')}, or absent`;
  return new ProblemError('INVALID_EXPERIMENT', { errors: [fieldProblem('winner', winner, rule)] });
}
