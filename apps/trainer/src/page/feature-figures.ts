import type { Effect, Importance, WordStatistic } from '../report/effects.js';
import type { Residuals } from '../report/fit.js';
import { tellNumber } from '../report/levels.js';
import {
  dots,
  line,
  plot,
  plotOver,
  roundUp,
  verticals,
  xValues,
  xWords,
  yValues,
  yWords,
} from './axes.js';
import { tokens, widths, type Figure } from './chart.js';
import { tellShare, type Cell } from './markup.js';

export function importanceFigure(importances: readonly Importance[]): Figure {
  const shown = importances.slice(0, 20);
  const names = shown.map(({ feature }) => feature);
  const room = Math.min(200, 16 + 7 * Math.max(...names.map(({ length }) => length)));
  return {
    id: 'importance',
    title: 'Importance of the features',
    caption:
      'Rise of NE on held-out rows when a feature’s values are dealt to other rows. Bars are the mean of five deals, dots the single ones. Features that say the same thing stand in for each other.',
    size: 'full',
    height: 76 + 30 * shown.length,
    option: {
      grid: { ...plot, left: room + 12, top: 12 },
      xAxis: xValues({
        name: 'rise of NE',
        grid: true,
        format: (rise) => String(Number(rise.toPrecision(3))),
      }),
      yAxis: yWords(names, room),
      series: [
        {
          type: 'bar',
          silent: true,
          barWidth: 12,
          itemStyle: { color: tokens.accent, opacity: 0.85 },
          data: shown.map(({ mean }) => mean),
        },
        {
          type: 'scatter',
          silent: true,
          symbolSize: 5,
          itemStyle: { color: tokens.contrast },
          data: shown.flatMap(({ feature, rises }) => rises.map((rise) => [rise, feature])),
          z: 3,
        },
      ],
    },
    table: {
      head: ['feature', 'rise of NE', 'spread', 'share of training loss saved'],
      rows: importances.map(({ feature, mean, spread, impurity }) => [
        feature,
        mean,
        spread,
        tellShare(impurity),
      ]),
      right: [3],
    },
  };
}

/** One figure a feature: mean, single rows, and where the data lie. */
export function effectFigure(effect: Effect, at: number): Figure {
  const shared = {
    id: `effect-${at}`,
    title: `CTR by ${effect.feature}`,
    size: 'half' as const,
    height: 280,
    table: {
      head: [
        effect.feature,
        'mean predicted CTR',
        ...(effect.words ? ['smoothed CTR', 'effective impressions'] : []),
      ],
      rows: effect.grid.map((point, k) => [
        typeof point === 'number' ? tellNumber(point) : point,
        tellShare(effect.mean[k]),
        ...(effect.words ? knownOf(effect.words[k]) : []),
      ]),
      right: [1, 2],
    },
  };
  return effect.categorical
    ? { ...shared, ...categoryEffect(effect) }
    : { ...shared, ...numberEffect(effect) };
}

function knownOf({ ctr, count }: WordStatistic): Cell[] {
  return [ctr === null ? null : tellShare(ctr), Math.round(count)];
}

function numberEffect({
  feature,
  grid,
  mean,
  curves,
  rug,
}: Effect): Pick<Figure, 'caption' | 'option'> {
  const numbers = grid as readonly number[];
  const [least, most] = [rug[0], rug[rug.length - 1]];
  const log = least > 0 && most > 100 * least;
  const top = roundUp(Math.max(...curves.flat(), ...mean));
  // Beyond its outer cuts a forest is level.
  const points = (values: readonly number[]): [number, number][] => {
    const inside = numbers
      .map((x, k): [number, number] => [x, values[k]])
      .filter(([x]) => x > least && x < most);
    const [first, last] = [values[0], values[values.length - 1]];
    return [[least, first], ...inside, [most, last]];
  };
  return {
    caption: `Mean prediction when every training row is given this ${feature} (thick), and the curves of single rows (thin). Ticks below mark every second per cent of the training rows.`,
    option: {
      grid: plot,
      xAxis: xValues({ name: feature, log, min: least, max: most, format: tellNumber }),
      yAxis: yValues({ name: 'predicted CTR', min: 0, max: top, format: tellShare }),
      series: [
        ...curves.map((curve) =>
          line(points(curve), tokens.accent, { width: 0.75, opacity: 0.3, step: true }),
        ),
        line(points(mean), tokens.accent, { width: 2.5, step: true }),
        verticals(
          rug.map((x) => [x, 0, 0.04 * top]),
          tokens.contrast,
          0.7,
        ),
      ],
    },
  };
}

