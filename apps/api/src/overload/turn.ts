import { setImmediate } from 'node:timers/promises';

/** Milliseconds that long work may keep the event loop to itself. */
const TURN_MS = 5;

/** Divides long work on the event loop, so that other requests are answered in between. */
export class Turn {
  private until: number;
  private steps = 0;

  /**
   * @param every how many steps to do between looks at the clock, which cost as much as a prediction
   * @param now a clock in milliseconds, for tests
   * @param turnMs how long a turn is, in milliseconds
   */
  constructor(
    private readonly every = 16,
    private readonly now = () => performance.now(),
    private readonly turnMs = TURN_MS,
  ) {
    this.until = this.now() + turnMs;
  }

  /** To be asked after every step: is it time to let others in? */
  isOver(): boolean {
    return ++this.steps % this.every === 0 && this.now() > this.until;
  }

  /** Lets others in; a new turn begins. */
  async pass(): Promise<void> {
    await setImmediate();
    this.until = this.now() + this.turnMs;
  }
}
