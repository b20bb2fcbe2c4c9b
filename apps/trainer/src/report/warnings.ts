import {
  modelNoun,
  noticeableOverdispersion,
  type CtrTable,
  type DominantRow,
  type Evaluation,
  type ModelCard,
} from '@adscale/ctr';
import type { Importance } from './effects.js';
import type { Residuals } from './fit.js';
import type { LearningCurve } from './learning-curve.js';

/** Something that a person should know before trusting the model. */
export interface Warning {
  /** `serious`: do not use the model before it is cleared up. */
  readonly weight: 'serious' | 'note';
  readonly text: string;
}

export interface WarningFacts {
  readonly card: ModelCard;
  readonly heldOut: CtrTable;
  /** Null for a model that was chosen among others. */
  readonly curve: LearningCurve | null;
  readonly importances: readonly Importance[];
  readonly residuals: readonly Residuals[];
  /** What reading the data had to say: dirty rows, features left out because they leak. */
  readonly notes: readonly string[];
}

/** Clicks that make held-out metrics worth their digits. */
const FEW_CLICKS = 200;
const FEW_GROUPS = 10;
/** Fewer clicks in a level are not worth a sentence. */
const CLICKS_TO_WARN = 30;
/** So far from 1 a calibration ratio costs money even if it may be chance. */
const CALIBRATION_OFF = 0.05;
const COVERAGE_OFF = 0.03;
const EXTRAPOLATED = 0.01;
/** Words of so many held-out impressions that are not known are worth a sentence. */
const UNSEEN = 0.05;
/** R² against observed CTR that far below its ceiling says that features are missing. */
const LOW_SHARE = 0.8;

export function findWarnings(facts: WarningFacts): Warning[] {
  const calibrations = calibration(facts.card.held_out);
  const isOff = ({ weight }: Warning): boolean => weight === 'serious';
  return [
    ...calibrations.filter(isOff),
    ...facts.notes.map((text): Warning => ({ weight: 'note', text })),
    ...tooGood(facts.card.held_out),
    ...baselines(facts.card),
    ...calibrations.filter((warning) => !isOff(warning)),
    ...segments(facts.card),
    ...dominant(facts.card),
    ...amount(facts),
    ...ceiling(facts.card.held_out),
    ...intervals(facts.card.held_out),
    ...levels(facts.residuals),
    ...extrapolation(facts),
    ...unseenWords(facts.card),
    ...features(facts.importances),
    ...trees(facts.curve),
  ];
}

const serious = (text: string): Warning => ({ weight: 'serious', text });
const note = (text: string): Warning => ({ weight: 'note', text });

function baselines(card: ModelCard): Warning[] {
  const { baselines: all, held_out: heldOut, choice } = card;
  if (choice?.kind === 'average') {
    return [
      serious(
        choice.compared.length > 1
          ? 'The model is the average CTR, whatever the record: no other was shown to be better on rows left out. More rows, or features that tell more, may change that.'
          : 'The model is the average CTR, whatever the record, as was asked for.',
      ),
    ];
  }
  const warnings = all.flatMap(({ name, description, forest_less_baseline: gain }) => {
    const high = gain.interval?.[1] ?? Infinity;
    if (high < 0) return [];
    const text = `The ${modelNoun(card)} is not shown to be better than ${description}: its NE is ${signed(gain.difference)} beside it, and the interval reaches ${signed(high)}.`;
    return [name === 'constant' ? serious(text) : note(text)];
  });
  if (heldOut.normalised_entropy < 1) return warnings;
  return [
    serious(
      `NE is ${heldOut.normalised_entropy.toFixed(4)}: on held-out rows the model is no better than always predicting the average CTR.`,
    ),
    ...warnings,
  ];
}

