/** Says the first error of a kind, then no more than one an interval, and how many it kept back. */
export class ErrorLog {
  private readonly kinds = new Map<string, { saidAt: number; keptBack: number }>();

  /**
   * @param log takes one line
   * @param intervalMs between two lines of one kind
   * @param now a clock in milliseconds
   */
  constructor(
    private readonly log: (message: string) => void,
    private readonly intervalMs: number,
    private readonly now: () => number,
  ) {}

  /** @param kind what went wrong: one of a few fixed words */
  report(kind: string, error: unknown): void {
    const time = this.now();
    const before = this.kinds.get(kind);
    if (before !== undefined && time - before.saidAt < this.intervalMs) {
      before.keptBack++;
      return;
    }
    this.kinds.set(kind, { saidAt: time, keptBack: 0 });
    const more = before?.keptBack ? ` (${before.keptBack} more like it kept back)` : '';
    this.log(`${kind}: ${error instanceof Error ? error.message : String(error)}${more}`);
  }
}
