/**
 * Hit rate of the best that any cache of this capacity can do, knowing the future: keep those keys
 * that are asked for again soonest, and do not even take in one that comes later than all of them
 * (Belady: "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal
 * 1966, with bypass).
 */
export function clairvoyantHitRate(trace, capacity) {
  const next = nextUses(trace);
  const held = new Map();
  const latest = new LatestFirst();
  let hits = 0;
  for (let i = 0; i < trace.length; i++) {
    const key = trace[i];
    if (held.has(key)) hits++;
    else if (next[i] === Infinity) continue;
    else if (held.size >= capacity) {
      // What was asked for since it was put in stands in the heap with a time that is over.
      while (held.get(latest.key) !== latest.time) latest.pop();
      if (latest.time <= next[i]) continue;
      held.delete(latest.key);
      latest.pop();
    }
    held.set(key, next[i]);
    latest.push(next[i], key);
  }
  return hits / trace.length;
}

/** For each request the place of the next one for the same key, or Infinity. */
function nextUses(trace) {
  const next = new Float64Array(trace.length);
  const seen = new Map();
  for (let i = trace.length - 1; i >= 0; i--) {
    next[i] = seen.get(trace[i]) ?? Infinity;
    seen.set(trace[i], i);
  }
  return next;
}

/** A binary heap with the latest time on top. */
class LatestFirst {
  times = [];
  keys = [];

  get time() {
    return this.times[0];
  }

  get key() {
    return this.keys[0];
  }

  push(time, key) {
    let at = this.times.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const above = (at - 1) >> 1;
      if (this.times[above] >= time) break;
      this.put(at, this.times[above], this.keys[above]);
    }
    this.put(at, time, key);
  }

  pop() {
    const time = this.times.pop();
    const key = this.keys.pop();
    const { length } = this.times;
    if (length === 0) return;
    let at = 0;
    for (let below = 1; below < length; below = 2 * at + 1) {
      if (below + 1 < length && this.times[below + 1] > this.times[below]) below++;
      if (this.times[below] <= time) break;
      this.put(at, this.times[below], this.keys[below]);
      at = below;
    }
    this.put(at, time, key);
  }

  put(at, time, key) {
    this.times[at] = time;
    this.keys[at] = key;
  }
}
