import {
  ageInWords,
  modelNoun,
  noticeableOverdispersion,
  rhoBySize,
  type Candidate,
  type DominantRow,
  type Evaluation,
  type Fit,
  type MetricInterval,
  type ModelCard,
  type ModelChoice,
  type Overdispersion,
  type Tuning,
} from '@adscale/ctr';

/** What of a card tells of parts of the rows. */
type HeldOutParts = Pick<ModelCard, 'segments' | 'dominant_rows'>;

/** Where the files of a model are, for the last line of a summary. */
export interface SummaryPlaces {
  readonly reportPath?: string;
}

/** A model's card as a person reads it at the end of training. */
export function reportCard(card: ModelCard, { reportPath }: SummaryPlaces = {}): string {
  const { training, out_of_bag: outOfBag, held_out: heldOut, cross_validation: folds } = card;
  const lines = [
    ...calibrationFirst(heldOut),
    `trained on       ${training.rows} rows, ${Math.round(training.impressions)} impressions, ${training.clicks} clicks`,
    ...choiceLines(card),
    `${card.choice === undefined ? 'out of bag ' : 'out of fold'}      R² ${digits(outOfBag.r2)}, by impressions ${digits(outOfBag.weighted_r2)}`,
    ...(card.tuning === undefined ? [] : [`tuned            ${tellTuning(card.tuning)}`]),
    `held out         ${heldOut.rows} rows, ${Math.round(heldOut.impressions)} impressions${splitWords(card)}`,
    ...evaluationLines(heldOut),
    ...unseenLines(card, heldOut),
    ...segmentLines(card),
    ...dominantLines(card, 'held-out'),
    ...baselineLines(card),
  ];
  if (folds !== undefined) {
    const told = ['normalised_entropy', 'observed.r2', 'calibration_ratio'].map((name) => {
      const { mean, spread } = folds.metrics[name];
      return `${shortNames[name]} ${digits(mean)} ± ${digits(spread)}`;
    });
    lines.push(`${folds.folds} folds          ${told.join('  ')}`);
  }
  if (reportPath !== undefined) lines.push(`report           ${reportPath}`);
  return lines.join('\n');
}

/** An evaluation alone, of a stored model on other data. */
export function reportEvaluation(evaluation: Evaluation, parts: HeldOutParts = {}): string {
  const { rows, impressions, clicks } = evaluation;
  const head = `judged on        ${rows} rows, ${Math.round(impressions)} impressions, ${clicks} clicks`;
  return [
    ...calibrationFirst(evaluation),
    head,
    ...evaluationLines(evaluation),
    ...unseenLines(parts, evaluation),
    ...segmentLines(parts),
    ...dominantLines(parts, 'judged'),
  ].join('\n');
}

/** Where predictions are off as a whole, nothing else matters before that: bids go by them. */
function calibrationFirst({ calibration_ratio: ratio, bootstrap }: Evaluation): string[] {
  const interval = bootstrap.intervals['calibration_ratio'];
  if (!interval || (interval[0] <= 1 && interval[1] >= 1)) return [];
  return [
    `calibration off  ${digits(ratio)}${range(interval)}: predicted clicks over observed clicks, beyond chance`,
  ];
}

/** So many segments are told, those that are furthest off. */
const MOST_SEGMENTS = 5;

function segmentLines({ segments = [] }: HeldOutParts): string[] {
  const far = (ratio: number | null): number => Math.abs(Math.log(ratio ?? Infinity));
  const off = segments
    .filter((segment) => segment.off === true)
    .sort((a, b) => far(b.calibration_ratio) - far(a.calibration_ratio));
  if (off.length === 0) return [];
  const told = off.slice(0, MOST_SEGMENTS);
  const width = Math.max(...told.map(({ segment }) => segment.length));
  return [
    `off in segments  ${off.length} of ${segments.length}: predicted over observed clicks, beyond chance`,
    ...told.map(({ segment, calibration_ratio: ratio, interval: [low, high] }) => {
      return `  ${segment.padEnd(width)}  ${digits(ratio)} [${digits(low)}, ${digits(high)}]`;
    }),
  ];
}

/** Rows whose words are not known: what is above a word answers for it, and this is how well. */
function unseenLines({ segments = [] }: HeldOutParts, { impressions: all }: Evaluation): string[] {
  return segments.flatMap(({ segment, impressions, calibration_ratio: ratio, interval }) => {
    if (!/: words unseen( or missing)?$/.test(segment)) return [];
    const [low, high] = interval;
    return [
      `unseen words     ${segment.replace(': words unseen', ', unseen')}: ${percent(impressions / all)} of the impressions, calibration ${digits(ratio)} [${digits(low)}, ${digits(high)}]`,
    ];
  });
}

