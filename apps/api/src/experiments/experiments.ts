import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
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
import type { ArmCounts, ArmDayCounts, ExperimentQueries } from './queries.js';

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

/** What the outcomes up to a day say. */
export type ExperimentDay = { readonly day: string } & Pick<
  ExperimentResult,
  'decision' | 'impressions' | 'clicks' | 'reached' | 'arms'
>;

/** Most days that a history tells. */
const MOST_DAYS = 60;

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

  /** What registering it would take; nothing is kept. @throws ProblemError INVALID_EXPERIMENT */
  planned(body: unknown): Plan & { readonly name: string } {
    const { name, plan } = readPlan(body, this.parts.served.current?.model);
    return { name, ...plan };
  }

  /** The newest first. */
  async list(page: QueryArgs<ExperimentQueries, 'listExperiments'>): Promise<ToldExperiment[]> {
    return (await askStore(this.parts.store, 'listExperiments', page)).map(told);
  }

  /** An experiment with what its outcomes say now. @throws ProblemError EXPERIMENT_UNKNOWN */
  async judged(id: string): Promise<JudgedExperiment> {
    return this.judge(await this.found(id));
  }

  /**
   * What the outcomes up to each day say, as they are told now; of many days, as many as are told, evenly,
   * the last among them. Others get a turn between two days. @throws ProblemError EXPERIMENT_UNKNOWN
   */
  async history(id: string): Promise<{ readonly id: string; readonly days: ExperimentDay[] }> {
    const row = await this.found(id);
    const counts = await this.counted(row);
    const design = designOf(JSON.parse(row.plan) as Plan);
    const all = [...new Set(counts.map(({ day }) => day))].sort();
    const days: ExperimentDay[] = [];
    for (const day of spread(all, MOST_DAYS)) {
      const told = judgeExperiment(
        design,
        counts.filter((counted) => counted.day <= day),
      );
      const { decision, impressions, clicks, reached, arms } = told;
      days.push({ day, decision, impressions, clicks, reached, arms });
      await setImmediate();
    }
    return { id, days };
  }

  /**
   * Ends an experiment: outcomes of later days do not count any more.
   * @throws ProblemError INVALID_EXPERIMENT if the winner is none of its arms, EXPERIMENT_UNKNOWN,
   *   EXPERIMENT_FINISHED
   */
  async finish(id: string, winner: string | null): Promise<JudgedExperiment> {
    const { store, now } = this.parts;
    const before = await this.found(id);
    const arms = told(before).arms.map(({ name }) => name);
    if (winner !== null && !arms.includes(winner)) throw wrongWinner(winner, arms);
    const after = await askStore(store, 'finishExperiment', { id, at: now(), winner });
    if (after === undefined) throw new ProblemError('EXPERIMENT_UNKNOWN');
    if (!after.ended) throw new ProblemError('EXPERIMENT_FINISHED');
    return this.judge(after.row);
  }

  private async found(id: string): Promise<ExperimentRow> {
    const row = await askStore(this.parts.store, 'findExperiment', id);
    if (row === undefined) throw new ProblemError('EXPERIMENT_UNKNOWN');
    return row;
  }

  /** The days whose outcomes count, and the labels that they count by. */
  private asked(row: ExperimentRow): { from: string; to: string; arms: readonly string[] } {
    const { created_at, finished_at } = row;
    return {
      arms: told(row).arms.map(({ label }) => label),
      from: dayOf(created_at - DAY_MS),
      to: dayOf(finished_at ?? this.parts.now() + DAY_MS),
    };
  }

  /** What was counted of its arms by day, by their names. */
  private async counted(row: ExperimentRow): Promise<ArmDayCounts[]> {
    const names = new Map(told(row).arms.map(({ label, name }) => [label, name]));
    const outcomes = await askStore(this.parts.store, 'outcomesOfArms', this.asked(row));
    return outcomes.map((counted) => ({ ...counted, arm: names.get(counted.arm)! }));
  }

  private async judge(row: ExperimentRow): Promise<JudgedExperiment> {
    const experiment = told(row);
    const counts = await this.counted(row);
    const asked = { id: row.id, ...this.asked(row) };
    const others = await askStore(this.parts.store, 'outcomesOfUnknownArms', asked);
    const result = judgeExperiment(designOf(JSON.parse(row.plan) as Plan), counts);
    const [unknown_arms, words] = [others.map(unknownOf), others.map(unknownWords)];
    return {
      ...experiment,
      result: { ...result, words: [...result.words, ...words], unknown_arms },
    };
  }
}

/** So many of a list, as evenly as they go, the last one among them. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  const place = (i: number): number => Math.round(((i + 1) * list.length) / most) - 1;
  return Array.from({ length: most }, (_, i) => list[place(i)]);
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
