import type { Candidate, Evaluation, Fit, MetricInterval, ModelCard, Tuning } from '@adscale/ctr';

/** Where the files of a model are, for the last line of a summary. */
export interface SummaryPlaces {
  readonly reportPath?: string;
}

/** A model's card as a person reads it at the end of training. */
export function reportCard(card: ModelCard, { reportPath }: SummaryPlaces = {}): string {
  const { training, out_of_bag: outOfBag, held_out: heldOut, cross_validation: folds } = card;
  const lines = [
    `trained on       ${training.rows} rows, ${Math.round(training.impressions)} impressions, ${training.clicks} clicks`,
    `out of bag       R² ${digits(outOfBag.r2)}, by impressions ${digits(outOfBag.weighted_r2)}`,
    ...(card.tuning === undefined ? [] : [`tuned            ${tellTuning(card.tuning)}`]),
    `held out         ${heldOut.rows} rows, ${Math.round(heldOut.impressions)} impressions${splitWords(card)}`,
    ...evaluationLines(heldOut),
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
export function reportEvaluation(evaluation: Evaluation): string {
  const { rows, impressions, clicks } = evaluation;
  const head = `judged on        ${rows} rows, ${Math.round(impressions)} impressions, ${clicks} clicks`;
  return [head, ...evaluationLines(evaluation)].join('\n');
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
  if (known !== undefined) {
    return [
      `  noise ceiling  R² ${digits(known)}: the most that any model can reach on observed CTR`,
    ];
  }
  if (estimate === null) return [];
  return [
    `  noise ceiling  R² about ${digits(estimate)} by impressions: what binomial chance leaves to a perfect model`,
  ];
}

function baselineLines({ baselines }: ModelCard): string[] {
  if (baselines === undefined || baselines.length === 0) return [];
  const width = Math.max(...baselines.map(({ description }) => description.length));
  return [
    'baselines        NE, and the forest’s NE less it',
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
