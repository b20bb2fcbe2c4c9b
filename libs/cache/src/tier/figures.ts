/** What a second tier did so far: plain data, frozen; counts are whole numbers. */
export interface TierFigures {
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
  /** Nanoseconds that the callers of all lookups waited, together. */
  readonly waitedNs: number;
  /** How many breakers are in each state: one per process that has a second tier. */
  readonly breakers: {
    readonly closed: number;
    readonly halfOpen: number;
    readonly open: number;
  };
}

/** No second tier. */
export const emptyTier: TierFigures = Object.freeze({
  hits: 0,
  misses: 0,
  writes: 0,
  skipped: 0,
  errors: 0,
  timeouts: 0,
  waitedNs: 0,
  breakers: Object.freeze({ closed: 0, halfOpen: 0, open: 0 }),
});

/** Two tiers, or one as two processes see it, as one: associative and commutative, exactly. */
export function mergeTiers(a: TierFigures, b: TierFigures): TierFigures {
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
