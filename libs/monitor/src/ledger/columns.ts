/** Numbers that grow by doubling, eight bytes each. */
export class Numbers {
  private held = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.held.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.held);
      this.held = larger;
    }
    this.held[this.length++] = value;
  }

  at(place: number): number {
    return this.held[place];
  }

  /** Drops the values where there is a 0, and closes up. */
  keepOnly(kept: Uint8Array): void {
    let length = 0;
    for (let at = 0; at < this.length; at++)
      if (kept[at] === 1) this.held[length++] = this.held[at];
    this.length = length;
  }

  /** What was pushed; a view, good until the next push. */
  get values(): Float64Array {
    return this.held.subarray(0, this.length);
  }
}

/** Values by number, in the order in which they were met; the same value has the same number. */
export class Values<T> {
  private readonly numbers = new Map<T, number>();
  readonly list: T[] = [];

  numberOf(value: T): number {
    let number = this.numbers.get(value);
    if (number === undefined) {
      number = this.list.length;
      this.numbers.set(value, number);
      this.list.push(value);
    }
    return number;
  }
}
