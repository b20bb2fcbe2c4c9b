import { type Readable } from 'node:stream';
import { type Growth, matureAge, matureShare } from '@adscale/monitor';
import { LineCutter } from '../batch/lines.js';
import { ProblemError } from '../problem/problem.js';
import type { Store } from '../store/store.js';
import { askable, refuseUnavailable } from './ask-store.js';
import { dayOf, daysBefore } from './days.js';
import { isGrowthKnown } from './growth.js';
import { type OutcomeIntake, Receipt, SLICE } from './intake.js';
import type { Maturity } from './maturity.js';
import { OutcomeLines } from './outcome-lines.js';
import type { ReceiptAnswer, OutcomeSummaryAnswer } from './outcomes-dto.js';
import type { OutcomeQueries } from './queries.js';
import { cellLines } from './told-cells.js';

/** Days that are told of where nobody says which. */
const USUAL_DAYS = 30;
/** What is to be done where outcomes could not be kept. */
const SEND_AGAIN = 'Send them again later: nothing is counted twice.';
/** Oldest age whose maturity is told. */
const OLDEST_AGE = 60;

/** Which outcomes somebody wants to read. */
export interface DaysAsked {
  readonly from?: string;
  readonly to?: string;
  /** Leaves out today, and days whose clicks, as they were told until yesterday, may still lack 2 %. */
  readonly mature?: boolean;
}

/** What outcomes are kept and read by. */
export interface OutcomeParts {
  readonly store: Store<OutcomeQueries>;
  readonly intake: OutcomeIntake;
  readonly maturity: Maturity;
  /** A clock in milliseconds since 1970. */
  readonly now: () => number;
}

/** Outcomes as the routes ask for them. Everything throws ProblemError OUTCOMES_UNAVAILABLE, OUTCOMES_OFF. */
export class Outcomes {
  /** @param parts undefined where outcomes are off */
  constructor(private readonly parts: OutcomeParts | undefined) {}

  /** Takes outcomes of a body of JSON. @throws ProblemError INVALID_OUTCOMES if all of them are refused */
  async take(items: readonly unknown[], isCheck = false): Promise<ReceiptAnswer> {
    const { intake } = this.required();
    const receipt = new Receipt(isCheck);
    try {
      for (let from = 0; from < items.length; from += SLICE) {
        await intake.take(items.slice(from, from + SLICE), from, receipt);
      }
    } catch (error) {
      refuseUnavailable(error, SEND_AGAIN);
    }
    return answerOf(receipt);
  }

  /** A reader of lines, and the way to have it take them all. */
  lines(
    source: Readable,
    lines: LineCutter,
    isCheck = false,
  ): { stream: OutcomeLines; answer: () => Promise<ReceiptAnswer> } {
    const { intake } = this.required();
    const receipt = new Receipt(isCheck);
    const stream = new OutcomeLines(source, lines, intake, receipt);
    const answer = async () => {
      await stream
        .take()
        .catch((error: unknown) => refuseUnavailable(error, `${SEND_AGAIN} ${stream.progress}`));
      return answerOf(receipt);
    };
    return { stream, answer };
  }

  /** Counted outcomes as lines. The first page is read before it resolves. */
  async read({ from, to, mature }: DaysAsked): Promise<AsyncGenerator<string>> {
    const { store, maturity, now } = this.required();
    const growth = await askable(maturity.growth());
    const today = dayOf(now());
    const asked = {
      from: from ?? daysBefore(to ?? today, USUAL_DAYS),
      to: mature ? least(to ?? today, daysBefore(today, 1 + matureAge(growth))) : (to ?? today),
    };
    const lines = cellLines(store, { ...asked, growth, now: now() });
    const first = await askable(lines.next());
    return (async function* () {
      if (!first.done) yield first.value;
      yield* lines;
    })();
  }

  async summary(): Promise<OutcomeSummaryAnswer> {
    const { store, maturity } = this.required();
    const [counts, growth] = await askable(
      Promise.all([store.run('outcomeSummary', undefined), maturity.growth()]),
    );
    const { open, restated, closed, cells, impressions, clicks, predicted, first, last } = counts;
    const { engine, available: isAvailable, lastError } = store.status;
    return {
      ...{ open, restated, closed, cells, impressions, clicks },
      predicted_clicks: Math.round(predicted * 1e4) / 1e4,
      ...{ first_day: first, last_day: last },
      maturity: maturityOf(growth),
      store: { engine, available: isAvailable, last_error: lastError },
    };
  }

  private required(): OutcomeParts {
    if (this.parts === undefined) throw new ProblemError('OUTCOMES_OFF');
    return this.parts;
  }
}

/** @throws ProblemError INVALID_OUTCOMES if there is nothing but refusals */
function answerOf(receipt: Receipt): ReceiptAnswer {
  const { accepted, failed, rejected } = receipt;
  if (accepted === 0 && failed > 0) {
    const [{ index, errors }] = rejected;
    const names = errors.map(({ field }) => field).join(', ');
    const detail = `All ${failed} are refused. Of the one at place ${index}, wrong: ${names}.`;
    throw new ProblemError('INVALID_OUTCOMES', { detail, errors: toldErrors(rejected) });
  }
  const { restated, unchanged, outdated } = receipt;
  return {
    ...{ accepted, new: receipt.new, restated, unchanged, outdated, failed },
    ...(receipt.isCheck && { alike: receipt.alike }),
    rejected: rejected.map(({ index, errors }) => ({ index, errors: [...errors] })),
  };
}

/** Most problems that a refusal of everything lists. */
const MOST_ERRORS = 20;

/** Fields with the place of their outcome, as the body has them: `[2].clicks`. */
function toldErrors(rejected: Receipt['rejected']) {
  return rejected
    .flatMap(({ index, errors }) =>
      errors.map(({ field, message, ...rest }) => ({
        field: `[${index}].${field}`,
        ...rest,
        message: `[${index}].${message}`,
      })),
    )
    .slice(0, MOST_ERRORS);
}

function maturityOf(growth: Growth): OutcomeSummaryAnswer['maturity'] {
  if (!isGrowthKnown(growth)) return [];
  const ages = Math.min(OLDEST_AGE, growth.overall.clicks.share.length);
  return Array.from({ length: ages }, (_, age) => ({ age, ...roundedShare(growth, age) }));
}

function roundedShare(growth: Growth, age: number) {
  const { share, lower, upper } = matureShare(growth, age);
  const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
  return { share: rounded(share), lower: rounded(lower), upper: rounded(upper) };
}

function least(one: string, other: string): string {
  return one < other ? one : other;
}
