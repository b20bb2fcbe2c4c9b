import { mismatchEvidence } from './mismatch.js';
import { ratioEvidence, type PairedCounts, type RatioEvidence } from './ratio.js';
import { decisionOf, type Decision } from './decision.js';
import type { ArmComparison, ArmDay, ArmResult, ExperimentDesign } from './design.js';

export interface ExperimentResult extends Decision {
  readonly impressions: number;
  readonly clicks: number;
  readonly days: number;
  /** Of the planned impressions; null where none were planned. */
  readonly reached: number | null;
  readonly arms: readonly ArmResult[];
  /** Do impressions come in other shares than planned? */
  readonly mismatch: { readonly e_value: number | null; readonly found: boolean };
  readonly assumptions: readonly string[];
}

/** A split is called broken at this e-value: rarely wrong, because it ends the experiment. */
const MISMATCH_ALPHA = 0.001;

const ASSUMPTIONS = [
  'Who sees which arm is drawn by chance, and each arm’s impressions are clicked independently of each other, but for the dispersion that the experiment was planned with.',
  'Of one day, clicks of all arms are told alike late: arms are compared within days, so that what days share cancels.',
  'Intervals and findings hold at whatever time one looks, and however often.',
  'A difference is the ratio’s, at the CTR that the control had.',
];

/**
 * What an experiment's outcomes say, at any time: anytime-valid comparisons with the control, of which as
 * many as pass e-BH are found (Wang & Ramdas 2022), so that at most a share `alpha` of findings is false
 * in the mean. Intervals of R found among K are at level 1 − alpha · max(1, R) / K (Xu, Wang & Ramdas 2024).
 * @param counts of arms that the design does not name are passed over
 */
export function judgeExperiment(
  design: ExperimentDesign,
  counts: Iterable<ArmDay>,
): ExperimentResult {
  const table = new ArmTable(design, counts);
  const evidence = design.arms.slice(1).map(({ name }) => table.against(name, design));
  const logs = evidence.map((known) => known.logEvidenceAgainst(1));
  const found = foundAmong(logs, design.alpha);
  const level = (design.alpha * Math.max(1, found.filter(Boolean).length)) / evidence.length;
  const control = table.ctrOf(design.arms[0].name);
  const compared = evidence.map((known, i) =>
    comparison(known, logs[i], found[i], known.interval(level), control),
  );
  const arms = design.arms.map((arm, i) => table.result(arm, compared[i - 1]));
  const mismatch = mismatchEvidence(arms.map((arm) => ({ ...arm, share: arm.planned_share })));
  const broken = mismatch >= -Math.log(MISMATCH_ALPHA);
  const reached = design.impressions === undefined ? null : table.impressions / design.impressions;
  return {
    impressions: table.impressions,
    clicks: table.clicks,
    days: table.days,
    reached: reached && Number(reached.toPrecision(4)),
    arms,
    mismatch: { e_value: plain(Math.exp(mismatch)), found: broken },
    ...decisionOf({ design, arms, broken, reached }),
    assumptions: ASSUMPTIONS,
  };
}

/** Evidence of the others is weighed down to the rank of the last that passes: e-BH. */
function foundAmong(logs: readonly number[], alpha: number): boolean[] {
  const order = [...logs.keys()].sort((a, b) => logs[b] - logs[a]);
  const passes = (rank: number): boolean =>
    logs[order[rank - 1]] >= Math.log(logs.length / (alpha * rank));
  const most = order.reduce((last, _, i) => (passes(i + 1) ? i + 1 : last), 0);
  const chosen = new Set(order.slice(0, most));
  return logs.map((_, i) => chosen.has(i));
}

/** Counts by arm and day. */
class ArmTable {
  impressions = 0;
  clicks = 0;
  private readonly byArm = new Map<string, Map<string, { impressions: number; clicks: number }>>();

  constructor({ arms }: ExperimentDesign, counts: Iterable<ArmDay>) {
    for (const { name } of arms) this.byArm.set(name, new Map());
    for (const { arm, day, impressions, clicks } of counts) {
      const days = this.byArm.get(arm);
      if (days === undefined) continue;
      const before = days.get(day) ?? { impressions: 0, clicks: 0 };
      before.impressions += impressions;
      before.clicks += clicks;
      days.set(day, before);
      this.impressions += impressions;
      this.clicks += clicks;
    }
  }

  get days(): number {
    return new Set([...this.byArm.values()].flatMap((days) => [...days.keys()])).size;
  }

  against(name: string, { arms, uplift, dispersion }: ExperimentDesign): RatioEvidence {
    const control = this.byArm.get(arms[0].name)!;
    const strata = [...this.byArm.get(name)!].flatMap(([day, counts]): PairedCounts[] => {
      const base = control.get(day);
      if (base === undefined) return [];
      return [
        {
          impressions: counts.impressions,
          clicks: counts.clicks / dispersion,
          controlImpressions: base.impressions,
          controlClicks: base.clicks / dispersion,
        },
      ];
    });
    return ratioEvidence(strata, Math.log1p(uplift));
  }

  ctrOf(name: string): number {
    const { impressions, clicks } = this.totalOf(name);
    return clicks / impressions;
  }

  result(
    { name, share }: ExperimentDesign['arms'][number],
    against: ArmComparison | undefined,
  ): ArmResult {
    const { impressions, clicks } = this.totalOf(name);
    return {
      name,
      planned_share: share,
      share: this.impressions === 0 ? 0 : Number((impressions / this.impressions).toPrecision(6)),
      impressions,
      clicks,
      ctr: impressions === 0 ? null : Number((clicks / impressions).toPrecision(6)),
      ...(against && { against_control: against }),
    };
  }

  private totalOf(name: string): { impressions: number; clicks: number } {
    const total = { impressions: 0, clicks: 0 };
    for (const { impressions, clicks } of this.byArm.get(name)!.values()) {
      total.impressions += impressions;
      total.clicks += clicks;
    }
    return total;
  }
}

function comparison(
  { ratio }: RatioEvidence,
  log: number,
  found: boolean,
  { low, high }: { readonly low: number; readonly high: number },
  control: number,
): ArmComparison {
  return {
    ratio: plain(ratio),
    interval: { low: plain(low) ?? 0, high: plain(high) },
    difference: {
      value: plain(excess(ratio) * control),
      low: plain(excess(low) * control) ?? -1,
      high: plain(excess(high) * control),
    },
    e_value: plain(Math.exp(log)),
    found,
  };
}

/** What doubles get wrong of a ratio near 1. */
const ROUNDING = 1e-12;

/** A ratio less 1; 0 where they differ by no more than rounding. */
function excess(ratio: number): number {
  return Math.abs(ratio - 1) < ROUNDING ? 0 : ratio - 1;
}

/** Five digits; null for what JSON has no number for. */
function plain(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}
