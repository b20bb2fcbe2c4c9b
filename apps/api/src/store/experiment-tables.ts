/** An experiment, as it was registered and ended. */
export interface ExperimentRow {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  created_at: number;
  /** null while it runs. */
  finished_at: number | null;
  /** The arm that won, if somebody said so when it was finished. */
  winner: string | null;
  /** Arms and sizes as JSON. */
  plan: string;
}

export interface ExperimentTables {
  experiments: ExperimentRow;
}
