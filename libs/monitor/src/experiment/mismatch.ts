import { logSumOf, ratioEvidence } from './ratio.js';

/** What an arm was to be shown, and what it was. */
export interface ArmTraffic {
  /** Planned share of the impressions, in (0, 1); all together 1. */
  readonly share: number;
  readonly impressions: number;
}

/** By how much a share is off when it is off: one in fifty of its odds is what broken splits lose. */
const SCALE = 0.02;

/**
 * Evidence that impressions do not come in the planned shares: then something decides who sees which arm
 * (a redirect that fails, a cap, a bid that loses), and the arms' CTRs are of different people.
 *
 * Each arm is tested against all others by the mixture of `ratio.ts`, and the mean of e-values is one, so
 * that this is ≥ 1/α in a share α of sound experiments at most, however often one looks (sequential sample
 * ratio mismatch; Lindon & Malek 2022). It takes impressions as assigned one by one: where users are, a
 * user's many impressions make it look surer than it is.
 * @returns natural logarithm of the e-value
 */
export function mismatchEvidence(arms: readonly ArmTraffic[]): number {
  const total = arms.reduce((sum, { impressions }) => sum + impressions, 0);
  const logs = arms.map(({ share, impressions }) =>
    ratioEvidence(
      [
        {
          controlImpressions: 1 - share,
          controlClicks: total - impressions,
          impressions: share,
          clicks: impressions,
        },
      ],
      SCALE,
    ).logEvidenceAgainst(1),
  );
  return logSumOf(logs) - Math.log(arms.length);
}