/** Said before all else where the interval does not hold 1: bids go by predictions as a whole. */
function calibration({ calibration_ratio: ratio, bootstrap }: Evaluation): Warning[] {
  const [low, high] = bootstrap.intervals['calibration_ratio'] ?? [-Infinity, Infinity];
  const off = percent(Math.abs(ratio - 1));
  const way = ratio > 1 ? 'more' : 'fewer';
  if (low <= 1 && high >= 1) {
    if (Math.abs(ratio - 1) <= CALIBRATION_OFF) return [];
    return [
      note(
        `The model predicts ${off} ${way} clicks than were observed; with so few it may be chance.`,
      ),
    ];
  }
  return [
    serious(
      `Calibration is off: the model predicts ${off} ${way} clicks than were observed, more than chance explains. Bids made from it will be off by as much.`,
    ),
  ];
}

/** So many segments are worth a sentence. */
const MOST_SEGMENTS = 5;

function segments({ segments: all = [] }: ModelCard): Warning[] {
  const off = all.filter((segment) => segment.off === true);
  if (off.length === 0) return [];
  const told = off.slice(0, MOST_SEGMENTS).map(({ segment, calibration_ratio: ratio }) => {
    return ratio === null ? segment : `${segment} (${ratio.toFixed(2)})`;
  });
  const more = off.length > told.length ? ` and ${off.length - told.length} more` : '';
  return [
    note(
      `In ${off.length} of ${all.length} segments predicted clicks over observed ones are not 1, beyond what chance and looking at so many explain: ${told.join(', ')}${more}.`,
    ),
  ];
}

function dominant({ dominant_rows: rows, held_out: all }: ModelCard): Warning[] {
  const { training, held_out: judged } = rows ?? {};
  const told: Warning[] = [];
  if (training) {
    told.push(note(`${tellRow(training, 'training')} It decides much of what was learned.`));
  }
  if (judged) {
    const { without } = judged;
    told.push(
      note(
        `${tellRow(judged, 'held-out')} With it NE is ${all.normalised_entropy.toFixed(4)} and calibration ${all.calibration_ratio.toFixed(3)}, without it ${without.normalised_entropy.toFixed(4)} and ${without.calibration_ratio.toFixed(3)}.`,
      ),
    );
  }
  return told;
}

function tellRow({ share, features }: DominantRow, side: string): string {
  const values = Object.entries(features).map(([name, value]) => `${name} ${value ?? 'missing'}`);
  return `One row has ${percent(share)} of the ${side} impressions: ${values.join(', ')}.`;
}

function amount({ card }: WarningFacts): Warning[] {
  const { clicks } = card.held_out;
  const warnings: Warning[] = [];
  if (clicks < FEW_CLICKS) {
    warnings.push(
      note(`Only ${clicks} clicks judge the model: read the intervals, not the metrics.`),
    );
  }
  const groups = card.split.groups?.held_out ?? Infinity;
  if (groups < FEW_GROUPS) {
    warnings.push(
      note(`Only ${groups} groups judge the model: intervals over so few are too narrow.`),
    );
  }
  return warnings;
}

/** R² may lie above its ceiling by so much by chance. */
const ABOVE_CEILING = 0.02;

/** The warning of a model that explains what nobody can know before the clicks; none if it does not. */
export function tooGood({
  observed,
  weighted_noise_ceiling_estimate: ceiling,
  noise_ceiling: known,
  bootstrap,
}: Evaluation): Warning[] {
  const low = bootstrap.intervals['observed.weighted_r2']?.[0];
  if (known !== undefined || ceiling === null || low === undefined) return [];
  if (!(low > ceiling + ABOVE_CEILING)) return [];
  return [
    serious(
      `By impressions R² is ${observed.weighted_r2.toFixed(3)}, above the ${ceiling.toFixed(3)} that chance leaves to a perfect model: a feature holds the outcome. Look at the most important ones.`,
    ),
  ];
}

