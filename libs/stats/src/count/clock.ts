/**
 * By how many milliseconds the clock may fall back without ado. Less than the shortest ring of
 * slots spans, so that what is counted late still finds its slot.
 */
export const SET_BACK_TOLERANCE = 60_000;

/** The last moment a Date can hold. */
const LAST_MOMENT = 8.64e15;

/**
 * A wall clock that may be corrected while it runs. Small steps back are passed on: the moment read
 * is the true one. After a large step the clock had been wrong before, so whoever counts by it
 * begins anew. What is no time at all (NaN, infinite) counts as the latest moment known.
 */
export class WallClock {
  /** The latest moment read since the clock was last set back. */
  latest: number;
  /** When the clock was made, by the clock as it goes now: the time since then stays true. */
  startedAt: number;

  /**
   * @param now milliseconds since 1970
   * @param onSetBack called when the clock fell back by more than the tolerance
   */
  constructor(
    private readonly now: () => number,
    private readonly onSetBack: () => void,
  ) {
    const time = now();
    this.startedAt = this.latest = Math.abs(time) <= LAST_MOMENT ? time : 0;
  }

  /** The moment to count by, in milliseconds since 1970. */
  read(): number {
    const time = this.now();
    if (time >= this.latest && time <= LAST_MOMENT) return (this.latest = time);
    return this.readOddTime(time);
  }

  private readOddTime(time: number): number {
    if (!(Math.abs(time) <= LAST_MOMENT)) return this.latest;
    if (time < this.latest - SET_BACK_TOLERANCE) {
      this.startedAt += time - this.latest;
      this.latest = time;
      this.onSetBack();
    }
    return time;
  }
}
