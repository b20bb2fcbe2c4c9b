import { RefusedError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import { ServiceError, type Service } from '../service/ask.js';
import type { ProblemField } from '../service/problem.js';
import type { PlacedOutcome } from './rows.js';

/** An outcome that the service did not take. */
export interface Rejected {
  /** "ads.csv: line 3" */
  readonly where: string;
  readonly errors: readonly ProblemField[];
}

/** What became of what was sent. */
export interface Sent {
  readonly accepted: number;
  readonly new: number;
  readonly restated: number;
  /** What was known; of those `outdated` say what others replaced since. */
  readonly unchanged: number;
  readonly outdated: number;
  readonly rejected: number;
  /** The first of those that were rejected. */
  readonly rejections: readonly Rejected[];
}

/** What `POST /outcomes` answers; places are those of the request, from 0. */
interface Answer {
  readonly accepted: number;
  readonly new: number;
  readonly restated: number;
  readonly unchanged: number;
  readonly outdated: number;
  /** Of a check: new ones that say the same of a day and record as one of another key. */
  readonly alike?: number;
  /** How many were refused; the first of them are told. */
  readonly failed: number;
  readonly rejected: readonly {
    readonly index: number;
    readonly errors: readonly ProblemField[];
  }[];
}

/** Outcomes of one request. */
const BATCH = 1000;
/** So many rejections are told. */
const MOST_TOLD = 100;

/**
 * Sends outcomes, a batch at a time: the next is made when the service has committed the one before.
 * What was sent before an error stays; sent again, it changes nothing.
 * @throws as `Service.get`, but for outcomes that are refused one by one
 */
export async function sendOutcomes(
  service: Service,
  chunks: AsyncIterable<readonly PlacedOutcome[]>,
  stage?: Pick<Stage, 'update'>,
): Promise<Sent> {
  const sums = { accepted: 0, new: 0, restated: 0, unchanged: 0, outdated: 0, rejected: 0 };
  const rejections: Rejected[] = [];
  let done = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += BATCH) {
      const batch = chunk.slice(from, from + BATCH);
      const answer = await sendBatch(service, batch);
      for (const name of ['accepted', 'new', 'restated', 'unchanged', 'outdated'] as const) {
        sums[name] += answer[name];
      }
      sums.rejected += answer.failed;
      for (const { index, errors } of answer.rejected.slice(0, MOST_TOLD - rejections.length)) {
        rejections.push({ where: batch[index].where, errors });
      }
      stage?.update((done += batch.length));
    }
  }
  return { ...sums, rejections };
}

/**
 * Asks what would become of the first batch.
 * @throws RefusedError if most of it was told before under other keys: it would count twice
 */
export async function refuseTwice(
  service: Service,
  chunks: AsyncIterable<readonly PlacedOutcome[]>,
  key: readonly string[],
): Promise<void> {
  for await (const chunk of chunks) {
    const { accepted, alike = 0 } = await sendBatch(service, chunk.slice(0, BATCH), '?check=true');
    if (alike <= accepted / 2) return;
    const names = ['day', ...key].join(', ');
    throw new RefusedError(
      `${alike} of the first ${accepted} outcomes say what others of the same day and record say, under another key than one of ${names}: they would count twice. Nothing was sent. --key-column as they were sent before has them known again; --other-rows says that they are other rows`,
    );
  }
}

async function sendBatch(
  service: Service,
  batch: readonly PlacedOutcome[],
  query = '',
): Promise<Answer> {
  try {
    return await service.sendLines<Answer>(
      `/outcomes${query}`,
      batch.map(({ outcome }) => outcome),
    );
  } catch (error) {
    const isAllRefused = error instanceof ServiceError && error.problem.code === 'INVALID_OUTCOMES';
    if (!isAllRefused) throw error;
    const none = { accepted: 0, new: 0, restated: 0, unchanged: 0, outdated: 0 };
    return { ...none, failed: batch.length, rejected: rejectedIn(error.problem.errors ?? []) };
  }
}

/** A refusal of all outcomes names fields by place, as `[2].clicks`: the outcomes by themselves again. */
function rejectedIn(errors: readonly ProblemField[]): Answer['rejected'] {
  const byPlace = new Map<number, ProblemField[]>();
  for (const { field, message } of errors) {
    const [, index = '0', name = field] = /^\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    const told = { field: name, message: message.replace(field, name) };
    byPlace.set(Number(index), [...(byPlace.get(Number(index)) ?? []), told]);
  }
  return [...byPlace].map(([index, told]) => ({ index, errors: told }));
}
