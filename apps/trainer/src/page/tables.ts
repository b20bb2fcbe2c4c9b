import {
  modelNoun,
  noticeableOverdispersion,
  type CrossValidation,
  type Evaluation,
  type MetricInterval,
  type ModelCard,
  type Overdispersion,
  type SegmentCalibration,
  type Tuning,
} from '@adscale/ctr';
import { kindNames } from '../report/choice.js';
import { tellNumber, type FeatureProfile } from '../report/levels.js';
import type { WeekAhead } from '../report/weeks.js';
import { draw, tokens } from './chart.js';
import { tableOf, tellExactly, tellShare, type Cell } from './markup.js';

const digits = (value: number | null): string =>
  value === null || !Number.isFinite(value) ? '–' : value.toFixed(4).replace('-', '−');

function between(interval: MetricInterval | undefined, tell = digits): string {
  return interval ? `${tell(interval[0])} to ${tell(interval[1])}` : '';
}

/** Every metric of an evaluation with its interval. */
export function metricsTable(evaluation: Evaluation): string {
  const { observed, true: truth, bootstrap, coverage } = evaluation;
  const row = (label: string, value: number | null, name: string): Cell[] => [
    label,
    digits(value),
    between(bootstrap.intervals[name]),
  ];
  const known = evaluation.noise_ceiling !== undefined;
  const rows = [
    row('Normalised entropy', evaluation.normalised_entropy, 'normalised_entropy'),
    row('Log loss', evaluation.log_loss, 'log_loss'),
    row('Calibration ratio', evaluation.calibration_ratio, 'calibration_ratio'),
    row('AUC', evaluation.auc, 'auc'),
    row('R², observed CTR', observed.r2, 'observed.r2'),
    row('R² by impressions', observed.weighted_r2, 'observed.weighted_r2'),
    known
      ? row('Noise ceiling of R²', evaluation.noise_ceiling!, 'noise_ceiling')
      : row(
          'Ceiling by impressions, est.',
          evaluation.weighted_noise_ceiling_estimate,
          'weighted_noise_ceiling_estimate',
        ),
    known
      ? row('R² over its ceiling', evaluation.share_of_ceiling, 'share_of_ceiling')
      : row(
          'R² over it, by impressions',
          evaluation.weighted_share_of_ceiling,
          'weighted_share_of_ceiling',
        ),
    ...overdispersionRows(evaluation),
    row('MAE', observed.mae, 'observed.mae'),
    row('RMSE', observed.rmse, 'observed.rmse'),
    ...(truth === undefined
      ? []
      : [row('R², true CTR', truth.r2, 'true.r2'), row('RMSE, true CTR', truth.rmse, 'true.rmse')]),
    ...coverage.map(({ level, share, interval }): Cell[] => [
      `Intervals of ${tellShare(level)} hold`,
      tellShare(share),
      between(interval, (value) => tellShare(value ?? NaN)),
    ]),
  ];
  return tableOf({ head: ['metric', 'value', 'interval'], rows, right: [1, 2] });
}

/** What rows differ by beyond binomial chance, if they do. */
function overdispersionRows(evaluation: Evaluation): Cell[][] {
  const overdispersion = noticeableOverdispersion(evaluation);
  if (overdispersion === undefined) return [];
  const { rho, interval, weighted_noise_ceiling: ceiling } = overdispersion;
  return [
    ['Overdispersion ρ', digits(rho), between(interval)],
    ['Ceiling with ρ', digits(ceiling), ''],
  ];
}

/** Calibration by segment, those that are off first. */
export function segmentsTable(segments: readonly SegmentCalibration[]): string {
  const ranked = segments.toSorted((a, b) => +(b.off === true) - +(a.off === true));
  const verdict = { true: 'off', false: '', null: 'too few clicks' };
  return tableOf({
    head: ['segment', 'rows', 'impressions', 'clicks', 'predicted / observed', '95 %', ''],
    rows: ranked.map((part) => [
      part.segment,
      part.rows,
      part.impressions,
      part.clicks,
      digits(part.calibration_ratio),
      `${digits(part.interval[0])} to ${digits(part.interval[1])}`,
      verdict[`${part.off}`],
    ]),
    right: [4, 5],
  });
}

