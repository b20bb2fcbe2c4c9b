import type { ArmComparison, ArmResult, ExperimentDesign } from './design.js';

/** What follows from an experiment so far. */
export interface Decision {
  /**
   * `broken`: impressions do not come as planned, and nothing can be said. `winner`: an arm beats the
   * control. `control`: all others are worse. `alike`: no difference worth knowing. `undecided`: the
   * planned size is reached without a finding. `running`: go on.
   */
  readonly decision: 'broken' | 'winner' | 'control' | 'alike' | 'undecided' | 'running';
  /** The arm to go on with; null while there is none. */
  readonly best: string | null;
  /** The same in sentences, what matters most first. */
  readonly words: readonly string[];
}

interface Known {
  readonly design: ExperimentDesign;
  readonly arms: readonly ArmResult[];
  readonly broken: boolean;
  /** Of the planned impressions, not rounded. */
  readonly reached: number | null;
}

type Compared = ArmResult & { readonly against_control: ArmComparison };

export function decisionOf(known: Known): Decision {
  const { design, arms, broken } = known;
  const [control, ...others] = arms as [ArmResult, ...Compared[]];
  const findings = others.filter((arm) => arm.against_control.found);
  const told = findings.map((arm) => findingWords(arm, control));
  if (broken) return { decision: 'broken', best: null, words: [brokenWords(arms)] };
  const better = findings
    .filter(isBetter)
    .sort((a, b) => (b.against_control.ratio ?? 0) - (a.against_control.ratio ?? 0));
  if (better.length > 0) {
    const [first] = better;
    const words = [`Go on with ${first.name}.`, ...told];
    return { decision: 'winner', best: first.name, words };
  }
  if (findings.length === others.length) {
    return { decision: 'control', best: control.name, words: [`Keep ${control.name}.`, ...told] };
  }
  if (others.every((arm) => isAlike(arm, design.uplift) || arm.against_control.found)) {
    const words = [
      `Keep ${control.name}: no arm is better by ${percent(design.uplift)}, the least difference that is worth knowing.`,
      ...told,
    ];
    return { decision: 'alike', best: control.name, words };
  }
  return { ...unsettled(known), words: [...unsettledWords(known), ...told] };
}

function isBetter({ against_control: { interval } }: Compared): boolean {
  return interval.low > 1;
}

/** Whatever the ratio is, it is nearer to 1 than what is worth knowing. */
function isAlike({ against_control: { interval } }: Compared, uplift: number): boolean {
  return interval.low > 1 / (1 + uplift) && (interval.high ?? Infinity) < 1 + uplift;
}

function unsettled({ reached }: Known): Pick<Decision, 'decision' | 'best'> {
  return { decision: reached !== null && reached >= 1 ? 'undecided' : 'running', best: null };
}

function unsettledWords({ design, arms, reached }: Known): string[] {
  const shown = arms.reduce((sum, { impressions }) => sum + impressions, 0);
  if (reached !== null && reached >= 1) {
    return [
      `The planned ${grouped(design.impressions!)} impressions are reached, and no difference is found: if there is one, it is likely to be below ${percent(design.uplift)}. Going on is allowed.`,
    ];
  }
  if (design.impressions === undefined) return ['Nothing is settled yet: go on.'];
  const left = Math.ceil(design.impressions - shown);
  return [
    `Nothing is settled yet: ${grouped(left)} of ${grouped(design.impressions)} planned impressions are to come.`,
  ];
}

function findingWords({ name, against_control }: Compared, control: ArmResult): string {
  const { ratio, interval } = against_control;
  const more = (ratio ?? 1) >= 1;
  const ends = [interval.low, interval.high ?? Infinity].map((end) => Math.abs(end - 1));
  const [least, most] = more ? ends : [ends[1], ends[0]];
  const range = Number.isFinite(most)
    ? `${percent(least)} to ${percent(most)}`
    : `at least ${percent(least)}`;
  const by = ratio === null ? '' : `${percent(Math.abs(ratio - 1))} `;
  return `${name} has a ${by}${more ? 'higher' : 'lower'} CTR than ${control.name} (${range}).`;
}

function brokenWords(arms: readonly ArmResult[]): string {
  const shares = (share: (arm: ArmResult) => number): string =>
    arms.map((arm) => `${(100 * share(arm)).toFixed(2)} %`).join(' : ');
  return (
    `Impressions came as ${shares((arm) => arm.share)}, planned ${shares((arm) => arm.planned_share)}: ` +
    'something decides who sees which arm. Find out what before you believe any difference.'
  );
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}