function ceiling(evaluation: Evaluation): Warning[] {
  const { weighted_share_of_ceiling: share, noise_ceiling: known } = evaluation;
  if (known !== undefined || share === null || !(share < LOW_SHARE)) return [];
  const overdispersion = noticeableOverdispersion(evaluation);
  if (overdispersion !== undefined) {
    const { rho, weighted_noise_ceiling: least } = overdispersion;
    const left = least === null ? '' : `, which would leave a perfect model R² ${least.toFixed(2)}`;
    return [
      note(
        `By impressions the model explains ${percent(Math.max(0, share))} of what binomial chance leaves to explain. Rows differ by more than that chance (ρ ${rho.toFixed(5)}): by something of their own${left}, or by what no feature here tells. These rows cannot say which.`,
      ),
    ];
  }
  return [
    note(
      `By impressions the model explains ${percent(Math.max(0, share))} of what chance leaves to explain: CTR varies in ways that no feature here tells.`,
    ),
  ];
}

function intervals({ coverage }: Evaluation): Warning[] {
  return coverage.flatMap(({ level, share, interval }) => {
    const [low, high] = interval ?? [0, 1];
    if (Math.abs(share - level) <= COVERAGE_OFF || (low <= level && level <= high)) return [];
    return [
      note(
        `Prediction intervals of ${percent(level)} hold ${percent(share)} of the held-out rows.`,
      ),
    ];
  });
}

function levels(all: readonly Residuals[]): Warning[] {
  return all.flatMap(({ feature, levels: list }) => {
    const worst = list
      .filter(({ low, high }) => low !== null && high !== null && (low > 1.1 || high < 0.9))
      .filter((level) => Math.max(level.clicks, level.predicted_clicks) >= CLICKS_TO_WARN)
      .sort((a, b) => Math.abs(Math.log(b.ratio!)) - Math.abs(Math.log(a.ratio!)))[0];
    if (worst === undefined) return [];
    const { label, ratio } = worst;
    const way = ratio! > 1 ? 'low' : 'high';
    return [
      note(
        `Where ${feature} is ${label}, observed clicks are ${ratio!.toFixed(2)} times the predicted ones: the model is too ${way} there.`,
      ),
    ];
  });
}

function extrapolation({ card, heldOut }: WarningFacts): Warning[] {
  const { schema, values, rows } = heldOut.features;
  return schema.features.flatMap(({ name }, f) => {
    const range = card.training.ranges[name];
    let outside = 0;
    if ('minimum' in range) {
      for (const x of values[f]) outside += +(x < range.minimum || x > range.maximum);
    } else if ('categories' in range) {
      const seen = Object.values(range.categories);
      for (const place of values[f]) outside += +(seen[place] === 0);
    }
    if (outside / rows <= EXTRAPOLATED) return [];
    return [
      note(
        `In ${percent(outside / rows)} of the held-out rows ${name} lies outside what training held: the model extrapolates there.`,
      ),
    ];
  });
}

/** Words that are not known are no mistake: what is above them answers. How well, segments tell. */
function unseenWords({ segments: all = [], held_out: heldOut }: ModelCard): Warning[] {
  return all.flatMap(({ segment, impressions, calibration_ratio: ratio }) => {
    const [, name, missing] = /^(.*): words unseen( or missing)?$/s.exec(segment) ?? [];
    const share = impressions / heldOut.impressions;
    if (name === undefined || share <= UNSEEN) return [];
    const calibrated =
      ratio === null ? '' : `; predicted over observed clicks are ${ratio.toFixed(2)} there`;
    return [
      note(
        `In ${percent(share)} of the held-out impressions nothing is known of the word of ${name}${missing === undefined ? '' : ', or there is none'}, and what is above it answers${calibrated}.`,
      ),
    ];
  });
}

function features(all: readonly Importance[]): Warning[] {
  const idle = all.filter(({ mean, spread }) => mean <= spread).map(({ feature }) => feature);
  if (idle.length === 0) return [];
  return [note(`No use was seen of ${idle.join(', ')}: held-out predictions do without.`)];
}

function trees(curve: LearningCurve | null): Warning[] {
  if (curve === null) return [];
  const { points } = curve;
  const last = points[points.length - 1];
  const half = points.findLast(({ trees: count }) => count <= last.trees / 2);
  if (half === undefined) return [];
  const gained = half.normalised_entropy - last.normalised_entropy;
  if (gained < 0.001) return [];
  return [
    note(`The last half of the trees still took ${gained.toFixed(4)} off the NE: more may help.`),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
