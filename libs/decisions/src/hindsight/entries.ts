import type { CtrModel } from '@adscale/ctr';
import { choicesOf, type Choice } from '../allocate/choices.js';
import { readAllocation, type AllocationProblem } from '../allocate/request.js';
import { DecisionError } from '../errors.js';
import { readSchedule } from '../forecast.js';
import { toMinor, type Currency } from '../money/money.js';
import { readRanking } from '../rank.js';

/** The decisions that can be judged: outcomes tell of them. */
export const JUDGED = ['rank', 'forecast', 'allocate'] as const;
export type JudgedDecision = (typeof JUDGED)[number];

/** One entry of a decided request: a candidate, a placement, or a cell of a budget. */
export interface Entry {
  readonly id: string;
  /** As the decision took it; of an allocation, at the spend that it was given. */
  readonly row: Float64Array;
  /** Impressions that were counted with; null where the decision plans none. */
  readonly planned: number | null;
  /** In the currency's unit; null where none was planned. */
  readonly spend: number | null;
}

/** A decided request, read again. */
export interface Decided {
  readonly level: number;
  readonly currency: Currency;
  /** In the request's order. */
  readonly entries: readonly Entry[];
  /** Of a ranking: what a thousand impressions are worth per unit of CTR. */
  readonly weights?: readonly number[];
  readonly allocation?: {
    readonly problem: AllocationProblem;
    readonly choices: readonly Choice[];
    /** As decided, minor units. */
    readonly spends: readonly number[];
  };
}

/**
 * Reads a decision that a model has taken.
 * @param answer as it was given; only that of an allocation is looked at
 * @throws DecisionError REQUEST_INVALID if the model cannot have taken it
 */
export async function readDecided(
  model: CtrModel,
  name: JudgedDecision,
  request: unknown,
  answer: unknown,
): Promise<Decided> {
  if (name === 'rank') return readRank(model, request);
  if (name === 'forecast') return readForecast(model, request);
  return readSplit(model, request, answer);
}

function readRank(model: CtrModel, request: unknown): Decided {
  const { level, currency, candidates } = readRanking(model, request);
  const entries = candidates.map(({ id, row }) => ({ id, row, planned: null, spend: null }));
  return { level, currency, entries, weights: candidates.map(({ weight }) => weight) };
}

function readForecast(model: CtrModel, request: unknown): Decided {
  const { level, currency, reader, rows, lines } = readSchedule(model, request);
  const entries = lines.map(({ id, impressions }, i) => ({
    ...{ id, planned: impressions, spend: null },
    row: rows.slice(i * reader.width, (i + 1) * reader.width),
  }));
  return { level, currency, entries };
}

async function readSplit(model: CtrModel, request: unknown, answer: unknown): Promise<Decided> {
  const problem = readAllocation(model, request);
  const { level, currency } = problem;
  const choices = await choicesOf(problem);
  const given = spendsIn(answer, choices.length);
  const spends = given.map((spend) => toMinor(spend, currency));
  const entries = choices.map((choice, i) => ({
    id: choice.cell.id,
    row: choice.rowAt(spends[i]),
    planned: Math.floor(choice.impressionsAt(spends[i])),
    spend: given[i],
  }));
  return { level, currency, entries, allocation: { problem, choices, spends } };
}

function spendsIn(answer: unknown, cells: number): number[] {
  const { allocations } = answer as { readonly allocations?: readonly { spend: number }[] };
  if (allocations?.length === cells) return allocations.map(({ spend }) => spend);
  const detail = `answer has ${allocations?.length ?? 'no'} allocations, wanted one for each of ${cells} cells`;
  throw new DecisionError('REQUEST_INVALID', detail, 'answer');
}
