import type { CustomSeriesOption } from 'echarts';
import type { HeatMap } from '../report/heat-map.js';
import { plotOver, xWords, yWords } from './axes.js';
import { tokens, widths, type Figure } from './chart.js';
import { tellShare } from './markup.js';

const ROW_HEIGHT = 44;
/** Above this opacity of a cell its text is drawn in the colour of the paper. */
const DARK = 0.55;

export function heatMapFigure({ rows, columns, cells }: HeatMap): Figure {
  const most = Math.max(...cells.map(({ predicted }) => predicted));
  const room = Math.min(200, 24 + 7 * Math.max(...rows.labels.map(({ length }) => length)));
  return {
    id: 'heat-map',
    title: `CTR by ${rows.feature} and ${columns.feature}`,
    caption:
      'Mean prediction when training rows are given both values. The stronger the colour, the higher the CTR. An outlined cell had no training impressions: there the model extrapolates.',
    size: 'full',
    height: 12 + plotOver(columns.labels, widths.full).bottom + ROW_HEIGHT * rows.labels.length,
    option: {
      grid: { ...plotOver(columns.labels, widths.full), left: room, top: 12 },
      xAxis: { ...xWords(columns.labels, columns.feature, widths.full), axisLine: { show: false } },
      yAxis: yWords(rows.labels, room - 12),
      series: [
        {
          type: 'custom',
          silent: true,
          renderItem: drawCell(most),
          data: cells.map(({ row, column, predicted, impressions }) => [
            column,
            row,
            predicted,
            impressions,
          ]),
          encode: { x: 0, y: 1 },
        },
      ],
    },
    table: {
      head: [
        rows.feature,
        columns.feature,
        'predicted CTR',
        'observed CTR in training',
        'impressions',
      ],
      rows: cells.map(({ row, column, predicted, observed, impressions }) => [
        rows.labels[row],
        columns.labels[column],
        tellShare(predicted),
        observed === null ? null : tellShare(observed),
        impressions,
      ]),
      right: [2, 3],
    },
  };
}

function drawCell(most: number): CustomSeriesOption['renderItem'] {
  return (_, api) => {
    const [x, y] = api.coord([api.value(0), api.value(1)]);
    const [width, height] = api.size!([1, 1]) as number[];
    const predicted = Number(api.value(2));
    const isSeen = Number(api.value(3)) > 0;
    const opacity = isSeen ? 0.08 + 0.92 * (predicted / most) : 0;
    const box = {
      x: x - width / 2 + 1.5,
      y: y - height / 2 + 1.5,
      width: width - 3,
      height: height - 3,
    };
    const outline = isSeen ? {} : { stroke: tokens.soft, lineWidth: 1, lineDash: [3, 3] };
    return {
      type: 'group',
      silent: true,
      children: [
        {
          type: 'rect',
          silent: true,
          shape: { ...box, r: 2 },
          style: isSeen
            ? { fill: tokens.accent, fillOpacity: opacity }
            : { fill: 'none', ...outline },
        },
        {
          type: 'text',
          silent: true,
          style: {
            text: tellShare(Number(predicted.toPrecision(2))),
            x,
            y,
            align: 'center',
            verticalAlign: 'middle',
            fontSize: 12,
            fill: opacity > DARK ? tokens.paper : tokens.ink,
          },
        },
      ],
    };
  };
}