/** ρ by size of row. */
export function sizesTable({ by_size: sizes, ...whole }: Overdispersion): string {
  type Part = Pick<Overdispersion, 'rows' | 'dispersion' | 'rho' | 'interval'>;
  const row = (name: string, part: Part, note = ''): Cell[] => [
    name,
    part.rows,
    part.dispersion,
    rhoOf(part.rho),
    between(part.interval, (value) => rhoOf(value ?? NaN)),
    note,
  ];
  return tableOf({
    head: ['impressions of a row', 'rows', 'squares over binomial ones', 'ρ', '95 %', ''],
    rows: [
      row('all', whole),
      ...sizes.map((size) =>
        row(
          `${tellNumber(size.from)}–${tellNumber(size.to)}`,
          size,
          size.unlike ? 'another than all' : '',
        ),
      ),
    ],
    right: [3, 4],
  });
}

const rhoOf = (rho: number): string => String(Number(rho.toPrecision(3)));

/** Held-out weeks, one after the other. */
export function weeksTable(weeks: readonly WeekAhead[]): string {
  return tableOf({
    head: ['week ahead', 'rows', 'impressions', 'clicks', 'NE', '95 %', 'calibration', '95 %'],
    rows: weeks.map((week) => [
      String(week.week),
      week.rows,
      week.impressions,
      week.clicks,
      digits(week.normalised_entropy),
      between(week.normalised_entropy_interval),
      digits(week.calibration_ratio),
      between(week.calibration_ratio_interval),
    ]),
    right: [4, 5, 6, 7],
  });
}

/** Metrics of all rows beside those of all but one. */
export function withoutTable(all: Evaluation, without: Evaluation): string {
  const row = (name: string, metric: string, of: (evaluation: Evaluation) => number): Cell[] => [
    name,
    ...[all, without].flatMap((evaluation) => [
      digits(of(evaluation)),
      between(evaluation.bootstrap.intervals[metric]),
    ]),
  ];
  return tableOf({
    head: ['metric', 'with it', 'interval', 'without it', 'interval'],
    rows: [
      row('Normalised entropy', 'normalised_entropy', (of) => of.normalised_entropy),
      row('R² by impressions', 'observed.weighted_r2', (of) => of.observed.weighted_r2),
      row('Calibration ratio', 'calibration_ratio', (of) => of.calibration_ratio),
    ],
    right: [1, 2, 3, 4],
  });
}

/** Baselines with what the model takes off their NE. */
export function baselinesTable(card: ModelCard): string {
  const { baselines, held_out: heldOut } = card;
  const noun = modelNoun(card);
  const rows = baselines.map(
    ({ description, normalised_entropy: ne, forest_less_baseline: gain }) => [
      description,
      digits(ne),
      signed(gain.difference),
      between(gain.interval, (value) => signed(value ?? NaN)),
    ],
  );
  return tableOf({
    head: ['prediction', 'NE', `${noun} less it`, 'interval'],
    rows: [[`this ${noun}`, digits(heldOut.normalised_entropy), '', ''], ...rows],
    right: [1, 2, 3],
  });
}

const foldNames: Readonly<Record<string, string>> = {
  normalised_entropy: 'Normalised entropy',
  calibration_ratio: 'Calibration ratio',
  auc: 'AUC',
  'observed.r2': 'R², observed CTR',
  'observed.weighted_r2': 'R² by impressions',
};

export function foldsTable({ metrics }: CrossValidation): string {
  const shown = Object.entries(foldNames).filter(([name]) => name in metrics);
  return tableOf({
    head: ['metric', 'mean', 'spread'],
    rows: shown.map(([name, words]) => [
      words,
      digits(metrics[name].mean),
      digits(metrics[name].spread),
    ]),
    right: [1, 2],
  });
}