function categoryEffect({
  feature,
  grid,
  mean,
  curves,
  words: known,
}: Effect): Pick<Figure, 'caption' | 'option'> {
  const words = grid as readonly string[];
  const top = roundUp(Math.max(...curves.flat(), ...mean));
  const asked = `Mean prediction when every training row is given this ${feature} (dots), and single rows (thin lines).`;
  return {
    caption: known ? `${asked} Words of most impressions; crosses follow the word.` : asked,
    option: {
      grid: plotOver(words, widths.half),
      xAxis: xWords(words, feature, widths.half),
      yAxis: yValues({ name: 'predicted CTR', min: 0, max: top, format: tellShare }),
      series: [
        ...curves.map((curve) =>
          line(
            curve.map((ctr, k): [string, number] => [words[k], ctr]),
            tokens.accent,
            { width: 0.75, opacity: 0.35 },
          ),
        ),
        {
          ...dots(
            mean.map((ctr, k): [string, number] => [words[k], ctr]),
            tokens.accent,
            11,
          ),
          label: {
            show: true,
            position: 'top' as const,
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              tellShare(Number(mean[dataIndex].toPrecision(2))),
            color: tokens.ink,
            textBorderColor: tokens.paper,
            textBorderWidth: 3,
          },
        },
      ],
    },
  };
}

/** How far from 1 the axis of residuals goes; its half is a round step. Bars may go beyond. */
const REACHES = [0.04, 0.06, 0.1, 0.2, 0.4, 0.6, 1, 2];

export function residualFigure({ feature, levels }: Residuals, at: number): Figure {
  const seen = levels.filter(({ ratio }) => ratio !== null);
  const labels = seen.map(({ label }) => label);
  const ends = seen.flatMap(({ low, high, ratio }) => [low!, high!, ratio!]);
  const farthest = Math.max(...ends.map((end) => Math.abs(end - 1)));
  const reach = REACHES.find((each) => each >= farthest) ?? 2;
  return {
    id: `residual-${at}`,
    title: `Residuals by ${feature}`,
    caption:
      'Observed over predicted clicks on held-out rows. Above 1 the model is too low. Bars are what chance alone allows (95 %).',
    size: 'half',
    height: 260,
    option: {
      grid: plotOver(labels, widths.half),
      xAxis: xWords(labels, feature, widths.half),
      yAxis: {
        ...yValues({
          name: 'observed / predicted',
          min: Math.max(0, 1 - reach),
          max: 1 + reach,
          format: (ratio) => ratio.toFixed(2),
        }),
        interval: reach / 2,
      },
      series: [
        line(
          [
            [labels[0], 1],
            [labels[labels.length - 1], 1],
          ],
          tokens.soft,
          { width: 1, dashed: true },
        ),
        verticals(
          seen.map(({ label, low, high }) => [label, low!, high!]),
          tokens.accent,
        ),
        dots(
          seen.map(({ label, ratio }) => [label, ratio!]),
          tokens.accent,
          8,
        ),
      ],
    },
    table: {
      head: [
        feature,
        'rows',
        'impressions',
        'clicks',
        'predicted clicks',
        'ratio',
        '95 % from',
        'to',
      ],
      rows: levels.map((level) => [
        level.label,
        level.rows,
        level.impressions,
        level.clicks,
        Math.round(level.predicted_clicks),
        level.ratio,
        level.low,
        level.high,
      ]),
    },
  };
}