function dominantLines({ dominant_rows: rows }: HeldOutParts, side: string): string[] {
  const { training, held_out: judged } = rows ?? {};
  const lines: string[] = [];
  if (training !== undefined) lines.push(`dominant row     ${tellDominant(training, 'training')}`);
  if (judged === undefined) return lines;
  return [
    ...lines,
    `dominant row     ${tellDominant(judged, side)}; without it:`,
    ...['observed.weighted_r2', 'normalised_entropy', 'calibration_ratio'].map((name) => {
      const { bootstrap, observed, ...metrics } = judged.without;
      const value =
        name === 'observed.weighted_r2'
          ? observed.weighted_r2
          : metrics[name as 'normalised_entropy' | 'calibration_ratio'];
      return `  ${withoutNames[name]} ${digits(value)}${range(bootstrap.intervals[name])}`;
    }),
  ];
}

const withoutNames: Readonly<Record<string, string>> = {
  'observed.weighted_r2': 'by impressions R²',
  normalised_entropy: 'NE            ',
  calibration_ratio: 'calibration   ',
};

/** Which row it is, by its features, and how much of the impressions it has. */
function tellDominant({ share, features }: DominantRow, side: string): string {
  const values = Object.entries(features).map(([name, value]) => `${name} ${value ?? 'missing'}`);
  return `one has ${percent(share)} of the ${side} impressions: ${values.join(', ')}`;
}

const shortNames: Readonly<Record<string, string>> = {
  normalised_entropy: 'NE',
  'observed.r2': 'R²',
  calibration_ratio: 'calibration',
};

function splitWords({ split }: ModelCard): string {
  if (split.by === 'time') return ', the latest';
  if (split.groups === undefined) return '';
  return `, ${split.groups.held_out} groups that were not trained on`;
}

function evaluationLines(evaluation: Evaluation): string[] {
  const { true: truth, bootstrap, coverage } = evaluation;
  const interval = (name: string): string => range(bootstrap.intervals[name]);
  const fit = (against: 'observed' | 'true', label: string, weighted = ''): string => {
    const of = (name: 'r2' | 'mae' | 'rmse'): number =>
      evaluation[against]![`${weighted}${name}` as keyof Fit];
    const r2 = `R² ${digits(of('r2'))}${interval(`${against}.${weighted}r2`)}`;
    return `  ${label} ${r2}  MAE ${digits(of('mae'))}  RMSE ${digits(of('rmse'))}`;
  };
  const lines = [fit('observed', 'observed CTR  '), fit('observed', 'by impressions', 'weighted_')];
  if (truth !== undefined) lines.push(fit('true', 'true CTR      '));
  lines.push(
    ...ceilingLines(evaluation),
    `  NE             ${digits(evaluation.normalised_entropy)}${interval('normalised_entropy')}: log loss over that of the average CTR`,
    `  calibration    ${digits(evaluation.calibration_ratio)}${interval('calibration_ratio')}: predicted clicks over observed clicks`,
  );
  if (evaluation.auc !== null) {
    lines.push(
      `  AUC            ${digits(evaluation.auc)}${interval('auc')}: a click ranked above a non-click`,
    );
  }
  if (coverage.length > 0) {
    const told = coverage.map(({ level, share }) => `${percent(share)} at ${percent(level, 0)}`);
    lines.push(`  intervals hold ${told.join(', ')}`);
  }
  return lines;
}

function ceilingLines(evaluation: Evaluation): string[] {
  const { noise_ceiling: known, weighted_noise_ceiling_estimate: estimate } = evaluation;
  const lines: string[] = [];
  if (known !== undefined) {
    lines.push(
      `  noise ceiling  R² ${digits(known)}: the most that any model can reach on observed CTR`,
    );
  } else if (estimate !== null) {
    lines.push(
      `  noise ceiling  R² about ${digits(estimate)} by impressions: what binomial chance leaves to a perfect model`,
    );
  }
  const overdispersion = noticeableOverdispersion(evaluation);
  if (overdispersion === undefined) return lines;
  const { rho, interval, weighted_noise_ceiling: ceiling } = overdispersion;
  lines.push(
    `  overdispersion ρ ${digits(rho)}${range(interval)}${bySize(overdispersion)}: rows differ by more than binomial chance, the model’s own errors included`,
  );
  if (ceiling !== null) {
    lines.push(
      `  ceiling with ρ R² about ${digits(ceiling)} by impressions: the least it can be, were all of ρ the rows’ own`,
    );
  }
  return lines;
}

/** The least and the greatest ρ by size of row, where sizes are not alike. */
function bySize(overdispersion: Overdispersion): string {
  const rhoOf = rhoBySize(overdispersion);
  const all = overdispersion.by_size.map(({ to }) => rhoOf(to));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return most > least ? `, ${digits(least)} to ${digits(most)} by size of row` : '';
}

