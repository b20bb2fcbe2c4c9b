/* What the service tells of a decision, as far as it is shown or added up. */

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Came {
  readonly impressions: number;
  readonly clicks: number;
  readonly expected_clicks: number;
  readonly interval: Range;
  readonly held: boolean | null;
}

interface Alternative extends Range {
  readonly expected: number;
  readonly more: Range & { readonly expected: number };
}

/** What `GET /decisions/{id}` answers. */
export interface JudgedDecision {
  readonly id: string;
  readonly decision: string;
  readonly at: string;
  readonly model_version: string;
  readonly outcomes: {
    readonly from: string;
    readonly to: string;
    readonly matched_by: 'arm' | 'record' | null;
    readonly impressions: number;
    readonly clicks: number;
    readonly assumptions: readonly string[];
  };
  readonly hindsight?: {
    readonly currency: string;
    readonly entries: readonly (Came & {
      readonly id: string;
      readonly predicted_ctr: number;
      readonly observed_ctr: number | null;
    })[];
    readonly total: Came;
    readonly coverage: { readonly level: number; readonly judged: number; readonly held: number };
    readonly regret?: {
      readonly of: string;
      readonly decided: Range & { readonly expected: number };
      readonly equal_split: Alternative;
      readonly best_in_hindsight: Alternative & {
        readonly split: readonly { readonly id: string; readonly share: number }[];
      };
      readonly assumptions: readonly string[];
    };
    readonly assumptions: readonly string[];
  };
  readonly unjudged?: string;
}

/** How often the intervals of one level held. */
export interface LevelCoverage {
  readonly level: number;
  readonly judged: number;
  readonly held: number;
}

/** What decisions of one kind are worth together, against other ways. */
export interface RegretSum {
  readonly decision: string;
  /** What is added up, with its currency where it is money. */
  readonly of: string;
  readonly decisions: number;
  readonly decided: number;
  readonly equal_split: number;
  readonly best_in_hindsight: number;
}

/** Decisions added up. */
export interface ReplaySummary {
  readonly decisions: number;
  /** Those that some outcome is in of. */
  readonly with_outcomes: number;
  readonly coverage: readonly LevelCoverage[];
  readonly regret: readonly RegretSum[];
}

/** Adds decisions up. Regret is of the means: those of a ranking are of a thousand impressions each. */
export class Summing {
  private decisions = 0;
  private withOutcomes = 0;
  private readonly levels = new Map<number, { judged: number; held: number }>();
  private readonly sums = new Map<string, RegretSum>();

  add({ decision, outcomes, hindsight }: JudgedDecision): void {
    this.decisions++;
    if (outcomes.impressions > 0) this.withOutcomes++;
    if (hindsight === undefined) return;
    const { level, judged, held } = hindsight.coverage;
    const before = this.levels.get(level) ?? { judged: 0, held: 0 };
    this.levels.set(level, { judged: before.judged + judged, held: before.held + held });
    if (hindsight.regret !== undefined)
      this.addRegret(decision, hindsight.currency, hindsight.regret);
  }

  get summary(): ReplaySummary {
    return {
      decisions: this.decisions,
      with_outcomes: this.withOutcomes,
      coverage: [...this.levels].map(([level, counts]) => ({ level, ...counts })),
      regret: [...this.sums.values()],
    };
  }

  private addRegret(
    decision: string,
    currency: string,
    {
      of,
      decided,
      equal_split,
      best_in_hindsight,
    }: NonNullable<NonNullable<JudgedDecision['hindsight']>['regret']>,
  ): void {
    const unit = of === 'clicks' ? of : `${of}, ${currency}`;
    const key = `${decision} ${unit}`;
    const before = this.sums.get(key);
    this.sums.set(key, {
      ...{ decision, of: unit, decisions: (before?.decisions ?? 0) + 1 },
      decided: (before?.decided ?? 0) + decided.expected,
      equal_split: (before?.equal_split ?? 0) + equal_split.expected,
      best_in_hindsight: (before?.best_in_hindsight ?? 0) + best_in_hindsight.expected,
    });
  }
}
