/** A gated canary. */
export interface TrialRow {
  id: string;
  /** `open` for the one that is not over, else its id. */
  slot: string;
  version: string;
  /** Milliseconds since 1970. */
  begun_at: number;
  revision: number;
  /** JSON. */
  state: string;
  /** Who looks after it, and until when. */
  lease_owner: string;
  lease_until: number;
}

/** Requests that one process has answered while a canary had one percentage. */
export interface TrialAnswersRow {
  trial: string;
  percent: number;
  process: string;
  tried: number;
  tried_failed: number;
  tried_slow: number;
  current: number;
  current_failed: number;
  current_slow: number;
}

export interface TrialTables {
  trials: TrialRow;
  trial_answers: TrialAnswersRow;
}
