/** How an experiment was planned; settled before its first outcome, or the test is no test. */
export interface ExperimentDesign {
  /** Two or more; the first is the control. Shares of the impressions, together 1. */
  readonly arms: readonly { readonly name: string; readonly share: number }[];
  /** Share of findings that may be false, in (0, 1). */
  readonly alpha: number;
  /** The least relative difference that is worth knowing, above 0. */
  readonly uplift: number;
  /** How many times as much clicks vary as those of independent impressions, ≥ 1. */
  readonly dispersion: number;
  /** Planned impressions of all arms together. */
  readonly impressions?: number | undefined;
}

/** Counts of an arm on a day; several of one day add up. */
export interface ArmDay {
  readonly arm: string;
  readonly day: string;
  readonly impressions: number;
  readonly clicks: number;
}

/** An arm held against the control. */
export interface ArmComparison {
  /** CTR of the arm over that of the control, by days that both were shown; null without clicks. */
  readonly ratio: number | null;
  /** At any time; null: no end. */
  readonly interval: { readonly low: number; readonly high: number | null };
  /** Clicks per impression more than the control, by the ratio and the control's CTR. */
  readonly difference: {
    readonly value: number | null;
    readonly low: number;
    readonly high: number | null;
  };
  /** Evidence that the two differ; null where it is beyond all numbers. */
  readonly e_value: number | null;
  /** Whether they differ beyond chance, all comparisons considered. */
  readonly found: boolean;
}

export interface ArmResult {
  readonly name: string;
  readonly planned_share: number;
  readonly share: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly ctr: number | null;
  /** Absent for the control. */
  readonly against_control?: ArmComparison;
}
