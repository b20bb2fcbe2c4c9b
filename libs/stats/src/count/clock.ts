/**
 * How far the clock may fall back, in milliseconds, before counting starts anew. Shorter than the
 * shortest ring of time slots, so that what is counted a little late still finds its slot.
 */
export const SET_BACK_TOLERANCE = 60_000;

/** The last moment a Date can hold. */
const LAST_MOMENT = 8.64e15;

/**
 * A wall clock that may be set while it runs. After a small step back, the moment it reads is taken
 * for the right one. After a large step back, the moments before were wrong, so counting by time has
 * to start anew. A reading that is no time (NaN, infinite) is replaced by the latest moment known.
 */
export class WallClock {
  /** The latest moment read since the last large step back. */
  latest: number;
  /** When this clock was made. Moved along with every large step back, so that the age stays right. */
  startedAt: number;

  /**
   * @param now milliseconds since 1970
   * @param onSetBack called when the clock falls back by more than the tolerance
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
