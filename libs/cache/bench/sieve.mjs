/**
 * SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU", NSDI 2024): one queue in
 * order of arrival and a hand that goes from old to new, sparing once who was asked for meanwhile.
 */
export class Sieve {
  constructor(capacity) {
    this.capacity = capacity;
    this.index = new Map();
    this.keys = new Array(capacity + 1);
    this.values = new Array(capacity + 1);
    this.older = new Int32Array(capacity + 1);
    this.newer = new Int32Array(capacity + 1);
    this.asked = new Uint8Array(capacity + 1);
    this.hand = 0;
    this.used = 1;
  }

  get size() {
    return this.index.size;
  }

  get(key) {
    const slot = this.index.get(key);
    if (slot === undefined) return undefined;
    this.asked[slot] = 1;
    return this.values[slot];
  }

  set(key, value) {
    const known = this.index.get(key);
    if (known !== undefined) {
      this.values[known] = value;
      return;
    }
    const slot = this.used <= this.capacity ? this.used++ : this.evict();
    this.keys[slot] = key;
    this.values[slot] = value;
    this.asked[slot] = 0;
    this.index.set(key, slot);
    // Slot 0 closes the ring: newer[0] is the oldest, older[0] the newest.
    const newest = this.older[0];
    this.older[slot] = newest;
    this.newer[slot] = 0;
    this.newer[newest] = slot;
    this.older[0] = slot;
  }

  evict() {
    let slot = this.hand || this.newer[0];
    while (this.asked[slot] === 1) {
      this.asked[slot] = 0;
      slot = this.newer[slot] || this.newer[0];
    }
    this.hand = this.newer[slot];
    this.newer[this.older[slot]] = this.newer[slot];
    this.older[this.newer[slot]] = this.older[slot];
    this.index.delete(this.keys[slot]);
    return slot;
  }
}