export function profileTable(profile: readonly FeatureProfile[]): string {
  return tableOf({
    head: [
      'feature',
      'kind',
      'missing',
      'distinct',
      'minimum',
      'median',
      'maximum',
      'impressions',
      'CTR by level',
    ],
    rows: profile.map((feature, at): Cell[] => {
      const [least, , middle, , most] = feature.quartiles ?? [];
      const tell = (value: number | undefined): Cell =>
        value === undefined ? null : tellNumber(value);
      const ctrs = feature.levels.flatMap(({ ctr }) => (ctr === null ? [] : [ctr]));
      const [low, high] = [Math.min(...ctrs), Math.max(...ctrs)];
      return [
        feature.feature,
        feature.kind,
        feature.missing,
        feature.known === undefined
          ? feature.distinct
          : `${tellExactly(feature.distinct)}, ${tellExactly(feature.known)} kept`,
        tell(least),
        tell(middle),
        tell(most),
        { html: sparkline(feature, at) },
        `${tellShare(low)} to ${tellShare(high)}`,
      ];
    }),
    right: profile.some(({ known }) => known !== undefined) ? [3, 4, 5, 6] : [4, 5, 6],
  });
}

/** What kind of model it is, and by what settings it was made. */
function settingsRow({ parameters, schema, choice }: ModelCard): Cell[] {
  const { kind = 'forest' } = choice ?? {};
  if (kind !== 'forest') {
    const depth =
      kind === 'average'
        ? ''
        : `, ${parameters.trees} trees of depth at most ${parameters.maxDepth}, ${parameters.maxBins} bins`;
    return ['Model', `${kindNames[kind]}${depth}`];
  }
  const columns = choice === undefined ? `${schema.features.length} features` : 'the columns';
  const settings = [
    `${parameters.trees} trees`,
    `depth at most ${parameters.maxDepth}`,
    `${parameters.maxBins} bins`,
    `leaves of ${parameters.minLeafRows} rows and ${tellExactly(parameters.minLeafWeight)} impressions or more`,
    `${parameters.maxFeatures} of ${columns} a split`,
  ];
  return ['Forest', settings.join(', ')];
}

export function makingTable(card: ModelCard): string {
  const { split, held_out: heldOut } = card;
  const words = { rows: 'at random', time: 'the latest', group: 'whole groups' };
  return tableOf({
    head: ['', ''],
    rows: [
      settingsRow(card),
      [
        'Held out',
        `${tellExactly(heldOut.rows)} rows, ${words[split.by]} (${tellShare(split.share)} asked for)`,
      ],
      ['Seed', String(card.seed)],
      ['Code', `@adscale/ctr ${card.code_version}`],
      ['Data', { html: `<code>${card.data_fingerprint}</code>` }],
    ],
  });
}

export function tuningTable({ tried, best }: Tuning): string {
  const names = Object.keys(best) as (keyof Tuning['best'])[];
  const ranked = tried.toSorted((a, b) => a.normalised_entropy - b.normalised_entropy);
  return tableOf({
    head: ['out-of-bag NE', ...names, 'seconds'],
    rows: ranked.map(({ normalised_entropy: ne, options, seconds }) => [
      ne.toFixed(5),
      ...names.map((name) => options[name] ?? null),
      seconds.toFixed(1),
    ]),
    right: [0, names.length + 1],
  });
}

function signed(value: number): string {
  return Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}` : '–';
}

/** How impressions lie over a feature's levels, small enough for a cell of a table. */
function sparkline({ feature, levels }: FeatureProfile, at: number): string {
  const total = levels.reduce((sum, { impressions }) => sum + impressions, 0);
  const shares = levels.map(({ impressions }) => impressions / total);
  const told = levels
    .map(({ label }, k) => `${label}: ${Math.round(100 * shares[k])} %`)
    .join(', ');
  return draw(
    {
      id: `profile-${at}`,
      title: `Impressions by ${feature}`,
      description: told,
      width: 160,
      height: 32,
    },
    {
      grid: { left: 0, right: 0, top: 2, bottom: 1 },
      xAxis: { type: 'category', show: false, data: levels.map(({ label }) => label) },
      yAxis: { type: 'value', show: false, min: 0 },
      series: [
        {
          type: 'bar',
          silent: true,
          barCategoryGap: '12%',
          itemStyle: { color: tokens.accent, opacity: 0.8 },
          data: shares,
        },
      ],
    },
  );
}
