import type { CrossValidation, Evaluation, MetricInterval, ModelCard, Tuning } from '@adscale/ctr';
import { tellNumber, type FeatureProfile } from '../report/levels.js';
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

/** Baselines with what the forest takes off their NE. */
export function baselinesTable({ baselines, held_out: heldOut }: ModelCard): string {
  const rows = baselines.map(
    ({ description, normalised_entropy: ne, forest_less_baseline: gain }) => [
      description,
      digits(ne),
      signed(gain.difference),
      between(gain.interval, (value) => signed(value ?? NaN)),
    ],
  );
  return tableOf({
    head: ['prediction', 'NE', 'forest less it', 'interval'],
    rows: [['this forest', digits(heldOut.normalised_entropy), '', ''], ...rows],
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
        feature.distinct,
        tell(least),
        tell(middle),
        tell(most),
        { html: sparkline(feature, at) },
        `${tellShare(low)} to ${tellShare(high)}`,
      ];
    }),
    right: [4, 5, 6],
  });
}

export function makingTable(card: ModelCard): string {
  const { parameters, split, held_out: heldOut } = card;
  const words = { rows: 'at random', time: 'the latest', group: 'whole groups' };
  const settings = [
    `${parameters.trees} trees`,
    `depth at most ${parameters.maxDepth}`,
    `${parameters.maxBins} bins`,
    `leaves of ${parameters.minLeafRows} rows and ${tellExactly(parameters.minLeafWeight)} impressions or more`,
    `${parameters.maxFeatures} of ${card.schema.features.length} features a split`,
  ];
  return tableOf({
    head: ['', ''],
    rows: [
      ['Forest', settings.join(', ')],
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
