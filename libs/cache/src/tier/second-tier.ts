/**
 * A store that several processes share, asked when memory has no answer. It may be slow, empty or
 * gone: `get` then resolves to undefined within a bounded time. No method throws or rejects.
 */
export interface SecondTier<V> {
  /** The value of `name`, or undefined when it is unknown or cannot be had in time. */
  get(name: string): Promise<V | undefined>;
  /** Sends a value to be kept. The caller does not learn whether it was. */
  set(name: string, value: V): void;
  /** What the tier did so far. */
  snapshot(): TierSnapshot;
  /** Closes the connection. Resolves when nothing is open any more. */
  close(): Promise<void>;
}

/** How values are written to a second tier. */
export interface Codec<V> {
  encode(value: V): string | Buffer;
  /** The value, or undefined when the bytes are no value. An error it throws counts as undefined. */
  decode(bytes: Buffer): V | undefined;
}

/**
 * Values as JSON.
 * @param isValue whether what was read is a value: anything may stand in a shared store
 */
export function jsonCodec<V>(isValue: (value: unknown) => value is V): Codec<V> {
  return {
    encode: (value) => JSON.stringify(value),
    decode(bytes) {
      const value: unknown = JSON.parse(bytes.toString());
      return isValue(value) ? value : undefined;
    },
  };
}

/** Numbers as eight bytes, the lowest first, without loss. */
export const numberCodec: Codec<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    return bytes;
  },
  decode: (bytes) => (bytes.length === 8 ? bytes.readDoubleLE() : undefined),
};

/** What a second tier counted so far. Plain data, frozen; counts are whole numbers. */
export interface TierSnapshot {
  readonly hits: number;
  readonly misses: number;
  /** Values sent to be kept. */
  readonly writes: number;
  /** Lookups and writes that were not tried: no connection, open breaker, too many under way. */
  readonly skipped: number;
  /** Commands that failed, and values that could not be read; time-outs are not among them. */
  readonly errors: number;
  /** Commands without an answer in time. */
  readonly timeouts: number;
  /** How long all lookups waited together, in nanoseconds. */
  readonly waitedNs: number;
  /** How many breakers are in each state: one per process that has a second tier. */
  readonly breakers: {
    readonly closed: number;
    readonly halfOpen: number;
    readonly open: number;
  };
}

/** The counts of no second tier. */
export const emptyTier: TierSnapshot = Object.freeze({
  hits: 0,
  misses: 0,
  writes: 0,
  skipped: 0,
  errors: 0,
  timeouts: 0,
  waitedNs: 0,
  breakers: Object.freeze({ closed: 0, halfOpen: 0, open: 0 }),
});

/** Adds the counts of two processes' tiers. Exactly associative and commutative. */
export function mergeTiers(a: TierSnapshot, b: TierSnapshot): TierSnapshot {
  return Object.freeze({
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    writes: a.writes + b.writes,
    skipped: a.skipped + b.skipped,
    errors: a.errors + b.errors,
    timeouts: a.timeouts + b.timeouts,
    waitedNs: a.waitedNs + b.waitedNs,
    breakers: Object.freeze({
      closed: a.breakers.closed + b.breakers.closed,
      halfOpen: a.breakers.halfOpen + b.breakers.halfOpen,
      open: a.breakers.open + b.breakers.open,
    }),
  });
}
