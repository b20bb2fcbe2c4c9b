/**
 * W-TinyLFU (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy", ACM
 * Transactions on Storage 2017): a window of 1 % by recency, then a segmented LRU of which four fifths
 * are protected; who leaves the window gets in only if it was asked for more often, lately, than
 * whom it would push out. How often is known from a count-min sketch of 4-bit counters that are
 * halved every ten times the capacity.
 */

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;
const QUEUES = 3;

export class WTinyLfu {
  constructor(capacity) {
    this.windowMax = Math.max(1, Math.round(capacity / 100));
    this.mainMax = capacity - this.windowMax;
    this.protectedMax = Math.floor(0.8 * this.mainMax);
    this.sketch = new FrequencySketch(capacity);
    this.index = new Map();
    this.keys = new Array(capacity + QUEUES + 1);
    this.values = new Array(capacity + QUEUES + 1);
    this.next = new Int32Array(capacity + QUEUES + 1);
    this.previous = new Int32Array(capacity + QUEUES + 1);
    this.queue = new Uint8Array(capacity + QUEUES + 1);
    this.count = new Int32Array(QUEUES);
    for (let queue = 0; queue < QUEUES; queue++) this.next[queue] = this.previous[queue] = queue;
    this.used = QUEUES;
    this.free = -1;
  }

  get size() {
    return this.index.size;
  }

  get(key) {
    this.sketch.increment(key);
    const slot = this.index.get(key);
    if (slot === undefined) return undefined;
    const queue = this.queue[slot];
    this.unlink(slot);
    if (queue === WINDOW) this.link(slot, WINDOW);
    else {
      this.link(slot, PROTECTED);
      if (this.count[PROTECTED] > this.protectedMax) this.move(this.previous[PROTECTED], PROBATION);
    }
    return this.values[slot];
  }

  set(key, value) {
    const known = this.index.get(key);
    if (known !== undefined) {
      this.values[known] = value;
      return;
    }
    const slot = this.free >= 0 ? this.free : this.used++;
    this.free = -1;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.index.set(key, slot);
    this.link(slot, WINDOW);
    if (this.count[WINDOW] > this.windowMax) this.admit(this.previous[WINDOW]);
  }

  admit(candidate) {
    if (this.count[PROBATION] + this.count[PROTECTED] < this.mainMax) {
      this.move(candidate, PROBATION);
      return;
    }
    const victim = this.previous[this.count[PROBATION] > 0 ? PROBATION : PROTECTED];
    const wins =
      victim >= QUEUES &&
      this.sketch.frequency(this.keys[candidate]) > this.sketch.frequency(this.keys[victim]);
    this.drop(wins ? victim : candidate);
    if (wins) this.move(candidate, PROBATION);
  }

  drop(slot) {
    this.unlink(slot);
    this.index.delete(this.keys[slot]);
    this.free = slot;
  }

  move(slot, queue) {
    this.unlink(slot);
    this.link(slot, queue);
  }

  link(slot, queue) {
    const newest = this.next[queue];
    this.queue[slot] = queue;
    this.previous[slot] = queue;
    this.next[slot] = newest;
    this.previous[newest] = slot;
    this.next[queue] = slot;
    this.count[queue]++;
  }

  unlink(slot) {
    const before = this.previous[slot];
    const after = this.next[slot];
    this.next[before] = after;
    this.previous[after] = before;
    this.count[this.queue[slot]]--;
  }
}

/** Four rows of 4-bit counters, eight to a word. */
class FrequencySketch {
  constructor(capacity) {
    this.width = Math.max(64, 2 ** Math.ceil(Math.log2(capacity)));
    this.words = new Int32Array((4 * this.width) / 8);
    this.period = 10 * capacity;
    this.additions = 0;
  }

  increment(key) {
    const hash = hashOf(key);
    let added = false;
    for (let row = 0; row < 4; row++) {
      const at = this.place(hash, row);
      const shift = (at & 7) << 2;
      if (((this.words[at >> 3] >>> shift) & 15) < 15) {
        this.words[at >> 3] += 1 << shift;
        added = true;
      }
    }
    if (added && ++this.additions >= this.period) this.halve();
  }

  frequency(key) {
    const hash = hashOf(key);
    let least = 15;
    for (let row = 0; row < 4; row++) {
      const at = this.place(hash, row);
      least = Math.min(least, (this.words[at >> 3] >>> ((at & 7) << 2)) & 15);
    }
    return least;
  }

  place(hash, row) {
    const mixed = Math.imul(hash + Math.imul(row, 0x9e3779b9), 0x85ebca6b);
    return row * this.width + ((mixed ^ (mixed >>> 15)) & (this.width - 1));
  }

  halve() {
    for (let i = 0; i < this.words.length; i++) {
      this.words[i] = (this.words[i] >>> 1) & 0x77777777;
    }
    this.additions >>>= 1;
  }
}

function hashOf(key) {
  let hash = (key | 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
