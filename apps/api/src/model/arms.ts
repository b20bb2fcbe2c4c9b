/** Requests of one arm of a canary, as this process answered them. */
export interface ArmAnswers {
  /** Asked of it. */
  asked: number;
  /** Not answered: the model refused the record or failed. */
  failed: number;
  /** Answered later than `slowMs`. */
  slow: number;
}

const nothing = (): ArmAnswers => {
  return { asked: 0, failed: 0, slow: 0 };
};

/**
 * Counts how requests fare with a canary and beside it, for as long as it has the same share of them.
 * There is none while nothing is on trial, so that then nothing is measured.
 */
export class Arms {
  readonly canary = nothing();
  readonly current = nothing();
  /** A longer answer is a slow one; whoever judges the canary says. */
  slowMs = 5;

  constructor(
    readonly version: string,
    /** Share of the requests, in per cent. */
    readonly percent: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Answers a request, and counts it.
   * @param version that answers it
   */
  measure<T>(version: string, answer: () => T): T {
    const arm = version === this.version ? this.canary : this.current;
    const began = this.now();
    arm.asked++;
    try {
      const answered = answer();
      if (this.now() - began > this.slowMs) arm.slow++;
      return answered;
    } catch (error) {
      arm.failed++;
      throw error;
    }
  }

  /** Counts a request that the canary was to answer, and whose record it refused. */
  refused(): void {
    this.canary.asked++;
    this.canary.failed++;
  }
}
