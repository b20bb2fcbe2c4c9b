/** What was observed of the predictions of one model for one cell on one day, counted. */
export interface OutcomeCell {
  /** Of the impressions, UTC, `YYYY-MM-DD`. */
  readonly day: string;
  /** Version of the model that predicted. */
  readonly model: string;
  /** The record, its numbers rounded to two significant digits; null for what it lacks. */
  readonly record: Readonly<Record<string, string | number | null>>;
  /** Features whose words the model did not know. */
  readonly unseen: readonly string[];
  readonly campaign?: string;
  readonly placement?: string;
  /** Of an experiment. */
  readonly arm?: string;
  /** Outcomes that were counted together. */
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /**
   * Of the impressions, those whose figures were last told after `Growth.as_of`, and are so a day older than
   * the others. Default 0.
   */
  readonly fresh?: number;
  /** Clicks that the model expected: the sum over impressions of the predicted CTR. */
  readonly predicted: number;
  /** Money; absent where nobody said. */
  readonly spend?: number;
}
