import { setImmediate } from 'node:timers/promises';

/** Milliseconds that long work may keep the event loop to itself. */
const TURN_MS = 5;

/** Divides long work on the event loop, so that other requests are answered in between. */
export class Turn {
  private until = performance.now() + TURN_MS;
  private steps = 0;

  /** @param every how many steps to do between looks at the clock, which cost as much as a prediction */
  constructor(private readonly every = 16) {}

  /** To be asked after every step: is it time to let others in? */
  isOver(): boolean {
    return ++this.steps % this.every === 0 && performance.now() > this.until;
  }

  /** Lets others in; a new turn begins. */
  async pass(): Promise<void> {
    await setImmediate();
    this.until = performance.now() + TURN_MS;
  }
}
