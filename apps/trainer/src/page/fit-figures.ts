import type { ReliabilityBin } from '@adscale/ctr';
import { CLICKS_OF_A_POINT, type FitPoint, type FitPoints } from '../report/fit.js';
import type { LearningCurve } from '../report/learning-curve.js';
import { dots, line, plot, roundUp, verticals, xValues, yValues } from './axes.js';
import { tokens, type Figure } from './chart.js';
import { tellShare } from './markup.js';

/** CTRs that differ by more than this factor are drawn on logarithmic axes. */
const WIDE = 8;

type Band = Pick<FitPoint, 'predicted' | 'observed' | 'low' | 'high'>;

/** Both axes of a comparison of CTRs, alike, and the diagonal on which prediction is observation. */
function ctrPlane(points: readonly Band[]) {
  const predicted = points.map((point) => point.predicted);
  const [least, most] = [Math.min(...predicted), Math.max(...predicted)];
  const log = most > WIDE * least;
  const top = roundUp(Math.max(most, ...points.map(({ observed }) => observed)));
  const bottom = log ? least / 1.6 : 0;
  const axis = { log, min: bottom, max: top, format: tellCtr };
  return {
    bottom,
    xAxis: xValues({ ...axis, name: 'predicted CTR', grid: true }),
    yAxis: yValues({ ...axis, name: 'observed CTR' }),
    diagonal: line(
      [
        [bottom, bottom],
        [top, top],
      ],
      tokens.soft,
      { width: 1, dashed: true },
    ),
  };
}

/** Ends of logarithmic axes are no round numbers: two digits are enough. */
function tellCtr(ctr: number): string {
  return `${Number((100 * ctr).toPrecision(2))} %`;
}

function bandsOf(points: readonly Band[], bottom: number) {
  return points.map(
    ({ predicted, low, high }) => [predicted, Math.max(low, bottom), high] as const,
  );
}

export function fitFigure({ each, points }: FitPoints): Figure {
  const { bottom, xAxis, yAxis, diagonal } = ctrPlane(points);
  const seen = points.filter(({ observed }) => observed >= bottom);
  const what =
    each === 'row'
      ? `${points.length} held-out rows of ${CLICKS_OF_A_POINT} or more expected clicks`
      : `Held-out rows in ${points.length} bins of equal impressions`;
  return {
    id: 'fit',
    title: 'Predicted against observed CTR',
    caption: `${what}. On the dashed line prediction equals observation; bars are what chance alone allows (95 %).`,
    size: 'half',
    height: 380,
    option: {
      grid: plot,
      xAxis,
      yAxis,
      series: [
        diagonal,
        verticals(bandsOf(points, bottom), tokens.accent, 0.3),
        dots(
          seen.map(({ predicted, observed }) => [predicted, observed]),
          tokens.accent,
          4.5,
          0.75,
        ),
      ],
    },
    table: {
      head: ['predicted', 'observed', '95 % from', 'to', 'impressions'],
      rows: points
        .slice(0, 100)
        .map((point) => [
          point.predicted,
          point.observed,
          point.low,
          point.high,
          point.impressions,
        ]),
    },
  };
}

export function reliabilityFigure(bins: readonly ReliabilityBin[]): Figure {
  const { bottom, xAxis, yAxis, diagonal } = ctrPlane(bins);
  const seen = bins.filter(({ observed }) => observed >= bottom);
  return {
    id: 'reliability',
    title: 'Reliability',
    caption: `Held-out rows in ${bins.length} bins of equal impressions, from the lowest prediction to the highest. A calibrated model stays on the dashed line.`,
    size: 'half',
    height: 380,
    option: {
      grid: plot,
      xAxis,
      yAxis,
      series: [
        diagonal,
        line(
          seen.map(({ predicted, observed }) => [predicted, observed]),
          tokens.contrast,
          { width: 1.5 },
        ),
        verticals(bandsOf(bins, bottom), tokens.contrast),
        dots(
          seen.map(({ predicted, observed }) => [predicted, observed]),
          tokens.contrast,
          7,
        ),
      ],
    },
    table: {
      head: ['bin', 'rows', 'impressions', 'clicks', 'predicted', 'observed', '95 % from', 'to'],
      rows: bins.map((bin, i) => [
        i + 1,
        bin.rows,
        bin.impressions,
        bin.clicks,
        tellShare(bin.predicted),
        tellShare(bin.observed),
        tellShare(bin.low),
        tellShare(bin.high),
      ]),
      right: [4, 5, 6, 7],
    },
  };
}

/** Two pictures of one curve: NE and R². */
export function learningFigures({ points, rows, complete }: LearningCurve): Figure[] {
  const of = complete ? 'the training rows' : `a sample of ${rows} training rows`;
  const one = (
    id: string,
    title: string,
    name: string,
    key: 'normalised_entropy' | 'weighted_r2',
  ): Figure => ({
    id,
    title,
    caption: `Each of ${of} is predicted by the trees that did not see it. Where the curve is level, more trees bring nothing.`,
    size: 'half',
    height: 260,
    option: {
      grid: plot,
      xAxis: xValues({
        name: 'trees',
        log: true,
        min: points[0].trees,
        max: points[points.length - 1].trees,
        format: (trees) => String(Math.round(trees)),
      }),
      yAxis: {
        ...yValues({ name, format: (value) => value.toFixed(4) }),
        scale: true,
        splitNumber: 4,
      },
      series: [
        line(
          points.map((point) => [point.trees, point[key]]),
          tokens.accent,
        ),
        dots(
          points.map((point) => [point.trees, point[key]]),
          tokens.accent,
          5,
        ),
      ],
    },
    table: {
      head: ['trees', name],
      rows: points.map((point) => [point.trees, point[key]]),
    },
  });
  return [
    one(
      'learning-ne',
      'Normalised entropy by number of trees',
      'out-of-bag NE',
      'normalised_entropy',
    ),
    one('learning-r2', 'R² by number of trees', 'out-of-bag R², by impressions', 'weighted_r2'),
  ];
}