/** What the model is, and what it was chosen from. */
function choiceLines({ choice, split }: ModelCard): string[] {
  if (choice === undefined) return [];
  const { kind, compared, blend, folds, repeats, weights, half_life: halfLife } = choice;
  const share = kind === 'blend' && blend ? `, ${percent(blend.forest, 0)} forest` : '';
  const dealt = `${folds} folds${repeats > 1 ? `, dealt ${repeats} times` : ''}`;
  const width = Math.max(...compared.map((one) => one.kind.length));
  const reason =
    kind === 'average' && compared.length > 1 ? ': no other is better beyond chance' : '';
  const lines = [`model            ${kindWords[kind]}${share}${reason}`];
  if (compared.length > 1) {
    lines.push(
      `compared         NE of rows left out (${dealt}), and behind the best ± its standard error`,
      ...compared.map(({ kind: name, normalised_entropy: ne, behind, standard_error: error }) => {
        const beside = behind === 0 ? 'the best' : `${signed(behind)} ± ${digits(error)}`;
        return `  ${name.padEnd(width)}  ${digits(ne)}  ${beside}${name === kind ? ', published' : ''}`;
      }),
    );
  }
  if (weights !== undefined && weights.intra_row_correlation > 0) {
    const tried = weights.compared.map(
      (one) => `${weightWords[one.kind]} ${digits(one.normalised_entropy)}`,
    );
    lines.push(
      `rows count by    ${weightWords[weights.kind]}: ρ ${digits(weights.intra_row_correlation)}; NE by ${tried.join(', ')}`,
    );
  }
  if (halfLife !== undefined) lines.push(`half-life        ${ageInWords(halfLife, split)}`);
  if (choice.calibration !== undefined) lines.push(`calibrated       ${choice.calibration}`);
  for (const { name, known, seen, parent } of choice.words ?? []) {
    const above = parent === null ? 'the average' : parent;
    lines.push(
      `words            ${name}: ${known} kept of ${seen} seen; ${above} answers for others`,
    );
  }
  return lines;
}

const kindWords: Readonly<Record<ModelChoice['kind'], string>> = {
  average: 'the average CTR',
  forest: 'forest',
  boosted: 'boosted',
  blend: 'blend of forest and boosted',
};

const weightWords: Readonly<Record<string, string>> = {
  impressions: 'impressions',
  effective: 'effective impressions',
  square_root: 'the square root of effective impressions',
};

function baselineLines(card: ModelCard): string[] {
  const { baselines } = card;
  if (baselines === undefined || baselines.length === 0) return [];
  const width = Math.max(...baselines.map(({ description }) => description.length));
  return [
    `baselines        NE, and the ${modelNoun(card)}’s NE less it`,
    ...baselines.map(({ description, normalised_entropy: ne, forest_less_baseline: gain }) => {
      const { difference, interval } = gain;
      return `  ${description.padEnd(width)}  ${digits(ne)}  ${signed(difference)}${range(interval, signed)}`;
    }),
  ];
}

function range(interval: MetricInterval | undefined, tell: (x: number) => string = digits): string {
  return interval ? ` [${tell(interval[0])}, ${tell(interval[1])}]` : '';
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;
}

/** A card that was read back has null where a metric was not a number. */
function digits(value: number | null): string {
  return value === null || !Number.isFinite(value) ? '–' : value.toFixed(5);
}

function percent(share: number, decimals = 1): string {
  return `${(100 * share).toFixed(decimals)} %`;
}

const settingNames: Readonly<Record<keyof Candidate['options'], string>> = {
  minLeafWeight: 'leaf impressions',
  maxFeatures: 'features a split',
  maxDepth: 'depth',
  minLeafRows: 'leaf rows',
  maxBins: 'bins',
};

/** One fit of a search in a line. */
export function tellCandidate(candidate: Candidate, best: Candidate): string {
  const mark = candidate === best ? '  best so far' : '';
  return `tune: out-of-bag NE ${candidate.normalised_entropy.toFixed(5)} in ${candidate.seconds.toFixed(1)} s, ${tellOptions(candidate.options)}${mark}`;
}

/** How a search ended, in a line. */
function tellTuning({ tried, best, ended, budget_seconds }: Tuning): string {
  const why = ended === 'converged' ? 'no step improves it' : `${budget_seconds} s were over`;
  return `${tried.length} fits, until ${why}: ${tellOptions(best)}`;
}

function tellOptions(options: Candidate['options']): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${settingNames[name as keyof typeof settingNames]} ${value}`)
    .join(', ');
}
