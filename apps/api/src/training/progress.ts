import type { JobKind } from './jobs.js';

/** How far a stage of the trainer is, or that it has ended. */
interface StageLine {
  readonly stage: string;
  readonly done: number;
  readonly unit: string;
  readonly total?: number;
  readonly seconds?: number;
  readonly running?: true;
}

/** A line that the trainer writes to standard error. */
type TrainerLine = StageLine | { readonly note: string } | { readonly error: string };

/** From where to where a stage takes a job; measured on tables of 10,000 to a million rows. */
const SHARES: Readonly<Record<JobKind, Readonly<Record<string, readonly [number, number]>>>> = {
  inspect: { profile: [0.2, 0.7], try: [0.7, 0.95] },
  train: {
    ...{ profile: [0.02, 0.1], try: [0.1, 0.15], read: [0.15, 0.3] },
    ...{ grow: [0.3, 0.9], train: [0.3, 0.9] },
  },
};
/** What comes after a stage that tells nothing of itself. */
const AFTER: Readonly<Record<string, string>> = {
  grow: 'judging the model, writing its report',
  train: 'judging the model, writing its report',
};

const MOST_LINES = 100;
const LONGEST_LINE = 500;
/** Longest error that is kept: a value of the data may stand in its middle. */
const LONGEST_ERROR = 2000;
const END_OF_ERROR = 500;

/** What the trainer has said of a job so far. */
export class Progress {
  /** From 0 to 1; it never goes back. */
  share = 0;
  /** What is being done, in words. */
  doing = 'opening the data';
  /** The last lines, the oldest first. */
  readonly log: string[] = [];
  /** The last error that was told. */
  error: string | undefined;

  /**
   * @param readable puts a text of the trainer into the words of whoever reads it
   * @param onNews is called whenever there is something new
   */
  constructor(
    private readonly kind: JobKind,
    private readonly readable: (text: string) => string,
    private readonly onNews: () => void,
  ) {}

  /** Takes a line in. */
  hear(text: string): void {
    const line = parsed(text);
    if (line === undefined) this.tell(text);
    else if ('note' in line) this.tell(String(line.note));
    else if ('error' in line) this.tell((this.error = bounded(this.readable(String(line.error)))));
    else this.step(line);
    this.onNews();
  }

  private step(line: StageLine): void {
    const { stage, done, total, unit, seconds, running } = line;
    const [from, to] = SHARES[this.kind][stage] ?? [this.share, this.share];
    const share = running ? done / (total ?? 100) : 1;
    this.share = Math.max(this.share, from + (to - from) * Math.min(1, share));
    if (running) {
      this.doing =
        unit === '%' ? `${stage}: ${Math.round(done)} %` : `${stage}: ${done} of ${total} ${unit}`;
      return;
    }
    this.doing = AFTER[stage] ?? `${stage}: ${done} ${unit}`;
    this.tell(`${stage}: ${done.toLocaleString('en')} ${unit} in ${seconds} s`);
  }

  private tell(text: string): void {
    for (const line of this.readable(text).split('\n')) {
      this.log.push(line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line);
    }
    this.log.splice(0, this.log.length - MOST_LINES);
  }
}

function parsed(text: string): TrainerLine | undefined {
  try {
    const line = JSON.parse(text) as Record<string, unknown>;
    const isKnown =
      ('stage' in line && typeof line.done === 'number') || 'note' in line || 'error' in line;
    return isKnown ? (line as TrainerLine) : undefined;
  } catch {
    return undefined;
  }
}

/** The beginning of a long error, which says what is wrong, and its end, which says what to do. */
function bounded(error: string): string {
  if (error.length <= LONGEST_ERROR) return error;
  const beginning = error.slice(0, LONGEST_ERROR - END_OF_ERROR);
  return `${beginning} … ${error.slice(-END_OF_ERROR)}`;
}
