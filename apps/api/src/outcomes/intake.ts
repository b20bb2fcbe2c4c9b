import { fieldProblem } from '@adscale/ctr';
import { Turn } from '../overload/turn.js';
import type { FieldError } from '../problem/problem.js';
import type { ModelBook } from './model-book.js';
import { type PackedOutcomes, pack } from './packed.js';
import type { Found, Missing, OutcomeReader, Reading } from './read-outcome.js';
import { type Fate, FATES } from './write.js';
import type { OutcomeWriter } from './writer.js';

/** Outcomes of a body that are read and written together. */
export const SLICE = 1000;
/**
 * Others are let in this often while a slice is read: outcomes can wait, and the predictions beside them
 * cannot. In milliseconds, looked at after so many outcomes.
 */
const TURN_MS = 0.25;
const STEPS = 8;
/** So many refused outcomes are told with all that is wrong; of the others, how many there are. */
const MOST_TOLD = 100;

/** A refused outcome, by its place in the body from 0 on. */
export interface Rejection {
  readonly index: number;
  readonly errors: readonly FieldError[];
}

/** What became of the outcomes of a body. */
export class Receipt {
  new = 0;
  restated = 0;
  /** Outcomes that say what was known; of those `outdated` say what others replaced since. */
  unchanged = 0;
  outdated = 0;
  /** Outcomes refused, of which `rejected` has the first hundred. */
  failed = 0;
  readonly rejected: Rejection[] = [];
  /** When checked: new outcomes that say the same of a day and record as one of another key. */
  alike = 0;

  /** @param isCheck whether it is only to be told what would become of them */
  constructor(readonly isCheck = false) {}

  /** Outcomes that are kept: committed to the store. */
  get accepted(): number {
    return this.new + this.restated + this.unchanged;
  }

  count(fate: Exclude<Fate, 'closed'>): void {
    if (fate === 'outdated') this.unchanged++;
    this[fate]++;
  }

  refuse(index: number, errors: readonly FieldError[]): void {
    if (++this.failed <= MOST_TOLD) this.rejected.push({ index, errors });
  }
}

/** What the rule of a day that is closed is called by. */
const CLOSED_RULE =
  'of a day that is open: a day is closed OUTCOMES_MATURE_DAYS after its last outcome came';

/** Takes outcomes in: reads them, finds the models that they are of, and has them written. */
export class OutcomeIntake {
  constructor(
    private readonly reader: OutcomeReader,
    private readonly book: ModelBook,
    private readonly writer: OutcomeWriter,
    private readonly now: () => number,
  ) {}

  /**
   * Takes a slice of a body. Others are let in between.
   * @param first the place of the slice's first outcome in the body
   * @param receipt gets what became of them
   * @throws StoreError; then none of the slice is kept
   */
  async take(items: readonly unknown[], first: number, receipt: Receipt): Promise<void> {
    const readings = await this.read(items);
    const packed: PackedOutcomes = [];
    const places: number[] = [];
    readings.forEach((reading, place) => {
      if (reading.kind !== 'told') return;
      pack(reading.outcome, packed);
      places.push(place);
    });
    const fates = await this.fatesOf(packed, receipt);
    // Told in the order of the body, and only once the rest is kept.
    let written = 0;
    readings.forEach((reading, place) => {
      if (reading.kind === 'wrong') return receipt.refuse(first + place, reading.errors);
      const fate = FATES[fates[written++]];
      if (fate === 'closed') receipt.refuse(first + place, [closedProblem(items[place])]);
      else receipt.count(fate);
    });
  }

  private async fatesOf(packed: PackedOutcomes, receipt: Receipt): Promise<Uint8Array> {
    if (!receipt.isCheck) return this.writer.write(packed);
    const { fates, alike } = await this.writer.check(packed);
    receipt.alike += alike;
    return fates;
  }

  private async read(items: readonly unknown[]): Promise<Settled[]> {
    const readings: Reading[] = [];
    const turn = new Turn(STEPS, () => performance.now(), TURN_MS);
    this.reader.moment(this.now());
    for (const item of items) {
      readings.push(this.reader.read(item));
      if (turn.isOver()) await turn.pass();
    }
    const wanted = readings.flatMap((reading) =>
      reading.kind === 'missing' ? [reading.model] : [],
    );
    if (wanted.length > 0) {
      const found = await this.find(wanted);
      readings.forEach((reading, place) => {
        if (reading.kind === 'missing') readings[place] = this.reader.read(items[place], found);
      });
    }
    return readings as Settled[];
  }

  /** Looks for models that are not at hand. */
  private async find(wanted: readonly Missing[]): Promise<Found> {
    const found: Found = { digest: new Map(), version: new Map() };
    for (const { by, name } of wanted) {
      if (found[by].has(name)) continue;
      if (by === 'digest') found.digest.set(name, await this.book.findByDigest(name));
      else found.version.set(name, await this.book.findByVersion(name));
    }
    return found;
  }
}

/** What a reading is once its model was looked for. */
type Settled = Exclude<Reading, { kind: 'missing' }>;

function closedProblem(item: unknown): FieldError {
  const { period, prediction_id } = item as { period?: unknown; prediction_id?: unknown };
  return period === undefined
    ? fieldProblem('prediction_id', prediction_id, CLOSED_RULE)
    : fieldProblem('period', period, CLOSED_RULE);
}
